import { describe, expect, it } from 'vitest';
import { PollQueue } from '../../../src/core/polling/poll-queue.ts';
import { findJitterMs, JitterSlots } from '../../../src/core/polling/poll-slots.ts';
import type { MetricEntry } from '../../../src/core/metrics/registry.ts';
import type { Source } from '../../../src/core/sources/source.ts';

const PERIOD_MS = 300_000;
const SETTLE_MS = 360_000;
const NOW = Date.parse('2026-11-07T12:00:00Z');

const CLOUDWATCH: Source = {
  datasource: 'CLOUDWATCH',
  describe: () => {
    throw new Error('nothing is described here');
  },
  catalogue: () => [],
  polling: { settleSeconds: 360, maxBatch: 500, read: () => Promise.resolve([]) },
};

function createEntry(number: number, change: Partial<MetricEntry> = {}): MetricEntry {
  return {
    id: String(number),
    number,
    accountId: 1,
    datasource: 'CLOUDWATCH',
    identity: String(number),
    name: 'm',
    server: 's',
    location: 'us-west-2',
    resourceId: null,
    autostackId: null,
    status: 'ACTIVE',
    message: null,
    spec: {},
    modelParams: {},
    periodSeconds: 300,
    lastRowId: 0,
    lastTimestampMs: null,
    scoredRows: 0,
    scoredToMs: null,
    readToMs: NOW - SETTLE_MS - 240_000,
    collectorErrorDeadlineMs: null,
    ...change,
  };
}

function startQueue(entries: readonly MetricEntry[]) {
  const clock = { nowMs: NOW };
  const known = new Map(entries.map((entry) => [entry.number, entry]));
  const listeners: ((entry: MetricEntry) => void)[] = [];
  const queue = new PollQueue({
    registry: {
      all: () => known.values(),
      byNumber: (number) => known.get(number),
      onLoaded: (listener) => void listeners.push(listener),
    },
    sources: new Map([['CLOUDWATCH', CLOUDWATCH]]),
    now: () => clock.nowMs,
  });
  const load = (entry: MetricEntry) => {
    known.set(entry.number, entry);
    for (const listener of listeners) listener(entry);
  };
  return { queue, clock, known, load };
}

/** As the poller does after a reading that brought every metric up to date. */
function finish(queue: PollQueue, entries: readonly MetricEntry[], nowMs: number): void {
  for (const entry of entries) {
    const previousMs = entry.readToMs;
    entry.readToMs = Math.floor((nowMs - SETTLE_MS) / PERIOD_MS) * PERIOD_MS;
    queue.planSuccess(entry, { startedMs: nowMs, previousMs });
    queue.handBack(entry);
  }
}

describe('the poll queue', () => {
  it('spreads 10,000 metrics of one period over half a minute in 20 whole batches, and stays so', () => {
    const entries = Array.from({ length: 10_000 }, (_, index) => createEntry(index + 1));
    const { queue, clock } = startQueue(entries);
    for (let cycle = 0; cycle < 3; cycle += 1) {
      const sizes: number[] = [];
      const seconds = new Set<number>();
      for (let second = 0; second < 300; second += 1) {
        for (const batch of queue.takeDue(clock.nowMs)) {
          sizes.push(batch.entries.length);
          seconds.add(second);
          finish(queue, batch.entries, clock.nowMs);
        }
        clock.nowMs += 1000;
      }
      expect(sizes).toEqual(Array.from({ length: 20 }, () => 500));
      expect(seconds.size).toBeGreaterThan(15);
      expect(Math.max(...seconds) - Math.min(...seconds)).toBeLessThanOrEqual(30);
    }
  });

  it('looks at no metric that is not due', () => {
    let looks = 0;
    const entries = Array.from({ length: 1000 }, (_, index) => createEntry(index + 1));
    const { queue, clock, known } = startQueue(entries);
    const get = known.get.bind(known);
    known.get = (number) => {
      looks += 1;
      return get(number);
    };
    expect(queue.takeDue(clock.nowMs)).toEqual([]);
    expect(looks).toBe(0);
  });

  it('takes a metric once until it is handed back, and a new one at once', () => {
    const { queue, clock, load } = startQueue([]);
    load(createEntry(1, { readToMs: null }));
    const [batch] = queue.takeDue(clock.nowMs);
    expect(batch).toMatchObject({ lane: 'CLOUDWATCH us-west-2 history', isHistory: true });
    load(batch?.entries[0] ?? createEntry(2));
    expect(queue.takeDue(clock.nowMs + PERIOD_MS)).toEqual([]);
    finish(queue, batch?.entries ?? [], clock.nowMs);
    expect(queue.takeDue(clock.nowMs)).toEqual([]);
    expect(queue.takeDue(clock.nowMs + PERIOD_MS)).toHaveLength(1);
  });

  it('forgets a metric that was deleted, while it was read too, and one that is monitored no more', () => {
    const entries = [1, 2, 3].map((number) => createEntry(number, { readToMs: null }));
    const { queue, clock, known, load } = startQueue(entries);
    known.delete(1);
    load(createEntry(2, { status: 'UNMONITORED' }));
    const [batch] = queue.takeDue(clock.nowMs);
    expect(batch?.entries.map(({ number }) => number)).toEqual([3]);
    known.delete(3);
    finish(queue, batch?.entries ?? [], clock.nowMs);
    expect(queue.takeDue(Infinity)).toEqual([]);
    load(createEntry(2, { readToMs: null }));
    expect(queue.takeDue(clock.nowMs)).toHaveLength(1);
  });

  it('tries one in ERROR after 10 minutes, then 20, and at once when somebody takes it out of ERROR', () => {
    const entry = createEntry(1, { status: 'ERROR' });
    const { queue, clock, load } = startQueue([entry]);
    const waits: number[] = [];
    for (const minutes of [10, 20]) {
      expect(queue.takeDue(clock.nowMs + minutes * 60_000 - 1)).toEqual([]);
      clock.nowMs += minutes * 60_000;
      waits.push(queue.takeDue(clock.nowMs).length);
      queue.planFailure(entry, clock.nowMs, 0.5);
      queue.handBack(entry);
    }
    expect(waits).toEqual([1, 1]);
    entry.status = 'CREATE_PENDING';
    load(entry);
    expect(queue.takeDue(clock.nowMs)).toHaveLength(1);
  });

  it('tries what failed again after seconds, then less and less often, live or history', () => {
    for (const readToMs of [NOW - SETTLE_MS - PERIOD_MS, null]) {
      const entry = createEntry(1, { readToMs });
      const { queue, clock } = startQueue([entry]);
      expect(queue.takeDue(clock.nowMs)).toHaveLength(1);
      const waits = Array.from({ length: 10 }, () => {
        queue.planFailure(entry, clock.nowMs, 1);
        queue.handBack(entry);
        let seconds = 1;
        while (seconds < 1000 && queue.takeDue(clock.nowMs + seconds * 1000).length === 0) seconds += 1;
        clock.nowMs += seconds * 1000;
        return seconds;
      });
      expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }
  });

  it('keeps the metrics of a call that failed together', () => {
    const entries = Array.from({ length: 500 }, (_, index) => createEntry(index + 1));
    const { queue, clock } = startQueue(entries);
    clock.nowMs += PERIOD_MS;
    const [batch] = queue.takeDue(clock.nowMs);
    for (const entry of batch?.entries ?? []) {
      queue.planFailure(entry, clock.nowMs, 0.3);
      queue.handBack(entry);
    }
    const times = new Set<number>();
    for (let ms = 0; ms < 2 * PERIOD_MS; ms += 10) {
      if (queue.takeDue(clock.nowMs + ms).length > 0) times.add(ms);
    }
    expect(times.size).toBe(1);
  });
});

describe('slots', () => {
  it('fill up one after the other, and places that become free are taken again', () => {
    const slots = new JitterSlots(2);
    expect([1, 2, 3, 4, 5].map(() => slots.take())).toEqual([0, 0, 1, 1, 2]);
    slots.leave(0);
    expect([slots.take(), slots.take()]).toEqual([0, 2]);
  });

  it('delay the first not at all, and none longer than half a minute or a tenth of the period', () => {
    expect(findJitterMs(0, 300)).toBe(0);
    for (let slot = 1; slot < 200; slot += 1) {
      expect(findJitterMs(slot, 300)).toBeLessThanOrEqual(30_000);
      expect(findJitterMs(slot, 5)).toBeLessThanOrEqual(500);
    }
  });
});
