/** The log of a leader as a replica comes to know it: by frames, by the database, and by both at once. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Registry } from '../../../../src/core/metrics/registry.ts';
import { createSampleMonths } from '../../../../src/core/samples/month-partitions.ts';
import type { ScoredSample } from '../../../../src/core/samples/stored-sample.ts';
import { ScoreFeed, type ScoreEvent } from '../../../../src/core/score-log/score-feed.ts';
import {
  decodeFrame,
  encodeFrame,
  type FrameDetail,
} from '../../../../src/core/score-log/tail/score-frame.ts';
import { LogTail } from '../../../../src/core/score-log/tail/log-tail.ts';
import { WriteLock } from '../../../../src/platform/runtime/write-lock.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { createLog } from '../../../../src/log.ts';
import { withDatabase, type TestDatabase } from '../../../helpers/database.ts';
import { makeScoredSample } from '../../../helpers/scored-sample.ts';

let database: TestDatabase;
let live: ScoreFeed;
let registry: Registry;
let tail: LogTail;
let received: number[];
let stream: AsyncIterableIterator<ScoreEvent>;

beforeEach(async () => {
  database = await withDatabase();
  const { pool } = database;
  await pool.query(
    `INSERT INTO metric (number, datasource, identity, name, server, status) VALUES (1, 'CUSTOM', 'a', 'a', 'a', 'ACTIVE')`,
  );
  await pool.query('INSERT INTO metric_progress (metric_number) VALUES (1)');
  await createSampleMonths(pool).ensure([0]);
  const stats = createStats();
  registry = new Registry(pool);
  await registry.load();
  live = await ScoreFeed.open({ pool, registry, stats });
  const [writeLock, log] = [new WriteLock(), createLog('silent')];
  tail = new LogTail({ pool, registry, live, writeLock, barsFollower: 'bars', stats, log, onOtherLog: fail });
  received = [];
  stream = live.subscribe({ filter: {}, after: null, maxBatch: 100, lingerMs: 0 });
});
afterEach(async () => {
  await tail.stop();
  live.close();
  await database[Symbol.asyncDispose]();
});

function fail(): void {
  throw new Error('no other log begins');
}

const listSamples = (from: number, to: number): ScoredSample[] =>
  Array.from({ length: to - from + 1 }, (_, index) => makeScoredSample(from + index));

/** What the leader commits. */
async function commit(from: number, to: number): Promise<void> {
  await database.pool.query(
    `INSERT INTO sample (metric_number, "timestamp", row_id, value, seq, score, expected, low, high, raw_score)
     SELECT 1, to_timestamp(n), n, n, n, 0.5, 0, 0, 0, 0.5 FROM generate_series($1::int, $2::int) AS n`,
    [from, to],
  );
  await database.pool.query('UPDATE score_log SET last = $1', [to]);
}

const take = (from: number, to: number, detail: FrameDetail = 'scores') =>
  tail.take(decodeFrame(encodeFrame({ after: from - 1, upTo: to, samples: listSamples(from, to) }, detail)));

/** All that subscribers were given up to an offset, each in its place. */
async function receiveTo(last: number): Promise<void> {
  while ((received.at(-1) ?? 0) < last) {
    const { value, done } = (await stream.next()) as IteratorResult<ScoreEvent, undefined>;
    if (done === true) throw new Error('the subscription ended');
    received.push(...value.scores.map(({ seq }) => seq));
  }
  expect(received).toEqual(Array.from({ length: last }, (_, index) => index + 1));
}

describe('scores that the leader commits', () => {
  it('are published as they are sent, before the database is asked', async () => {
    await take(1, 3);
    expect(live.bounds().last).toBe(3);
    await receiveTo(3);
  });

  it('are read from the database where they are not sent', async () => {
    await commit(1, 5);
    await tail.look();
    await receiveTo(5);
  });

  it('are read from the database where the frames before were lost', async () => {
    await commit(1, 6);
    await take(5, 6);
    await receiveTo(6);
  });

  it('are waited for while the leader sends, and read when they do not come', async () => {
    await take(1, 2);
    await commit(1, 4);
    // Nothing more is sent.
    await tail.look();
    await receiveTo(4);
  });

  it('are published once, in their order, however often and in whichever way they come', async () => {
    await commit(1, 40);
    await Promise.all([
      take(1, 10),
      tail.look(),
      take(5, 20),
      take(1, 3),
      tail.look(),
      take(21, 40),
      take(21, 40),
    ]);
    await receiveTo(40);
    await take(39, 41);
    await receiveTo(41);
  });

  it('while nobody subscribes move metrics on, and a subscriber with a cursor before them misses none', async () => {
    await stream.return?.();
    await commit(1, 6);
    await take(1, 3, 'progress');
    expect(live.bounds().last).toBe(3);
    expect(registry.byNumber(1)).toMatchObject({ scoredRows: 3, lastRowId: 3 });
    stream = live.subscribe({ filter: {}, after: live.cursorOf(0), maxBatch: 100, lingerMs: 0 });
    await take(4, 6);
    await receiveTo(6);
  });

  it('are read from the database where the leader did not know of the first subscriber yet', async () => {
    await commit(1, 4);
    await take(1, 4, 'progress');
    expect(live.bounds().last).toBe(4);
    await receiveTo(4);
  });
});
