/** What becomes of each request, whatever batches it shares and whatever fails. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchQueue } from '../../../src/core/ingest/batching-queue.ts';
import { StaleDraftError } from '../../../src/core/ingest/commit.ts';
import { RetryLaterError } from '../../../src/errors.ts';
import { createLog } from '../../../src/log.ts';
import { ConnectionError } from '../../../src/platform/postgres/connection.ts';
import { WriteLock } from '../../../src/platform/runtime/write-lock.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { createDeferred } from '../../helpers/deferred.ts';

interface Request {
  readonly id: number;
  readonly points: number;
  /** What a batch with it meets: a fault of ours each time, or another one only once. */
  readonly fails?: 'bug' | 'outage' | 'stale';
}

const LIMIT = 100;
const BATCH = 20;
const FAILURES = {
  bug: () => new Error('a bug of ours'),
  outage: () => new ConnectionError('the database is away'),
  stale: () => new StaleDraftError('another batch failed'),
};

class Bench {
  /** Batches that were committed, in their order. */
  readonly committed: number[][] = [];
  readonly begun: number[][] = [];
  readonly gauge: number[] = [];
  readonly written: unknown[] = [];
  failures = 0;
  readonly #lock = new WriteLock();
  readonly #met = new Set<number>();
  readonly queue: BatchQueue<Request, number>;

  constructor(prepare: (request: Request) => Promise<void> | null = () => null) {
    this.queue = new BatchQueue<Request, number>({
      limit: LIMIT,
      batchPoints: BATCH,
      onPoints: (points) => this.gauge.push(points),
      countPoints: ({ points }) => points,
      prepare,
      write: (requests) => this.#lock.runPipelined(() => this.#begin(requests)),
      onWritten: (failure) => this.written.push(failure),
      failures: () => this.failures,
      stats: createStats(),
      log: createLog('silent'),
    });
  }

  #begin(requests: readonly Request[]) {
    this.begun.push(requests.map(({ id }) => id));
    const failing = requests.find(
      ({ id, fails }) => fails === 'bug' || (fails !== undefined && !this.#met.has(id)),
    );
    return Promise.resolve(() => {
      if (failing?.fails !== undefined) {
        this.#met.add(failing.id);
        this.failures += 1;
        return Promise.reject(FAILURES[failing.fails]());
      }
      this.committed.push(requests.map(({ id }) => id));
      return Promise.resolve(requests.map(({ id }) => id * 10));
    });
  }

  /** What each request was answered. */
  async send(requests: readonly Request[]): Promise<readonly (number | string)[]> {
    const answers = await Promise.allSettled(requests.map((request) => this.queue.add(request)));
    return answers.map((answer) => {
      if (answer.status === 'fulfilled') return answer.value;
      return answer.reason instanceof RetryLaterError ? 'later' : 'failed';
    });
  }
}

const small = (count: number, from = 0): Request[] =>
  Array.from({ length: count }, (_, index) => ({ id: from + index, points: 5 }));

describe('requests', () => {
  it('of one tick share batches of so many points, in the order they came', async () => {
    const bench = new Bench();
    expect(await bench.send(small(9))).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80]);
    expect(bench.committed).toEqual([[0, 1, 2, 3], [4, 5, 6, 7], [8]]);
    expect(bench.gauge.at(-1)).toBe(0);
    expect(Math.max(...bench.gauge)).toBe(45);
  });

  it('that are larger than a batch are one by themselves, and one larger than the queue is taken when that is empty', async () => {
    const bench = new Bench();
    const large = { id: 1, points: LIMIT + 50 };
    expect(await bench.send([large, { id: 2, points: 1 }])).toEqual([10, 'later']);
    expect(await bench.send([{ id: 2, points: 1 }, large])).toEqual([20, 'later']);
    expect(
      await bench.send([
        { id: 3, points: 5 },
        { id: 4, points: 60 },
        { id: 5, points: 5 },
      ]),
    ).toEqual([30, 40, 50]);
    expect(bench.committed.slice(2)).toEqual([[3], [4], [5]]);
  });

  it('beyond the limit are to be sent again, and taken once there is room', async () => {
    const bench = new Bench();
    const answers = await bench.send(small(22));
    expect(answers.filter((answer) => answer === 'later')).toHaveLength(2);
    expect(answers.slice(20)).toEqual(['later', 'later']);
    expect(await bench.send(small(2, 20))).toEqual([200, 210]);
  });

  it('that cannot be written yet keep nobody waiting, and count all the same', async () => {
    const gate = createDeferred<undefined>();
    const bench = new Bench(({ id }) => (id === 0 ? gate.promise : null));
    const held = bench.send([{ id: 0, points: 90 }]);
    expect(await bench.send([{ id: 1, points: 10 }])).toEqual([10]);
    expect(await bench.send([{ id: 2, points: 11 }])).toEqual(['later']);
    const stopped = bench.queue.stop();
    expect(await bench.send([{ id: 3, points: 1 }])).toEqual(['later']);
    gate.resolve(undefined);
    await stopped;
    expect(await held).toEqual([0]);
    expect(bench.gauge.at(-1)).toBe(0);
  });
});

describe('a batch that fails', () => {
  it('by a bug of ours is written request by request, so that it costs one alone', async () => {
    const bench = new Bench();
    const requests = small(4).map((one) => (one.id === 2 ? { ...one, fails: 'bug' as const } : one));
    expect(await bench.send(requests)).toEqual([0, 10, 'failed', 30]);
    expect(bench.committed).toEqual([[0], [1], [3]]);
  });

  it('because the database is away is to be sent again as a whole', async () => {
    const bench = new Bench();
    const requests = small(6).map((one) => (one.id === 1 ? { ...one, fails: 'outage' as const } : one));
    expect(await bench.send(requests)).toEqual(['later', 'later', 'later', 'later', 40, 50]);
    expect(bench.written[0]).toBeInstanceOf(ConnectionError);
    expect(bench.written.at(-1)).toBeNull();
  });

  it('because the one before failed is written again before what is newer', async () => {
    const bench = new Bench();
    const requests = small(12).map((one) => (one.id === 0 ? { ...one, fails: 'stale' as const } : one));
    expect(await bench.send(requests)).toEqual(requests.map(({ id }) => id * 10));
    // The second one had been begun already.
    expect(bench.committed.flat().toSorted((a, b) => a - b)).toEqual(requests.map(({ id }) => id));
    expect(bench.committed.flat().indexOf(0)).toBeLessThan(bench.committed.flat().indexOf(8));
  });
});

it('every request is answered once, by what it is itself, and nothing is left behind', async () => {
  const request = fc.record({
    points: fc.integer({ min: 1, max: 30 }),
    fails: fc.option(fc.constantFrom('bug' as const, 'stale' as const), { freq: 3, nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(request, { maxLength: 6 }), { maxLength: 6 }), async (ticks) => {
      const bench = new Bench();
      const sent: Request[] = [];
      const answers: Promise<readonly (number | string)[]>[] = [];
      for (const tick of ticks) {
        const some = tick.map(({ points, fails }, index): Request => ({
          id: sent.length + index,
          points,
          ...(fails === undefined ? {} : { fails }),
        }));
        sent.push(...some);
        answers.push(bench.send(some));
        await Promise.resolve();
      }
      const found = (await Promise.all(answers)).flat();
      await bench.queue.stop();
      const taken = sent.filter(({ id }) => found[id] !== 'later');
      for (const { id, fails } of taken) expect(found[id]).toBe(fails === 'bug' ? 'failed' : id * 10);
      // Those that were refused were refused because of what waited.
      if (sent.reduce((sum, { points }) => sum + points, 0) <= LIMIT) expect(taken).toEqual(sent);
      const wanted = taken.filter(({ fails }) => fails !== 'bug').map(({ id }) => id);
      expect(bench.committed.flat().toSorted((a, b) => a - b)).toEqual(wanted);
      for (const ids of bench.committed) {
        const points = ids.reduce((sum, id) => sum + (sent[id]?.points ?? 0), 0);
        if (ids.length > 1) expect(points).toBeLessThanOrEqual(BATCH);
      }
      expect(bench.gauge.at(-1) ?? 0).toBe(0);
      expect(Math.max(0, ...bench.gauge)).toBeLessThanOrEqual(LIMIT);
    }),
    { numRuns: 200 },
  );
});
