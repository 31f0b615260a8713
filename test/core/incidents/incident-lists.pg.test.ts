/** Pages, counts and moments of incidents in a real database, held against plain arrays. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Incident as StoredIncident } from '../../../src/generated/prisma/client.ts';
import { findIncidentsAt } from '../../../src/core/incidents/incidents-at.ts';
import {
  countIncidentsOf,
  readIncidents,
  readIncidentsOf,
  type IncidentWindow,
} from '../../../src/core/incidents/read-incidents.ts';
import { saveIncidents } from '../../../src/core/incidents/store-incidents.ts';
import { inTransaction } from '../../../src/platform/postgres/transaction.ts';
import { makeFiring, START_MS } from './make-parts.ts';
import { openBench, type Bench } from './open-incidents.ts';

const MINUTE_MS = 60_000;
/** Numbers in no order, the same in every run. */
const scatter = (i: number, most: number) => (i * 7919 + 13) % most;

let bench: Bench;
let metrics: readonly { readonly number: number; readonly id: string }[];
let stored: readonly StoredIncident[];
beforeAll(async () => {
  bench = await openBench();
  const numbers = await bench.makeMetrics(3);
  metrics = numbers.map((number) => ({ number, id: bench.engine.registry.byNumber(number)?.id ?? '' }));
  const incidents = Array.from({ length: 60 }, (_, i) => {
    // The third metric has none; many begin at the same minute.
    const { number = 0, id = '' } = metrics[i % 2] ?? {};
    const startedMs = START_MS + scatter(i, 10) * MINUTE_MS;
    const isOver = i >= 2;
    return makeFiring(number, {
      id: randomUUID(),
      ruleId: null,
      metricId: id,
      startedMs,
      kind: i === 5 ? 'OUTLIER' : 'ANOMALY',
      state: isOver ? 'ENDED' : 'FIRING',
      endedMs: isOver ? startedMs + scatter(i, 4) * MINUTE_MS : null,
      endReason: isOver ? 'RECOVERED' : null,
    });
  });
  await inTransaction(bench.database.pool, (client) => saveIncidents(client, incidents, new Date(START_MS)));
  stored = await bench.database.prisma.incident.findMany();
});
afterAll(() => bench[Symbol.asyncDispose]());

const compare = (a: StoredIncident, b: StoredIncident) =>
  a.startedAt.getTime() - b.startedAt.getTime() || Number(a.number - b.number);
const ids = (incidents: readonly StoredIncident[]) => incidents.map(({ id }) => id);
const ofMetric = (id: string) => stored.filter(({ metricId }) => metricId === id).toSorted(compare);
const placeOf = ({ startedAt, number }: StoredIncident) => ({
  startedAt: startedAt.toISOString(),
  number: String(number),
});

/** Every page from the first to the last, by the place of the last incident of the page before. */
async function readAll(
  read: (window: IncidentWindow) => Promise<readonly StoredIncident[]>,
  order: 'asc' | 'desc',
  limit: number,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (let last: StoredIncident | undefined, page = 0; page < 100; page += 1) {
    const place = last === undefined ? null : placeOf(last);
    const window = {
      order,
      limit,
      newerThan: order === 'asc' ? place : null,
      olderThan: order === 'desc' ? place : null,
    };
    const some = await read(window);
    if (some.length === 0) break;
    expect(some.length).toBeLessThanOrEqual(limit);
    found.push(...ids(some));
    last = some.at(-1);
  }
  return found;
}

describe('Incidents are listed', () => {
  const orders = [
    ['asc', 1],
    ['asc', 7],
    ['asc', 100],
    ['desc', 7],
    ['desc', 60],
  ] as const;

  it.each(orders)('page by page, each once: %s, %i a page', async (order, limit) => {
    const sorted = ids(stored.toSorted(compare));
    const found = await readAll((window) => readIncidents(bench.database.prisma, {}, window), order, limit);
    expect(found).toEqual(order === 'asc' ? sorted : sorted.toReversed());
  });

  it.each(orders)('for a metric among others: %s, %i a page', async (order, limit) => {
    const wanted = metrics.map(({ id }) => id);
    for (const id of wanted) {
      const found = await readAll(
        async (window) => (await readIncidentsOf(bench.database.pool, wanted, window)).get(id) ?? [],
        order,
        limit,
      );
      const sorted = ids(ofMetric(id));
      expect(found).toEqual(order === 'asc' ? sorted : sorted.toReversed());
    }
  });

  it('as they are, whichever way they are read', async () => {
    const window: IncidentWindow = { order: 'asc', limit: 100, newerThan: null, olderThan: null };
    const [one, other] = await Promise.all([
      readIncidents(bench.database.prisma, { metricId: metrics[0]?.id ?? '' }, window),
      readIncidentsOf(bench.database.pool, [metrics[0]?.id ?? ''], window),
    ]);
    expect(other.get(metrics[0]?.id ?? '')).toEqual(one);
  });

  it('between two places, neither of which is part of it', async () => {
    const sorted = stored.toSorted(compare);
    const [from, to] = [sorted[10], sorted[20]];
    if (from === undefined || to === undefined) throw new Error('there are sixty');
    const window = { order: 'desc', limit: 100, newerThan: placeOf(from), olderThan: placeOf(to) } as const;
    const expected = ids(sorted.slice(11, 20)).toReversed();
    expect(ids(await readIncidents(bench.database.prisma, {}, window))).toEqual(expected);
    const found = await readIncidentsOf(
      bench.database.pool,
      metrics.map(({ id }) => id),
      window,
    );
    expect(ids([...found.values()].flat().toSorted(compare)).toReversed()).toEqual(expected);
  });

  it('with their number by metric; one without any is left out', async () => {
    const counts = await countIncidentsOf(bench.database.pool, [
      ...metrics.map(({ id }) => id),
      randomUUID(),
    ]);
    expect([...counts].toSorted()).toEqual(
      metrics
        .slice(0, 2)
        .map(({ id }) => [id, ofMetric(id).length])
        .toSorted(),
    );
  });
});

describe('At a moment of a metric', () => {
  it('those of its anomalies last that have begun and were not over', async () => {
    const moments = Array.from({ length: 200 }, (_, i) => ({
      metricNumber: metrics[i % 3]?.number ?? 0,
      timestampMs: START_MS + (scatter(i, 30) - 5) * (MINUTE_MS / 2),
    }));
    const found = await findIncidentsAt(bench.database.prisma, moments);
    const expected = moments.map(({ metricNumber, timestampMs }) =>
      ids(
        stored
          .filter((one) => one.metricNumber === metricNumber && one.kind === 'ANOMALY')
          .filter(({ startedAt }) => startedAt.getTime() <= timestampMs)
          .filter(({ endedAt }) => endedAt === null || endedAt.getTime() > timestampMs)
          .toSorted(compare),
      ),
    );
    expect(found.map(ids)).toEqual(expected);
    expect(expected.filter(({ length }) => length > 1).length).toBeGreaterThan(20);
  });

  it('may be asked for as many moments as there are', async () => {
    const moment = { metricNumber: metrics[0]?.number ?? 0, timestampMs: START_MS - 1 };
    const found = await findIncidentsAt(bench.database.prisma, Array<typeof moment>(300_000).fill(moment));
    expect(found).toHaveLength(300_000);
    expect(await findIncidentsAt(bench.database.prisma, [])).toEqual([]);
  });
});

describe('Incidents are acknowledged and seen', () => {
  const read = async (id: string) => {
    const { acknowledgedBy, acknowledgedAt, seen } = await bench.database.prisma.incident.findUniqueOrThrow({
      where: { id },
    });
    return { acknowledgedBy, acknowledgedAt, seen };
  };

  it('all of them or none', async () => {
    const [id = ''] = ids(stored);
    const { receipts } = bench.incidents;
    const missing = randomUUID();
    await expect(receipts.acknowledge([id, missing], 'ann')).rejects.toThrow(missing);
    await expect(receipts.markSeen([id, missing], true)).rejects.toThrow(missing);
    expect(await read(id)).toEqual({ acknowledgedBy: null, acknowledgedAt: null, seen: false });
  });

  it('by who was the first, and once', async () => {
    const [, first = '', second = ''] = ids(stored);
    const { receipts } = bench.incidents;
    await receipts.acknowledge([first, first], 'ann');
    bench.setClock(5);
    await receipts.acknowledge([first, second], 'bob');
    expect(await read(first)).toEqual({
      acknowledgedBy: 'ann',
      acknowledgedAt: new Date(START_MS),
      seen: true,
    });
    expect(await read(second)).toMatchObject({ acknowledgedBy: 'bob', seen: true });
    await receipts.markSeen([first], false);
    expect(await read(first)).toMatchObject({ acknowledgedBy: 'ann', seen: false });
  });

  it('and said so to who follows them, each once', async () => {
    const [, , , third = ''] = ids(stored);
    const published: string[] = [];
    vi.spyOn(bench.incidents.incidentFeed, 'publish').mockImplementation((id) => void published.push(id));
    await bench.incidents.receipts.markSeen([third, third], true);
    expect(published).toEqual([third]);
  });
});
