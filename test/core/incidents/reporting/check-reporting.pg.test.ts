/** Metrics that stop reporting, through a real database and a real log of scores, with a clock set by hand. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { receiveHttp, type Receiver } from '../../notify/receivers.ts';
import { openBench, type Bench } from '../open-incidents.ts';
import { kinds, listIncidents, ruleFor, messagesOf } from '../receiver-rule.ts';

let bench: Bench;
let receiver: Receiver;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  await bench.clear();
  // A server that is ready at noon.
  await bench.restart();
  receiver = await receiveHttp();
});
afterEach(() => receiver[Symbol.asyncDispose]());
afterAll(() => bench[Symbol.asyncDispose]());

const ask = (changes = {}) =>
  bench.incidents.rules.createRule({ ...ruleFor(receiver), notifyNoData: true, ...changes });

/** Samples each minute, the last of them at `to`; and the server has known them since the first. */
async function report(metrics: readonly number[], from: number, to: number) {
  const minutes = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  await bench.score(metrics.flatMap((metric) => minutes.map((minute) => ({ metric, minute }))));
  await bench.engine.bars.catchUp();
  // The points are written below the registry, which has to read how far they came.
  await bench.database.pool.query(
    `UPDATE metric_progress SET last_row_id = s.rows, scored_rows = s.rows, last_timestamp = s.newest, scored_to = s.newest
     FROM (SELECT metric_number AS number, max(row_id) AS rows, max("timestamp") AS newest FROM sample GROUP BY 1) AS s
     WHERE metric_number = s.number`,
  );
  await bench.engine.registry.load();
}

async function checkAt(minute: number) {
  bench.setClock(minute);
  await bench.incidents.checkReporting();
  await bench.incidents.sweep();
}

/** Later than messages gather. */
async function deliverAt(minute: number) {
  bench.setClock(minute);
  return bench.incidents.deliver();
}

describe('a metric that stops reporting', () => {
  it('is an incident of its own kind, notified at its start, and at the sample that ends it', async () => {
    const id = await ask();
    const metrics = await bench.makeMetrics(1);
    await report(metrics, 0, 60);
    await checkAt(64);
    expect(await listIncidents(bench)).toEqual([]);
    await checkAt(66);
    await checkAt(67);
    expect(await listIncidents(bench)).toMatchObject([
      { kind: 'NO_DATA', state: 'FIRING', ruleId: id, value: 10, score: 0, mutedBy: null },
    ]);
    await deliverAt(68);
    await report(metrics, 70, 70);
    await checkAt(71);
    await deliverAt(72);
    expect(messagesOf(receiver).map(({ subject }) => subject)).toEqual([
      '[Lapwing] CRITICAL: m1: no data (last value 10)',
      '[Lapwing] RESOLVED: m1',
    ]);
    expect(await listIncidents(bench)).toMatchObject([
      { state: 'ENDED', endReason: 'RECOVERED', endedAt: new Date('2026-11-20T13:10:00Z') },
    ]);
  });

  it('is none for a rule that does not ask for it, nor for one of other metrics', async () => {
    await ask({ notifyNoData: false });
    await ask({ name: 'others', scope: { servers: ['elsewhere'] } });
    await report(await bench.makeMetrics(1), 0, 60);
    await checkAt(600);
    expect(await listIncidents(bench)).toEqual([]);
  });

  it('waits for as long as the rule asks at least', async () => {
    await ask({ noDataSeconds: 3600 });
    await report(await bench.makeMetrics(1), 0, 60);
    await checkAt(119);
    expect(await listIncidents(bench)).toEqual([]);
    await checkAt(121);
    expect(await listIncidents(bench)).toHaveLength(1);
  });

  it('is one message for its resource, also where its metrics stop one after the other', async () => {
    await ask();
    const metrics = await bench.makeMetrics(30, 'db-1');
    await report(metrics.slice(1), 0, 60);
    await report(metrics.slice(0, 1), 0, 62);
    await checkAt(66);
    await checkAt(68);
    await deliverAt(69);
    for (const minute of [90, 131, 200]) await checkAt(minute);
    await deliverAt(201);
    expect(kinds(receiver)).toEqual(['START 29']);
    expect(await bench.database.prisma.incident.count({ where: { kind: 'NO_DATA', open: true } })).toBe(30);
  });

  it('stays one incident and one message over a restart, and does not end by it', async () => {
    await ask();
    await report(await bench.makeMetrics(1), 0, 60);
    await checkAt(66);
    await bench.restart();
    for (const minute of [67, 100, 200]) await checkAt(minute);
    await deliverAt(201);
    expect(kinds(receiver)).toEqual(['START 1']);
    expect(await listIncidents(bench)).toMatchObject([{ state: 'FIRING' }]);
  });

  it('is not found by a server that was down itself, until it has listened for as long', async () => {
    await ask();
    await report(await bench.makeMetrics(1), 0, 60);
    bench.setClock(180);
    await bench.restart();
    await checkAt(181);
    await checkAt(184);
    expect(await listIncidents(bench)).toEqual([]);
    await checkAt(186);
    expect(await listIncidents(bench)).toMatchObject([{ kind: 'NO_DATA', mutedBy: null }]);
  });

  it('long ago is kept, and nobody is notified, when a rule first asks for it', async () => {
    await report(await bench.makeMetrics(1), 0, 60);
    bench.setClock(600);
    await ask();
    await checkAt(600);
    await checkAt(700);
    expect(await listIncidents(bench)).toMatchObject([{ state: 'FIRING', mutedBy: 'STALE' }]);
    expect(await deliverAt(701)).toBe(0);
  });

  it('while it is silenced is notified once the silence is over', async () => {
    await ask();
    const [metric = 0] = await bench.makeMetrics(1);
    await report([metric], 0, 60);
    bench.setClock(62);
    const metricId = bench.engine.registry.byNumber(metric)?.id ?? '';
    await bench.incidents.silences.create({ metricId, server: null, seconds: 3600, comment: null, by: null });
    await checkAt(66);
    expect(await listIncidents(bench)).toMatchObject([{ mutedBy: 'SILENCE' }]);
    await checkAt(123);
    await deliverAt(124);
    expect(kinds(receiver)).toEqual(['START 1']);
  });

  it.each([
    ['is switched off', { enabled: false }],
    ['asks for it no more', { notifyNoData: false }],
  ])('ends when the rule %s', async (_name, change) => {
    const id = await ask();
    await report(await bench.makeMetrics(1), 0, 60);
    await checkAt(66);
    await bench.incidents.rules.updateRule(id, change);
    await checkAt(67);
    expect(await listIncidents(bench)).toMatchObject([{ state: 'ENDED', endReason: 'RULE_CHANGED' }]);
  });

  it('leaves an incident of its anomaly alone, and the anomaly leaves it', async () => {
    await ask();
    const [metric = 0] = await bench.makeMetrics(1);
    await report([metric], 0, 60);
    await bench.score([{ metric, minute: 61, opens: true }]);
    await report([metric], 62, 62);
    await checkAt(68);
    expect((await listIncidents(bench)).map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'ANOMALY ENDED',
      'NO_DATA FIRING',
    ]);
  });

  it('is not looked for where its source could not be read since, or its step is not known yet', async () => {
    await ask();
    const metrics = await bench.makeMetrics(2);
    const [polled = 0, young = 0] = metrics;
    await report([polled], 0, 60);
    await report([young], 56, 60);
    await bench.database.pool.query('UPDATE metric_progress SET read_to = $2 WHERE metric_number = $1', [
      polled,
      new Date('2026-11-20T13:02:00Z'),
    ]);
    await bench.engine.registry.load();
    await checkAt(300);
    expect(await listIncidents(bench)).toEqual([]);
  });

  it('of office hours is notified at the hour at which it does not come back', async () => {
    await ask();
    const [metric = 0] = await bench.makeMetrics(1);
    // From noon to eight each day for two weeks, and then not at noon.
    const days = Array.from({ length: 15 }, (_, day) => (day - 15) * 1440);
    const minutes = days.flatMap((start) => Array.from({ length: 97 }, (_, slot) => start + slot * 5));
    await bench.score(minutes.map((minute) => ({ metric, minute })));
    await report([metric], -959, -959);
    bench.setClock(-900);
    await bench.restart();
    for (const minute of [-600, -300, 0, 30]) await checkAt(minute);
    expect(await listIncidents(bench)).toEqual([]);
    await checkAt(75);
    expect(await listIncidents(bench)).toMatchObject([{ kind: 'NO_DATA', mutedBy: null }]);
  });
});
