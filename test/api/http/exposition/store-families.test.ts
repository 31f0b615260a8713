/** Bodies of families that are made to keep the server busy: others are served meanwhile, whatever is in them. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';
import { storeFamilies } from '../../../../src/api/http/exposition/store-families.ts';
import { PIECE_BYTES } from '../../../../src/platform/bounded-input/parse-slot.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { bytes, message, text } from '../../../core/ingest/remote-write/encode.ts';
import { countRounds } from '../../../helpers/count-rounds.ts';

const BYTES = 600_000;

/** Takes all there is. */
const store = (body: Uint8Array) =>
  storeFamilies(Buffer.from(body), {
    arrivalMs: 0,
    labels: new Map(),
    accept: {
      acceptNamed: (points) =>
        Promise.resolve({ accepted: points.length, duplicates: 0, late: 0, rejected: [] }),
    },
    accountId: 1,
    stats: createStats(),
  });

const sized = (family: Uint8Array) =>
  Buffer.concat([new BinaryWriter().uint32(family.length).finish(), family]);
const gauge = message([[2, bytes(message([[1, (w) => void w.double(1), WireType.Bit64]]))]]);
const repeat = (part: Uint8Array) => Buffer.concat(Array.from({ length: BYTES / part.length }, () => part));
const metrics = repeat(message([[4, bytes(gauge)]]));

describe('between two pieces of a body of nothing but', () => {
  test.each([
    [
      'small families',
      repeat(
        sized(
          message([
            [1, text('x')],
            [4, bytes(gauge)],
          ]),
        ),
      ),
      1,
    ],
    ['a family of many metrics', sized(Buffer.concat([message([[1, text('x')]]), metrics])), 2],
    ['a family whose name stands behind them', sized(Buffer.concat([metrics, message([[1, text('x')]])])), 2],
    ['a family of fields nobody knows', sized(repeat(message([[99, text('x'.repeat(20))]]))), 1],
    [
      'metrics without values',
      sized(Buffer.concat([message([[1, text('x')]]), repeat(message([[4, text('')]]))])),
      2,
    ],
  ])('%s, others are served', async (_what, body, times) => {
    const rounds = await countRounds(() => store(body));
    expect(rounds).toBeGreaterThanOrEqual(Math.floor((times * BYTES) / (2 * PIECE_BYTES)));
  });
});

test('a body of more faults than one may have is read so far', async () => {
  const { faults, stopped, samples } = await store(Buffer.alloc(300_000));
  expect(faults.count).toBe(100_000);
  expect({ stopped, samples }).toMatchObject({ stopped: { status: 413 }, samples: 0 });
});
