/** Bodies of line protocol that are made to keep the server busy: others are served meanwhile, whatever is in them. */
import { describe, expect, test } from 'vitest';
import {
  MAX_LINES,
  type WriteResult,
  writeLines,
} from '../../../../src/api/http/line-protocol/write-lines.ts';
import { MAX_FAULTS } from '../../../../src/api/http/push/fault-list.ts';
import type { NamedPoint } from '../../../../src/core/ingest/ingest.ts';
import { PIECE_BYTES } from '../../../../src/platform/bounded-input/parse-slot.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { countRounds } from '../../../helpers/count-rounds.ts';

/** Takes all there is. */
function write(body: string): Promise<WriteResult> {
  const acceptNamed = (points: readonly NamedPoint[]) =>
    Promise.resolve({ accepted: points.length, duplicates: 0, late: 0, rejected: [] });
  const options = {
    precision: 'ns',
    arrivalMs: 0,
    accept: { acceptNamed },
    accountId: 1,
    stats: createStats(),
  } as const;
  return writeLines(Buffer.from(body), options);
}

const BYTES = 600_000;
const fill = (line: string) => line.repeat(BYTES / line.length);

describe('between two pieces of a body of nothing but', () => {
  test.each([
    ['blank lines', '\n'],
    ['blanks', '   \n'],
    ['comments', '# nothing\n'],
    ['bad lines', 'bad line\n'],
    ['lines of one name and too many values', `m ${'a=1,'.repeat(10_000)}a=\n`],
    ['lines that are too long', `${'x'.repeat(99_999)}\n`],
    ['texts', `m ${'a="text",'.repeat(100)}b="end"\n`],
    ['good lines', 'm,host=a v=1 1764331200000000000\n'],
  ])('%s, others are served', async (_what, line) => {
    const rounds = await countRounds(() => write(fill(line)));
    // A line is not divided, so that a piece may be as much longer.
    expect(rounds).toBeGreaterThanOrEqual(Math.floor(BYTES / (2 * PIECE_BYTES + line.length)));
  });

  test('bad lines, ten such bodies at once delay others by no more than one piece', async () => {
    const bodies = Array.from({ length: 10 }, () => fill('bad line\n'));
    const rounds = await countRounds(() => Promise.all(bodies.map(write)));
    expect(rounds).toBeGreaterThanOrEqual(10 * Math.floor(BYTES / (2 * PIECE_BYTES)));
  });
});

test('a body of more lines than one may have is read so far, and says so', async () => {
  const result = await write(`m v=1 1\n${'\n'.repeat(MAX_LINES)}m v=2 2\n`);
  expect(result).toMatchObject({ points: 1, faults: 0, stopped: { line: MAX_LINES } });
  expect(result.stopped?.reason).toContain('send it in parts');
});

test('a body with more faults than one may have is read so far; what was good until then is stored', async () => {
  const result = await write('m v=1 1\nx\n'.repeat(MAX_FAULTS + 10));
  expect(result).toMatchObject({ points: MAX_FAULTS, faults: MAX_FAULTS, stopped: { line: 2 * MAX_FAULTS } });
  expect(result.shown).toHaveLength(20);
});

test('faults up to that cost only themselves', async () => {
  const result = await write(`${'x\n'.repeat(MAX_FAULTS - 1)}m v=1 1\n`);
  expect(result).toMatchObject({ points: 1, faults: MAX_FAULTS - 1, stopped: null });
});
