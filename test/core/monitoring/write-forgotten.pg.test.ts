import { expect, it } from 'vitest';
import { deleteForgotten } from '../../../src/core/monitoring/write-forgotten.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { startEngine, type TestEngine } from '../../helpers/start-engine.ts';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-01-05T00:00:00Z');

/** Retention of its own would come in between. */
const open = (database: TestDatabase, settings: NodeJS.ProcessEnv = {}) =>
  startEngine(database, { settings: { LAPWING_RETENTION_DAYS: '0', ...settings } });

async function push(engine: TestEngine, names: readonly string[]) {
  const { rejected } = await engine.accept.acceptNamed(
    names.map((metric, value) => ({ metric, timestampMs: START, value })),
  );
  return rejected;
}

/** As a year leaves it: what is listed was made long ago, and its samples have been dropped. */
async function age(engine: TestEngine, names: readonly string[]): Promise<void> {
  const { pool } = engine;
  await pool.query(`UPDATE metric SET created_at = now() - interval '1 year' WHERE name = ANY($1)`, [names]);
  await pool.query(
    'DELETE FROM sample WHERE metric_number IN (SELECT number FROM metric WHERE name = ANY($1))',
    [names],
  );
}

const namesOf = (engine: TestEngine) => [...engine.registry.all()].map(({ name }) => name).toSorted();
const forget = (engine: TestEngine) => deleteForgotten(engine, Date.now() - 90 * DAY_MS);

/** Monitors what is called so, and alerts above what is expected. */
const makePolicy = (engine: TestEngine) =>
  engine.policies.create(
    {
      name: 'pods',
      match: { namePattern: 'pod;*', tags: [], sources: ['CUSTOM'] },
      alertPolicy: { direction: 'ABOVE' },
    },
    { applyToExisting: false },
  );

/** What somebody has said of a metric, or done with it. */
const CARED_FOR: Readonly<Record<string, (engine: TestEngine, id: string) => Promise<unknown>>> = {
  'a name of its own': ({ monitor }, id) => monitor.updateMetric(id, { displayName: 'Checkout' }),
  'an alert policy': ({ monitor }, id) => monitor.updateMetric(id, { policy: { minDeviation: 5 } }),
  'a direction': ({ monitor }, id) => monitor.updateMetric(id, { policy: { direction: 'ABOVE' } }),
  'bounds of its own': ({ prisma }, id) =>
    prisma.metric.update({
      where: { id },
      data: { modelParams: { min: 0, max: 100, valueKind: 'COUNTER' } },
    }),
  monitoring: ({ monitor, registry }, id) =>
    monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: registry.byId(id)?.name } }),
  'a label': ({ prisma }, id) =>
    prisma.anomalyLabel.create({ data: { metricId: id, from: new Date(), to: new Date(), kind: 'NORMAL' } }),
  'a note': ({ annotations, registry }, id) => {
    const server = registry.byId(id)?.server ?? '';
    const note = {
      server,
      timestamp: new Date(),
      device: 'page',
      user: 'eve',
      message: 'deployed',
      data: null,
    };
    return annotations.createAnnotation(note);
  },
  'a silence': ({ prisma }, id) =>
    prisma.silence.create({ data: { accountId: 1, metricId: id, endsAt: new Date() } }),
  'a panel link': ({ prisma }, id) =>
    prisma.panelLink.create({ data: { metricId: id, hours: 1, createdBy: 'x' } }),
  'a rule': ({ prisma }, id) =>
    prisma.notificationRule.create({ data: { name: 'of one', scope: { metricIds: ['other', id] } } }),
  'an incident': ({ pool }, id) =>
    pool.query(
      `INSERT INTO incident (rule_name, metric_id, metric_number, metric_name, instance, server, location, datasource, state,
         started_at, last_point_at, last_hot_at, hot_points, score, value, expected, low, high, peak_score, peak_value, peak_at, ended_at, end_reason)
       VALUES ('r', $1, 1, 'm', 'm', 'm', '', 'CUSTOM', 'ENDED', now(), now(), now(), 1, 1, 1, 1, 1, 1, 1, 1, now(), now(), 'RECOVERED')`,
      [id],
    ),
};

it('pushed metrics whose samples were dropped are deleted, and make room for others', async () => {
  await using database = await withDatabase();
  await using engine = await open(database, { LAPWING_MAX_METRICS: '3' });
  await push(engine, ['pod;id=1', 'pod;id=2', 'pod;id=3']);
  expect(await push(engine, ['pod;id=4'])).toHaveLength(1);
  await age(engine, ['pod;id=1', 'pod;id=2']);
  expect(await forget(engine)).toBe(2);
  expect(namesOf(engine)).toEqual(['pod;id=3']);
  expect(await push(engine, ['pod;id=4'])).toEqual([]);
  // One that comes again is new.
  expect(await push(engine, ['pod;id=1'])).toEqual([]);
  expect(engine.registry.byPushedName('pod;id=1')?.lastRowId).toBe(1);
  expect(await database.prisma.metric.count()).toBe(3);
});

it('what has samples, or was made lately, stays', async () => {
  await using database = await withDatabase();
  await using engine = await open(database);
  await push(engine, ['old']);
  await database.pool.query(`UPDATE metric SET created_at = now() - interval '1 year'`);
  await engine.monitor.createMetric('CUSTOM', { name: 'to be imported' });
  expect(await forget(engine)).toBe(0);
  expect(namesOf(engine)).toEqual(['old', 'to be imported']);
});

it.each(Object.keys(CARED_FOR))('one that has %s stays', async (what) => {
  await using database = await withDatabase();
  await using engine = await open(database);
  await push(engine, ['kept', 'gone']);
  const id = engine.registry.byPushedName('kept')?.id ?? '';
  await CARED_FOR[what]?.(engine, id);
  await age(engine, ['kept', 'gone']);
  expect(await forget(engine)).toBe(1);
  expect(namesOf(engine)).toEqual(['kept']);
});

/** What is done with metrics that a policy has begun to monitor, before their senders are gone. */
const BEGUN: Readonly<Record<string, (engine: TestEngine, id: string) => Promise<unknown>>> = {
  'as the policy began them': () => Promise.resolve(),
  'as the policy began them, and monitored anew by somebody': async ({ monitor, registry }, id) => {
    await monitor.unmonitorMetric(id);
    await monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: registry.byId(id)?.name } });
  },
};

it.each(Object.keys(BEGUN))('metrics that a policy monitors are deleted: %s', async (what) => {
  await using database = await withDatabase();
  await using engine = await open(database);
  await makePolicy(engine);
  await push(engine, ['pod;id=1', 'host;id=1']);
  const id = engine.registry.byPushedName('pod;id=1')?.id ?? '';
  expect(engine.registry.byId(id)?.status).not.toBe('UNMONITORED');
  await BEGUN[what]?.(engine, id);
  await age(engine, ['pod;id=1']);
  expect(await forget(engine)).toBe(1);
  expect(namesOf(engine)).toEqual(['host;id=1']);
  // It is as new when it comes again.
  await push(engine, ['pod;id=1']);
  expect(engine.registry.byPushedName('pod;id=1')).toMatchObject({ lastRowId: 1, status: 'ACTIVE' });
});

/** What makes a metric another one than the policy would begin. */
const CHANGED: Readonly<Record<string, (engine: TestEngine, id: string) => Promise<unknown>>> = {
  'an alert policy of its own': ({ monitor }, id) =>
    monitor.updateMetric(id, { policy: { direction: 'BELOW' } }),
  'bounds of its own': ({ prisma }, id) =>
    prisma.metric.update({ where: { id }, data: { modelParams: { min: 0, max: 1 } } }),
  'a policy that does not mean it any more': async (engine) => {
    const [policy] = await engine.prisma.monitoringPolicy.findMany();
    const match = { namePattern: 'other*', tags: [], sources: ['CUSTOM' as const] };
    await engine.policies.update(policy?.id ?? '', { match }, false);
  },
  'a policy that is switched off': async (engine) => {
    const [policy] = await engine.prisma.monitoringPolicy.findMany();
    await engine.policies.update(policy?.id ?? '', { enabled: false }, false);
  },
};

it.each(Object.keys(CHANGED))('one that a policy began stays with %s', async (what) => {
  await using database = await withDatabase();
  await using engine = await open(database);
  await makePolicy(engine);
  await push(engine, ['pod;id=1']);
  await CHANGED[what]?.(engine, engine.registry.byPushedName('pod;id=1')?.id ?? '');
  await age(engine, ['pod;id=1']);
  expect(await forget(engine)).toBe(0);
  expect(namesOf(engine)).toEqual(['pod;id=1']);
});

it('one that a point comes for meanwhile stays, with the point', async () => {
  await using database = await withDatabase();
  await using engine = await open(database);
  await push(engine, ['back', 'gone']);
  await age(engine, ['back', 'gone']);
  const monitor = {
    forgetMetric: async (id: string, rows: number) => {
      await engine.accept.acceptNamed([{ metric: 'back', timestampMs: START + 60_000, value: 1 }]);
      await engine.monitor.forgetMetric(id, rows);
    },
  };
  await deleteForgotten({ ...engine, monitor }, Date.now());
  expect(namesOf(engine)).toEqual(['back']);
  expect(await database.prisma.sample.count()).toBe(1);
});
