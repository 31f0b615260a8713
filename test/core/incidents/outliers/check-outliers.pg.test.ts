/** Metrics that become unlike the others of their group, through a real database, with a clock set by hand. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLog } from '../../../../src/log.ts';
import { receiveHttp, type Receiver } from '../../notify/receivers.ts';
import { openBench, type Bench } from '../open-incidents.ts';
import { kinds, messagesOf, ruleFor } from '../receiver-rule.ts';

const log = createLog('silent');
let bench: Bench;
let receiver: Receiver;
beforeAll(async () => {
  bench = await openBench({ log });
});
beforeEach(async () => {
  await bench.clear();
  receiver = await receiveHttp();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await receiver[Symbol.asyncDispose]();
});
afterAll(() => bench[Symbol.asyncDispose]());

const ask = (changes = {}) =>
  bench.incidents.rules.createRule({ ...ruleFor(receiver), notifyOutliers: true, ...changes });

/** The same metric of several resources. @returns its numbers */
async function makeFleet(size: number, name = 'cpu', status = 'ACTIVE', account = 1) {
  const { rows } = await bench.database.pool.query<{ number: number }>(
    `INSERT INTO metric (datasource, identity, name, server, status, period_seconds, account_id)
     SELECT 'CUSTOM', $2 || ';host=web-' || i, $2 || ';host=web-' || i, 'web-' || i, $3::metric_status, 60, $4
     FROM generate_series(1, $1::int) AS i RETURNING number`,
    [size, name, status, account],
  );
  await bench.database.pool.query(
    'INSERT INTO metric_progress (metric_number) SELECT number FROM metric ON CONFLICT DO NOTHING',
  );
  return rows.map(({ number }) => number);
}

/** A sample a minute of each, near 10 but for what is said of some; then the server compares them. */
async function report(
  fleet: readonly number[],
  [from, to]: readonly [number, number],
  values: Readonly<Record<number, number>> = {},
) {
  const points = [];
  for (let minute = from; minute < to; minute += 1)
    for (const metric of fleet)
      points.push({
        metric,
        minute,
        value: values[metric] ?? 10 + Math.sin(metric * 12.9898 + minute * 78.233),
      });
  await bench.score(points);
  // The points are written below the registry, which has to read how far they came.
  await bench.database.pool.query(
    `UPDATE metric_progress SET last_row_id = s.rows, scored_rows = s.rows, last_timestamp = s.newest, scored_to = s.newest
     FROM (SELECT metric_number AS number, max(row_id) AS rows, max("timestamp") AS newest FROM sample GROUP BY 1) AS s
     WHERE metric_number = s.number`,
  );
  await bench.engine.registry.load();
  await checkAt(to);
}

async function checkAt(minute: number) {
  bench.setClock(minute);
  await bench.incidents.checkOutliers();
}

const list = () =>
  bench.database.prisma.incident.findMany({ where: { kind: 'OUTLIER' }, orderBy: { number: 'asc' } });

describe('a metric that becomes unlike the others', () => {
  it('is one incident and one message with both values, and ends once it is like them again', async () => {
    await ask();
    const fleet = await makeFleet(8);
    const [odd = 0] = fleet.slice(4);
    await report(fleet, [-120, 0]);
    expect(await list()).toEqual([]);
    await report(fleet, [0, 25], { [odd]: 30 });
    expect(await list()).toEqual([]);
    await report(fleet, [25, 40], { [odd]: 30 });
    expect(await list()).toMatchObject([
      { metricNumber: odd, server: 'web-5', state: 'FIRING', score: 0, peakScore: 0, mutedBy: null },
    ]);
    await report(fleet, [40, 60], { [odd]: 30 });
    expect(await list()).toHaveLength(1);
    bench.setClock(61);
    await bench.incidents.deliver();
    expect(kinds(receiver)).toEqual(['START 1']);
    expect(messagesOf(receiver)[0]?.subject).toMatch(
      /WARNING: cpu;host=web-5 on web-5: \d+\.?\d*, others alike (9|10)/,
    );
    await report(fleet, [60, 90], {});
    await report(fleet, [90, 110], {});
    expect(await list()).toMatchObject([{ state: 'ENDED', endReason: 'RECOVERED' }]);
    bench.setClock(112);
    await bench.incidents.deliver();
    expect(kinds(receiver)).toEqual(['START 1', 'END 1']);
  });

  it('has the mean of its own values and of the median of the others, and what the tolerance lets through', async () => {
    await ask({ outlierTolerance: 4 });
    const fleet = await makeFleet(8);
    const [odd = 0] = fleet;
    await report(fleet, [-120, 0]);
    await report(fleet, [0, 60], { [odd]: 30 });
    const [incident] = await list();
    expect(incident).toMatchObject({ value: 30, peakValue: 30 });
    expect(incident?.expected).toBeCloseTo(10, 0);
    expect((incident?.high ?? 0) - (incident?.expected ?? 0)).toBeCloseTo(
      (incident?.expected ?? 0) - (incident?.low ?? 0),
    );
    expect(incident?.high).toBeLessThan(30);
    expect(incident?.low).toBeGreaterThan(-10);
  });

  it('is found again by a server that was started again, and not doubled', async () => {
    await ask({ recoverySeconds: 3600 });
    const fleet = await makeFleet(6);
    const [odd = 0] = fleet;
    await report(fleet, [-120, 0]);
    await report(fleet, [0, 50], { [odd]: 30 });
    await bench.restart();
    await report(fleet, [50, 60], { [odd]: 30 });
    await bench.restart();
    await report(fleet, [60, 100]);
    expect(await list()).toMatchObject([{ metricNumber: odd, state: 'RECOVERING' }]);
  });

  it('is another incident when it does so again soon after', async () => {
    await ask();
    const fleet = await makeFleet(6);
    const odd = { [fleet[0] ?? 0]: 30 };
    await report(fleet, [-120, 0]);
    await report(fleet, [0, 45], odd);
    for (let minute = 45; minute < 85; minute += 5) await report(fleet, [minute, minute + 5]);
    expect(await list()).toMatchObject([{ state: 'ENDED' }]);
    for (let minute = 85; minute < 120; minute += 5) await report(fleet, [minute, minute + 5], odd);
    expect(await list()).toMatchObject([{ state: 'ENDED' }, { state: 'FIRING' }]);
  });

  it('is muted by a silence, and notified of after it', async () => {
    await ask();
    const fleet = await makeFleet(6);
    const [odd = 0] = fleet;
    await report(fleet, [-120, 0]);
    await bench.database.pool.query(
      `INSERT INTO silence (account_id, server, created_by, ends_at) VALUES (1, 'web-1', 'test', $1)`,
      [new Date(Date.parse('2026-11-20T12:55:00Z'))],
    );
    await report(fleet, [0, 50], { [odd]: 30 });
    expect(await list()).toMatchObject([{ mutedBy: 'SILENCE', notifiedAt: null }]);
    await report(fleet, [50, 60], { [odd]: 30 });
    expect(await list()).toMatchObject([{ mutedBy: null, notifiedAt: new Date('2026-11-20T13:00:00Z') }]);
  });
});

describe('no incident opens', () => {
  it.each([
    ['of one that has always been unlike the others', {}, { before: 30, after: 30 }, 8],
    ['of fewer than four', {}, { before: 10, after: 30 }, 3],
    ['within the tolerance', { outlierTolerance: 1000 }, { before: 10, after: 30 }, 8],
    ['of a metric out of the scope', { scope: { namePattern: 'memory*' } }, { before: 10, after: 30 }, 8],
    ['by a rule that does not ask for it', { notifyOutliers: false }, { before: 10, after: 30 }, 8],
  ])('%s', async (_, changes, { before, after }, size) => {
    await ask(changes);
    const fleet = await makeFleet(size);
    const [odd = 0] = fleet;
    await report(fleet, [-120, 0], { [odd]: before });
    await report(fleet, [0, 60], { [odd]: after });
    expect(await list()).toEqual([]);
  });

  it('of metrics of two accounts, or of unmonitored ones, which make no group', async () => {
    await ask();
    await bench.database.pool.query(
      `INSERT INTO account (id, name) VALUES (77, 'other') ON CONFLICT DO NOTHING`,
    );
    const fleet = [...(await makeFleet(3)), ...(await makeFleet(3, 'cpu', 'ACTIVE', 77))];
    const unmonitored = await makeFleet(8, 'disk', 'UNMONITORED');
    const odd = { [fleet[0] ?? 0]: 30, [unmonitored[0] ?? 0]: 30 };
    await report([...fleet, ...unmonitored], [-120, 0]);
    await report([...fleet, ...unmonitored], [0, 60], odd);
    expect(await list()).toEqual([]);
  });
});

it('of a rule that no longer asks for it ends', async () => {
  const id = await ask();
  const fleet = await makeFleet(6);
  await report(fleet, [-120, 0]);
  await report(fleet, [0, 60], { [fleet[0] ?? 0]: 30 });
  await bench.incidents.rules.updateRule(id, { notifyOutliers: false });
  await bench.incidents.sweep();
  expect(await list()).toMatchObject([{ state: 'ENDED', endReason: 'RULE_CHANGED' }]);
});

it('of a group that became too small to compare recovers, and of a metric that fell silent ends as others do', async () => {
  await ask({ recoverySeconds: 3600 });
  const fleet = await makeFleet(5);
  const [odd = 0, other = 0] = fleet;
  await report(fleet, [-120, 0]);
  await report(fleet, [0, 60], { [odd]: 30 });
  await report([odd, other], [60, 121], { [odd]: 30 });
  expect(await list()).toMatchObject([{ state: 'RECOVERING' }]);
  await checkAt(190);
  expect(await list()).toMatchObject([{ state: 'RECOVERING' }]);
  await bench.incidents.sweep();
  expect(await list()).toMatchObject([{ state: 'ENDED', endReason: 'SILENT' }]);
});

it('a comparison that fails is counted, logged once and when it is over, and costs another rule nothing', async () => {
  const [error, info] = [vi.spyOn(log, 'error'), vi.spyOn(log, 'info')];
  const broken = await ask({ name: 'broken' });
  await ask({ name: 'sound' });
  const fleet = await makeFleet(6);
  await bench.database.pool.query(
    `CREATE FUNCTION refuse_outlier() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
     CREATE TRIGGER refuse_outlier BEFORE INSERT ON incident
       FOR EACH ROW WHEN (NEW.kind = 'OUTLIER' AND NEW.rule_name = 'broken') EXECUTE FUNCTION refuse_outlier()`,
  );
  const { stats } = bench.engine;
  await report(fleet, [-120, 0]);
  await report(fleet, [0, 45], { [fleet[0] ?? 0]: 30 });
  // Sooner than a twelfth of the range: what failed is due at once.
  await checkAt(46);
  expect(stats.read('outlier_check_failures')).toBe(2);
  expect(await list()).toMatchObject([{ ruleName: 'sound' }]);
  expect(error.mock.calls.map(([facts]) => facts)).toMatchObject([{ rule: broken }]);
  await bench.database.pool.query('DROP TRIGGER refuse_outlier ON incident; DROP FUNCTION refuse_outlier');
  await checkAt(47);
  expect(info.mock.calls.map(([facts]) => facts)).toEqual([{ rule: broken, failures: 2 }]);
  expect(await list()).toHaveLength(2);
});

it('a rule is checked twelve times in its range, each minute at most', async () => {
  await ask({ outlierSeconds: 1200 });
  const fleet = await makeFleet(6);
  const compared = vi.spyOn(bench.engine.registry, 'all');
  await report(fleet, [-40, 0]);
  compared.mockClear();
  for (let second = 0; second < 600; second += 20) await checkAt(second / 60);
  expect(compared.mock.calls.length).toBe(5);
  // A clock that is put back.
  await checkAt(-600);
  expect(compared.mock.calls.length).toBe(6);
});
