import { describe, expect, it } from 'vitest';
import { createAgenda, type Agenda } from '../../../src/core/polling/poll-queue.ts';
import { createSlots, findSlotDelayMs } from '../../../src/core/polling/poll-slots.ts';
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

function startAgenda(entries: readonly MetricEntry[]) {
  const clock = { nowMs: NOW };
  const known = new Map(entries.map((entry) => [entry.number, entry]));
  const listeners: ((entry: MetricEntry) => void)[] = [];
  const agenda = createAgenda({
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
  return { agenda, clock, known, load };
}

/** As the poller does after a reading that brought every metric up to date. */
function finish(agenda: Agenda, entries: readonly MetricEntry[], nowMs: number): void {
  for (const entry of entries) {
    const previousMs = entry.readToMs;
    entry.readToMs = Math.floor((nowMs - SETTLE_MS) / PERIOD_MS) * PERIOD_MS;
    agenda.planSuccess(entry, { startedMs: nowMs, previousMs });
    agenda.handBack(entry);
  }
}

describe('the agenda of the poller', () => {
  it('spreads 10,000 metrics of one period over half a minute in 20 whole batches, and stays so', () => {
    const entries = Array.from({ length: 10_000 }, (_, index) => createEntry(index + 1));
    const { agenda, clock } = startAgenda(entries);
    for (let cycle = 0; cycle < 3; cycle += 1) {
      const sizes: number[] = [];
      const seconds = new Set<number>();
      for (let second = 0; second < 300; second += 1) {
        for (const batch of agenda.takeDue(clock.nowMs)) {
          sizes.push(batch.entries.length);
          seconds.add(second);
          finish(agenda, batch.entries, clock.nowMs);
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
    const { agenda, clock, known } = startAgenda(entries);
    const get = known.get.bind(known);
    known.get = (number) => {
      looks += 1;
      return get(number);
    };
    expect(agenda.takeDue(clock.nowMs)).toEqual([]);
    expect(looks).toBe(0);
  });

  it('takes a metric once until it is handed back, and a new one at once', () => {
    const { agenda, clock, load } = startAgenda([]);
    load(createEntry(1, { readToMs: null }));
    const [batch] = agenda.takeDue(clock.nowMs);
    expect(batch).toMatchObject({ lane: 'CLOUDWATCH us-west-2 history', isHistory: true });
    load(batch?.entries[0] ?? createEntry(2));
    expect(agenda.takeDue(clock.nowMs + PERIOD_MS)).toEqual([]);
    finish(agenda, batch?.entries ?? [], clock.nowMs);
    expect(agenda.takeDue(clock.nowMs)).toEqual([]);
    expect(agenda.takeDue(clock.nowMs + PERIOD_MS)).toHaveLength(1);
  });

  it('forgets a metric that was deleted, while it was read too, and one that is watched no more', () => {
    const entries = [1, 2, 3].map((number) => createEntry(number, { readToMs: null }));
    const { agenda, clock, known, load } = startAgenda(entries);
    known.delete(1);
    load(createEntry(2, { status: 'UNMONITORED' }));
    const [batch] = agenda.takeDue(clock.nowMs);
    expect(batch?.entries.map(({ number }) => number)).toEqual([3]);
    known.delete(3);
    finish(agenda, batch?.entries ?? [], clock.nowMs);
    expect(agenda.takeDue(Infinity)).toEqual([]);
    load(createEntry(2, { readToMs: null }));
    expect(agenda.takeDue(clock.nowMs)).toHaveLength(1);
  });

  it('tries one in ERROR after 10 minutes, then 20, and at once when somebody takes it out of ERROR', () => {
    const entry = createEntry(1, { status: 'ERROR' });
    const { agenda, clock, load } = startAgenda([entry]);
    const waits: number[] = [];
    for (const minutes of [10, 20]) {
      expect(agenda.takeDue(clock.nowMs + minutes * 60_000 - 1)).toEqual([]);
      clock.nowMs += minutes * 60_000;
      waits.push(agenda.takeDue(clock.nowMs).length);
      agenda.planFailure(entry, clock.nowMs, 0.5);
      agenda.handBack(entry);
    }
    expect(waits).toEqual([1, 1]);
    entry.status = 'CREATE_PENDING';
    load(entry);
    expect(agenda.takeDue(clock.nowMs)).toHaveLength(1);
  });

  it('tries what failed again after seconds, then less and less often, live or history', () => {
    for (const readToMs of [NOW - SETTLE_MS - PERIOD_MS, null]) {
      const entry = createEntry(1, { readToMs });
      const { agenda, clock } = startAgenda([entry]);
      expect(agenda.takeDue(clock.nowMs)).toHaveLength(1);
      const waits = Array.from({ length: 10 }, () => {
        agenda.planFailure(entry, clock.nowMs, 1);
        agenda.handBack(entry);
        let seconds = 1;
        while (seconds < 1000 && agenda.takeDue(clock.nowMs + seconds * 1000).length === 0) seconds += 1;
        clock.nowMs += seconds * 1000;
        return seconds;
      });
      expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }
  });

  it('keeps the metrics of a call that failed together', () => {
    const entries = Array.from({ length: 500 }, (_, index) => createEntry(index + 1));
    const { agenda, clock } = startAgenda(entries);
    clock.nowMs += PERIOD_MS;
    const [batch] = agenda.takeDue(clock.nowMs);
    for (const entry of batch?.entries ?? []) {
      agenda.planFailure(entry, clock.nowMs, 0.3);
      agenda.handBack(entry);
    }
    const times = new Set<number>();
    for (let ms = 0; ms < 2 * PERIOD_MS; ms += 10) {
      if (agenda.takeDue(clock.nowMs + ms).length > 0) times.add(ms);
    }
    expect(times.size).toBe(1);
  });
});

describe('slots', () => {
  it('fill up one after the other, and places that become free are taken again', () => {
    const slots = createSlots(2);
    expect([1, 2, 3, 4, 5].map(() => slots.take())).toEqual([0, 0, 1, 1, 2]);
    slots.leave(0);
    expect([slots.take(), slots.take()]).toEqual([0, 2]);
  });

  it('delay the first not at all, and none longer than half a minute or a tenth of the period', () => {
    expect(findSlotDelayMs(0, 300)).toBe(0);
    for (let slot = 1; slot < 200; slot += 1) {
      expect(findSlotDelayMs(slot, 300)).toBeLessThanOrEqual(30_000);
      expect(findSlotDelayMs(slot, 5)).toBeLessThanOrEqual(500);
    }
  });
});
