/** Many metrics that are anomalous at once, through a real database and a real log of scores, with a clock set by hand. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { receiveHttp, type Receiver } from '../../notify/receivers.ts';
import { openBench, type Bench } from '../open-incidents.ts';
import { kinds, messagesOf, ruleFor } from '../receiver-rule.ts';

let bench: Bench;
let receiver: Receiver;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  await bench.clear();
  receiver = await receiveHttp();
});
afterEach(() => receiver[Symbol.asyncDispose]());
afterAll(() => bench[Symbol.asyncDispose]());

/** Notifies of nothing but a third of the metrics of a resource, for five minutes. */
const ask = (changes = {}) =>
  bench.incidents.rules.createRule({
    ...ruleFor(receiver),
    recoverySeconds: 600,
    anomalyRatePercent: 30,
    notifyAnomalies: false,
    ...changes,
  });

/** Every metric has a sample at a minute; of some it is anomalous. The server checks the rates then. */
async function report(metrics: readonly number[], minute: number, anomalous: readonly number[] = []) {
  bench.setClock(minute);
  const known = new Set(anomalous);
  const firing = await bench.database.prisma.incident.findMany({
    where: { kind: 'ANOMALY', open: true },
    select: { metricNumber: true },
  });
  const open = new Set(firing.map(({ metricNumber }) => metricNumber));
  await bench.score(
    metrics.map((metric) => {
      if (!known.has(metric)) return { metric, minute };
      return open.has(metric) ? { metric, minute, goesOn: true } : { metric, minute, opens: true };
    }),
  );
  // The points are written below the registry, which has to read how far they came.
  await bench.database.pool.query(
    `UPDATE metric_progress SET last_row_id = s.rows, scored_rows = s.rows, last_timestamp = s.newest, scored_to = s.newest
     FROM (SELECT metric_number AS number, max(row_id) AS rows, max("timestamp") AS newest FROM sample GROUP BY 1) AS s
     WHERE metric_number = s.number`,
  );
  await bench.engine.registry.load();
  await bench.incidents.checkRates();
}

async function reportTo(
  metrics: readonly number[],
  minutes: readonly number[],
  anomalous: readonly number[],
) {
  for (const minute of minutes) await report(metrics, minute, anomalous);
}

/** Later than messages gather. */
async function deliverAt(minute: number) {
  bench.setClock(minute);
  return bench.incidents.deliver();
}

const listRates = () =>
  bench.database.prisma.incident.findMany({ where: { kind: 'ANOMALY_RATE' }, orderBy: { number: 'asc' } });

describe('an anomaly rate', () => {
  it('that lasts is one incident of its resource, one message with the worst metrics, and ends by itself', async () => {
    const ruleId = await ask();
    const metrics = await bench.makeMetrics(9, 'db-1');
    const three = metrics.slice(0, 3);
    await report(metrics, 0, three);
    expect(await listRates()).toMatchObject([{ state: 'PENDING', notifiedAt: null }]);
    await reportTo(metrics, [1, 2, 3, 4, 5], three);
    await reportTo(metrics, [6], metrics.slice(0, 5));
    await deliverAt(7);
    expect(await listRates()).toMatchObject([
      {
        state: 'FIRING',
        ruleId,
        groupKey: 'RESOURCE 1 db-1',
        server: 'db-1',
        mutedBy: null,
        startedAt: new Date('2026-11-20T12:00:00Z'),
        group: { anomalousCount: 3, metricCount: 9, peakCount: 5 },
      },
    ]);
    await reportTo(metrics, [8, 12, 18, 19], []);
    await deliverAt(20);
    const [start, end] = messagesOf(receiver);
    expect(kinds(receiver)).toEqual(['START 1', 'END 1']);
    expect(start).toMatchObject({
      subject: '[Lapwing] CRITICAL: db-1: 3 of 9 metrics anomalous (33 %)',
      incidents: [
        { kind: 'ANOMALY_RATE', group: { worst: [{ name: 'm1' }, { name: 'm2' }, { name: 'm3' }] } },
      ],
    });
    expect(end?.subject).toBe('[Lapwing] RESOLVED: db-1');
    expect(await listRates()).toMatchObject([
      { state: 'ENDED', endReason: 'RECOVERED', endedAt: new Date('2026-11-20T12:08:00Z') },
    ]);
  });

  it.each([
    ['too small a share', 10, 3, {}],
    ['too few metrics', 3, 2, {}],
    ['for no one who asks', 9, 9, { anomalyRatePercent: null }],
    ['outside of the scope', 9, 9, { scope: { servers: ['elsewhere'] } }],
  ])('is none where there is %s', async (_name, count, anomalous, change) => {
    await ask({ anomalyRatePercent: 31, anomalyRateSeconds: 0, ...change });
    const metrics = await bench.makeMetrics(count, 'db-1');
    await report(metrics, 0, metrics.slice(0, anomalous));
    expect(await listRates()).toEqual([]);
  });

  it('that does not last leaves nothing', async () => {
    await ask();
    const metrics = await bench.makeMetrics(6, 'db-1');
    await reportTo(metrics, [0, 1, 2], metrics);
    await report(metrics, 3);
    expect(await listRates()).toEqual([]);
    expect(await deliverAt(10)).toBe(0);
  });

  it('is of each resource by itself, or of all that the rule looks at', async () => {
    await ask({ anomalyRateSeconds: 0, scope: { namePattern: 'm*' } });
    await ask({ name: 'fleet', anomalyRateSeconds: 0, anomalyRateGroup: 'SCOPE', anomalyRatePercent: 50 });
    const metrics = await bench.makeMetrics(6);
    await report(metrics, 0, metrics.slice(0, 3));
    expect(await listRates()).toMatchObject([
      { groupKey: 'SCOPE 1', instance: 'fleet', group: { anomalousCount: 3, metricCount: 6 } },
    ]);
  });

  it('counts the metrics with the tags of the scope, where it names some', async () => {
    const tags = [{ key: 'tier', values: ['web'] }];
    await ask({ anomalyRateSeconds: 0, anomalyRateGroup: 'SCOPE', scope: { tags } });
    const metrics = await bench.makeMetrics(12, 'db-1');
    await bench.database.pool.query(
      `UPDATE metric SET tags = '[{"key": "tier", "value": "web"}]' WHERE number <= $1`,
      [metrics[3]],
    );
    await report(metrics, 0, metrics);
    expect(await listRates()).toMatchObject([{ group: { anomalousCount: 4, metricCount: 4 } }]);
  });

  it('is of the metrics of one account, where two have resources of the same name', async () => {
    await ask({ anomalyRateSeconds: 0, anomalyRatePercent: 100 });
    await ask({ name: 'whole', anomalyRateSeconds: 0, anomalyRatePercent: 100, anomalyRateGroup: 'SCOPE' });
    const metrics = await bench.makeMetrics(8, 'db-1');
    const { id } = await bench.database.prisma.account.create({ data: { name: 'other' } });
    const others = metrics.slice(4);
    await bench.database.prisma.metric.updateMany({
      where: { number: { in: others } },
      data: { accountId: id },
    });
    await report(metrics, 0, others);
    const expected = [`RESOURCE ${id} db-1`, `SCOPE ${id}`];
    expect((await listRates()).map(({ groupKey }) => groupKey)).toEqual(expected);
    await bench.database.prisma.metric.deleteMany({ where: { accountId: id } });
    await bench.database.prisma.account.delete({ where: { id } });
  });

  it('counts only metrics that still report', async () => {
    await ask({ anomalyRateSeconds: 0, staleSeconds: 600 });
    const metrics = await bench.makeMetrics(20, 'db-1');
    await report(metrics, 0);
    await report(metrics.slice(0, 9), 30, metrics.slice(0, 3));
    expect(await listRates()).toMatchObject([{ group: { anomalousCount: 3, metricCount: 9 } }]);
  });

  it('is neither lost nor doubled by a restart, before and after it fires', async () => {
    await ask();
    const metrics = await bench.makeMetrics(6, 'db-1');
    await reportTo(metrics, [0, 1, 2], metrics);
    await bench.restart();
    await reportTo(metrics, [3, 4, 5], metrics);
    await bench.restart();
    await reportTo(metrics, [6, 7], metrics);
    await deliverAt(8);
    expect(kinds(receiver)).toEqual(['START 1']);
    expect(await listRates()).toMatchObject([
      { state: 'FIRING', startedAt: new Date('2026-11-20T12:00:00Z') },
    ]);
  });

  it('begins anew where the server was down before it was confirmed', async () => {
    await ask();
    const metrics = await bench.makeMetrics(6, 'db-1');
    await report(metrics, 0, metrics);
    await report(metrics, 20, metrics);
    expect(await listRates()).toMatchObject([
      { state: 'PENDING', startedAt: new Date('2026-11-20T12:20:00Z') },
    ]);
  });

  it('is not notified again within the quiet period, and is once that is over', async () => {
    await ask({ anomalyRateSeconds: 0, recoverySeconds: 0, quietSeconds: 1800 });
    const metrics = await bench.makeMetrics(6, 'db-1');
    await report(metrics, 0, metrics);
    await report(metrics, 5);
    await report(metrics, 10, metrics);
    expect((await listRates()).map(({ mutedBy }) => mutedBy)).toEqual([null, 'QUIET_PERIOD']);
    await deliverAt(11);
    await report(metrics, 31, metrics);
    await deliverAt(32);
    expect(kinds(receiver)).toEqual(['START 1', 'END 1', 'START 1']);
  });

  it('of a silenced resource, or in maintenance, is notified once that is over', async () => {
    const maintenanceWindows = [{ start: '2026-11-20T13:00:00Z', end: '2026-11-20T14:00:00Z' }];
    await ask({ anomalyRateSeconds: 0, maintenanceWindows });
    const metrics = await bench.makeMetrics(6, 'db-1');
    await report(metrics, 0);
    const silence = { metricId: null, seconds: 3600, comment: null, by: null };
    await bench.incidents.silences.create({ ...silence, server: 'db-1' });
    await report(metrics, 1, metrics);
    expect(await listRates()).toMatchObject([{ mutedBy: 'SILENCE' }]);
    await report(metrics, 61, metrics);
    expect(await listRates()).toMatchObject([{ mutedBy: 'MAINTENANCE' }]);
    await report(metrics, 121, metrics);
    await deliverAt(122);
    expect(kinds(receiver)).toEqual(['START 1']);
  });

  it('is notified where enough metrics are anomalous that are not silenced', async () => {
    await ask({ anomalyRateSeconds: 0 });
    const metrics = await bench.makeMetrics(6, 'db-1');
    await report(metrics, 0);
    const [first = 0] = metrics;
    const metricId = bench.engine.registry.byNumber(first)?.id ?? '';
    await bench.incidents.silences.create({ metricId, server: null, seconds: 3600, comment: null, by: null });
    await report(metrics, 1, metrics.slice(0, 4));
    expect(await listRates()).toMatchObject([{ mutedBy: null }]);
  });

  it.each([
    [true, ['START 3'], null],
    [false, [], 'RATE_ONLY'],
  ])(
    'where single metrics are notified of is %s notifies as asked',
    async (notifyAnomalies, expected, mutedBy) => {
      await ask({ notifyAnomalies });
      const metrics = await bench.makeMetrics(3, 'db-1');
      await reportTo(metrics, [0, 1], metrics);
      await deliverAt(2);
      expect(kinds(receiver)).toEqual(expected);
      const found = await bench.database.prisma.incident.findMany({ where: { kind: 'ANOMALY' } });
      expect(found.map((incident) => incident.mutedBy)).toEqual([mutedBy, mutedBy, mutedBy]);
    },
  );

  it.each([
    ['is switched off', { enabled: false }],
    ['asks for it no more', { anomalyRatePercent: null }],
  ])('ends when the rule %s', async (_name, change) => {
    const id = await ask({ anomalyRateSeconds: 0 });
    const metrics = await bench.makeMetrics(6, 'db-1');
    await report(metrics, 0, metrics);
    await bench.incidents.rules.updateRule(id, change);
    await bench.incidents.sweep();
    await bench.incidents.checkRates();
    expect(await listRates()).toMatchObject([{ state: 'ENDED', endReason: 'RULE_CHANGED' }]);
  });

  it('outlives the metric it names', async () => {
    await ask({ anomalyRateSeconds: 0 });
    const metrics = await bench.makeMetrics(6, 'db-1');
    await report(metrics, 0, metrics);
    const [named] = await listRates();
    await bench.database.prisma.metric.delete({ where: { number: named?.metricNumber ?? 0 } });
    await bench.incidents.sweep();
    await report(metrics.slice(1), 1, metrics.slice(1));
    expect(await listRates()).toMatchObject([{ state: 'FIRING', metricId: null, metricName: 'm1' }]);
  });

  it('taken of another group from now on ends, and that of the new one begins', async () => {
    const id = await ask({ anomalyRateSeconds: 0 });
    const metrics = await bench.makeMetrics(6, 'db-1');
    await report(metrics, 0, metrics);
    await bench.incidents.rules.updateRule(id, { anomalyRateGroup: 'SCOPE' });
    await reportTo(metrics, [1, 12], metrics);
    expect(await listRates()).toMatchObject([
      { groupKey: 'RESOURCE 1 db-1', state: 'ENDED' },
      { groupKey: 'SCOPE 1', state: 'FIRING' },
    ]);
  });

  it.each([
    ['anomalyRatePercent', 0, 'above 0 and at most 100'],
    ['anomalyRatePercent', 100.5, 'above 0 and at most 100'],
    ['anomalyRateMinMetrics', 0, '1 to 100000'],
    ['anomalyRateSeconds', -1, '0 to 86400'],
  ])('refuses %s of %d', async (field, value, expected) => {
    await expect(ask({ [field]: value })).rejects.toThrow(`${field}: expected ${expected}, got ${value}`);
  });
});
