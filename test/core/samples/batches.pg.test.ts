/** Batch after batch, as the data path writes them, against a list in memory that does the same. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findSamples } from '../../../src/core/samples/find-samples.ts';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import type { NewScore, UnscoredSample } from '../../../src/core/samples/new-sample.ts';
import { isScored, type StoredSample } from '../../../src/core/samples/stored-sample.ts';
import {
  EMPTY_BATCH,
  LogMovedError,
  type Progress,
  writeBatch,
} from '../../../src/core/samples/write-batch.ts';
import { readLogBounds } from '../../../src/core/score-log/read-log.ts';
import { StoredLog } from '../../../src/core/score-log/stored-log.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { fc } from '../../helpers/property.ts';
import { makeScoredSample } from '../../helpers/scored-sample.ts';
import { FIRST_MS, LAST_MS, METRICS } from '../../helpers/stored-samples.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await withDatabase();
  await createSampleMonths(database.pool).ensure([FIRST_MS, LAST_MS]);
  await database.pool.query(
    `INSERT INTO metric (number, datasource, identity, name, server)
     SELECT n, 'CUSTOM', n::text, n::text, 's' FROM unnest($1::int[]) AS n`,
    [METRICS],
  );
});
afterAll(() => database[Symbol.asyncDispose]());

/** What one batch brings: new samples of a metric, of which some have scores, and scores of some that wait. */
const step = fc.record({
  samples: fc.array(fc.record({ metricNumber: fc.constantFrom(...METRICS), isScored: fc.boolean() }), {
    maxLength: 6,
  }),
  backlog: fc.nat(3),
  /** Its writer believes that the log ends somewhere else. */
  isLate: fc.integer({ min: 0, max: 3 }).map((dice) => dice === 0),
});

const UNSCORED = {
  ...{ seq: null, score: null, expected: null, low: null, high: null, rawScore: null },
  ...{ view: null, provisional: false, episode: false, phase: null },
};

class Model {
  readonly samples = new Map<string, StoredSample>();
  readonly progress = new Map<number, Progress>();
  last = 0;
  #rows = 0;

  constructor(last: number) {
    this.last = last;
  }

  makeSample(metricNumber: number): UnscoredSample {
    this.#rows += 1;
    return {
      metricNumber,
      rowId: this.#rows,
      timestampMs: FIRST_MS + this.#rows * 1000,
      value: this.#rows / 8,
    };
  }

  waiting(count: number): readonly StoredSample[] {
    return [...this.samples.values()].filter(({ seq }) => seq === null).slice(0, count);
  }

  put(sample: StoredSample): void {
    this.samples.set(`${sample.metricNumber} ${sample.timestampMs}`, sample);
  }

  inOrder(): readonly StoredSample[] {
    return [...this.samples.values()].toSorted(
      (a, b) => a.metricNumber - b.metricNumber || a.timestampMs - b.timestampMs,
    );
  }
}

const toScore = (sample: UnscoredSample): NewScore => {
  const { metricNumber, rowId, timestampMs, value } = sample;
  const judged = { score: (rowId % 9) / 8, expected: value, low: value - 1, high: value + 1, rawScore: 0.5 };
  return {
    ...makeScoredSample(0),
    metricNumber,
    rowId,
    timestampMs,
    value,
    ...judged,
    view: 'LEVEL',
    phase: 'OPENS',
  };
};

async function readAll(): Promise<readonly StoredSample[]> {
  const ranges = METRICS.map((metricNumber) => ({ metricNumber, fromMs: null, toMs: null }));
  return (await findSamples(database.pool, ranges, {}, { descending: false, limit: null })).flat();
}

async function readProgress(): Promise<ReadonlyMap<number, Progress>> {
  const rows = await database.prisma.metricProgress.findMany({ where: { lastRowId: { gt: 0 } } });
  return new Map(
    rows.map(({ metricNumber, lastRowId, lastTimestamp, scoredRows, scoredTo, readTo }) => [
      metricNumber,
      {
        ...{ metricNumber, lastRowId, scoredRows },
        lastTimestampMs: lastTimestamp?.getTime() ?? null,
        scoredToMs: scoredTo?.getTime() ?? null,
        readToMs: readTo?.getTime() ?? null,
      },
    ]),
  );
}

it('samples, scores and progress are those of all batches that were written, and the log has no hole', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      await database.pool.query('DELETE FROM sample; DELETE FROM metric_progress');
      await database.pool.query('INSERT INTO metric_progress (metric_number) SELECT number FROM metric');
      const first = (await readLogBounds(database.pool)).last;
      const model = new Model(first);
      for (const { samples, backlog, isLate } of steps) {
        const made = samples.map((one) => ({ ...one, sample: model.makeSample(one.metricNumber) }));
        const scored = made.filter((one) => one.isScored).map(({ sample }) => toScore(sample));
        const unscored = made.filter((one) => !one.isScored).map(({ sample }) => sample);
        const waiting = model.waiting(backlog).map(toScore);
        const progress = made.map(({ sample, metricNumber }, index) => ({
          metricNumber,
          lastRowId: sample.rowId,
          lastTimestampMs: sample.timestampMs,
          scoredRows: Math.min(scored.length, sample.rowId),
          scoredToMs: index % 2 === 0 ? sample.timestampMs : null,
          readToMs: index % 3 === 0 ? sample.timestampMs + 1 : null,
        }));
        const ofMetric = [...new Map(progress.map((one) => [one.metricNumber, one])).values()];
        const batch = { ...EMPTY_BATCH, scored, unscored, backlog: waiting, progress: ofMetric };
        const isWrong = isLate && scored.length + waiting.length > 0;
        const written = writeBatch(database.pool, batch, model.last + (isWrong ? 1 : 0));
        if (isWrong) {
          await expect(written).rejects.toThrow(LogMovedError);
          continue;
        }
        await written;
        for (const sample of unscored) model.put({ ...sample, ...UNSCORED });
        for (const score of [...scored, ...waiting]) model.put({ ...score, seq: (model.last += 1) });
        for (const one of ofMetric) model.progress.set(one.metricNumber, one);
      }
      expect(await readAll()).toEqual(model.inOrder());
      expect(await readProgress()).toEqual(model.progress);
      expect((await readLogBounds(database.pool)).last).toBe(model.last);
      const log = await new StoredLog(database.pool).read({ after: first, upTo: model.last, limit: 1000 });
      expect(log.map(({ seq }) => seq)).toEqual(
        Array.from({ length: model.last - first }, (_, at) => first + at + 1),
      );
      const bySeq = (a: StoredSample, b: StoredSample) => (a.seq ?? 0) - (b.seq ?? 0);
      expect(log).toEqual([...model.samples.values()].filter(isScored).toSorted(bySeq));
    }),
    { numRuns: 15, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
  );
});
