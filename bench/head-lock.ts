/**
 * What the lock on the head of the log of scores would cost several writers: `npm run bench:head-lock -- --seconds 1`. Each is a
 * process that copies rows into `sample` and commits; the head is taken never, before the rows as it once was, or in one
 * message with COMMIT as it is. The ways take turns, in slices; each is held against the one without a head.
 */
import { parseArgs } from 'node:util';
import { createLog } from '../src/log.ts';
import { createSampleMonths } from '../src/core/samples/month-partitions.ts';
import { createDatabase } from '../src/platform/postgres/client.ts';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { applyMigrations } from '../src/platform/postgres/migrate.ts';
import { HEAD_MODES, type HeadLockOrder, type HeadLockResult, type HeadMode } from './head-lock-writer.ts';
import { findQuantile, printFigure } from './measure.ts';
import { type LoadProcess, startLoadProcess } from './measure-process.ts';

const { values } = parseArgs({
  options: {
    slices: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '1' },
  },
});
const slices = Number(values.slices);
const milliseconds = Number(values.seconds) * 1000;
const WRITERS = [1, 2, 4] as const;
const BATCHES = [100, 1_000] as const;
const WAYS: Readonly<Record<HeadMode, string>> = {
  never: 'no head',
  first: 'head first',
  last: 'head with COMMIT',
};
const START_MS = Date.parse('2026-03-01T00:00:00Z');
/** No slice writes as many batches: its rows have times of their own. */
const SLICE_ROWS = 20_000;

const log = createLog('error');
await using postgres = await startTemporaryEmbedded({ log, settings: { fsync: 'on' } });
const { connection } = postgres;
await applyMigrations({ connection, log });
const database = createDatabase({ connection, log, use: 'lapwing bench' });
await createSampleMonths(database.pool).ensure([START_MS, START_MS + 31 * 86_400_000]);

let slicesWritten = 0;

/** @returns points a second of all together, and the times of their commits */
async function runSlice(
  writers: readonly LoadProcess[],
  mode: HeadMode,
  batch: number,
): Promise<{ readonly rate: number; readonly committedMs: readonly number[] }> {
  const startMs = START_MS + slicesWritten++ * SLICE_ROWS * 1000;
  const startedMs = performance.now();
  const results = await Promise.all(
    writers.map((process, writer) => {
      const order: HeadLockOrder = { connection, mode, writer, batch, milliseconds, startMs };
      return process.request<HeadLockResult>(order);
    }),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    rate: results.reduce((sum, { points }) => sum + points, 0) / seconds,
    committedMs: results.flatMap((result) => result.committedMs),
  };
}

async function measure(writers: readonly LoadProcess[]): Promise<void> {
  const count = writers.length;
  for (const batch of BATCHES) {
    const rates = new Map<HeadMode, number[]>(HEAD_MODES.map((mode) => [mode, []]));
    const commits = new Map<HeadMode, number[]>(HEAD_MODES.map((mode) => [mode, []]));
    // The first one compiles the code and is not counted.
    for (let slice = 0; slice <= slices; slice++) {
      for (const mode of HEAD_MODES) {
        const { rate, committedMs } = await runSlice(writers, mode, batch);
        if (slice === 0) continue;
        rates.get(mode)?.push(rate);
        commits.get(mode)?.push(...committedMs);
      }
      await database.pool.query('TRUNCATE sample');
    }
    const medianOf = (mode: HeadMode) => findQuantile(rates.get(mode) ?? [], 0.5);
    for (const mode of HEAD_MODES) {
      const what = `${count} writer${count === 1 ? '' : 's'}, ${batch} points a batch, ${WAYS[mode]}`;
      const against = { name: WAYS.never, value: medianOf('never') };
      printFigure({ name: what, value: medianOf(mode), unit: 'points/s', against });
      printFigure({
        name: `${what}: commit p50`,
        value: findQuantile(commits.get(mode) ?? [], 0.5),
        unit: 'ms',
      });
    }
  }
}
for (const count of WRITERS) {
  const writers = Array.from({ length: count }, () => startLoadProcess('./head-lock-writer.ts'));
  await measure(writers).finally(() => Promise.all(writers.map((writer) => writer[Symbol.asyncDispose]())));
}
await database.stop();
