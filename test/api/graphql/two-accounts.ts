/** A server with two accounts: `default` has one of everything, named by the canary, and a stranger has a metric. */
import { read } from '../../helpers/ask.ts';
import { type Asker as Caller, prepareLogin } from '../../helpers/login.ts';
import type { TestServer } from '../../helpers/start-server.ts';
import { startKeyedServer } from './keyed-server.ts';

/** In the name of everything the other account must not see. */
export const CANARY = 'canary';
const START = Date.parse('2026-01-01T00:00:00Z');

interface Asker {
  readonly url: string;
  readonly key: string;
}

/** Ids of what the stranger must not see. */
interface CanaryIds {
  readonly metric: string;
  readonly annotation: string;
  readonly label: string;
  readonly resource: string;
  readonly autostack: string;
  readonly policy: string;
  readonly incident: string;
}

export interface TwoAccounts extends AsyncDisposable {
  readonly server: TestServer;
  /** Sees everything. */
  readonly admin: Asker;
  /** A key of an account of its own, with WRITE. */
  readonly stranger: Asker;
  /** The same account by each way in: with the key, and signed in. */
  readonly strangers: Readonly<Record<'a key' | 'a user', Caller>>;
  readonly ids: CanaryIds;
}

export async function startTwoAccounts(): Promise<TwoAccounts> {
  const login = await prepareLogin('strangers=WRITE@strangers');
  const keyed = await startKeyedServer(login.settings);
  const { server, admin } = keyed;
  login.leadTo(server.url);
  const stranger = { url: server.url, key: await createAccountKey(admin) };
  await push(admin, `${CANARY}.metric`, 20);
  await push(stranger, 'own.metric', 20);
  const metric = await monitor(server, admin, `${CANARY}.metric`);
  await monitor(server, stranger, 'own.metric');
  const ids = { metric, ...(await makeCanaries(server, metric.replace('Metric:', ''))) };
  const { asker } = await login.signIn('a stranger', ['strangers']);
  return {
    server,
    admin,
    stranger,
    strangers: { 'a key': stranger, 'a user': asker },
    ids,
    [Symbol.asyncDispose]: async () => {
      await keyed[Symbol.asyncDispose]();
      await login[Symbol.asyncDispose]();
    },
  };
}

async function createAccountKey(admin: Asker): Promise<string> {
  const { createApiKey } = await read<{ createApiKey: { secret: string } }>(
    admin,
    `mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on CreatedApiKey { secret } } }`,
    { input: { name: 'stranger', scopes: ['WRITE'], account: 'strangers' } },
  );
  return createApiKey.secret;
}

/** One of everything that is not a metric. @param uuid of the metric it belongs to */
async function makeCanaries(server: TestServer, uuid: string): Promise<Omit<CanaryIds, 'metric'>> {
  const entry = server.engine.registry.byId(uuid);
  const { prisma } = server.database;
  const { id: annotation } = await prisma.annotation.create({
    data: {
      timestamp: new Date(START),
      device: 'd',
      user: 'u',
      server: `${CANARY}.metric`,
      message: `${CANARY} note`,
    },
  });
  const { id: label } = await prisma.anomalyLabel.create({
    data: {
      metricId: uuid,
      from: new Date(START),
      to: new Date(START),
      kind: 'NORMAL',
      note: `${CANARY} label`,
    },
  });
  const place = { datasource: 'CLOUDWATCH', region: 'us-west-2', type: 'AWS::EC2::Instance' } as const;
  await prisma.resource.create({
    data: {
      ...place,
      namespace: 'AWS/EC2',
      resourceId: 'i-1',
      name: `${CANARY} machine`,
      state: 'running',
      tags: [{ key: 'a', value: 'b' }],
    },
  });
  const { id: policy } = await prisma.monitoringPolicy.create({
    data: { accountId: 1, name: CANARY, namePattern: 'nothing', sources: ['CUSTOM'] },
  });
  const { id: autostack } = await prisma.autostack.create({
    data: {
      name: `${CANARY} stack`,
      region: 'us-west-2',
      resourceType: 'AWS::EC2::Instance',
      filters: [{ key: 'a', values: ['b'] }],
    },
  });
  const at = new Date();
  const { id: incident } = await prisma.incident.create({
    data: {
      ruleName: 'r',
      metricId: uuid,
      metricNumber: entry?.number ?? 0,
      metricName: `${CANARY}.metric`,
      instance: 'i',
      server: 's',
      location: '',
      datasource: 'CUSTOM',
      state: 'FIRING',
      open: true,
      startedAt: at,
      lastPointAt: at,
      lastHotAt: at,
      hotPoints: 1,
      score: 1,
      value: 1,
      expected: 0,
      low: 0,
      high: 0,
      peakScore: 1,
      peakValue: 1,
      peakAt: at,
    },
  });
  await prisma.notificationRule.create({ data: { name: `${CANARY} rule`, scope: {} } });
  return {
    annotation: `Annotation:${annotation}`,
    label: `AnomalyLabel:${label}`,
    resource: 'Resource:cloudwatch://us-west-2/AWS::EC2::Instance/i-1',
    autostack: `Autostack:${autostack}`,
    policy: `MonitoringPolicy:${policy}`,
    incident: `Incident:${incident}`,
  };
}

/** Points a minute apart. */
export async function push(as: Caller, metric: string, count: number, from = 0): Promise<void> {
  const points = Array.from({ length: count }, (_, index) => ({
    metric,
    timestamp: new Date(START + (from + index) * 60_000),
    value: index % 7,
  }));
  await read(as, 'mutation($input: PutMetricDataInput!) { putMetricData(input: $input) { accepted } }', {
    input: { points },
  });
}

async function monitor(server: TestServer, as: Asker, name: string): Promise<string> {
  const { monitorMetric } = await read<{ monitorMetric: { id: string } }>(
    as,
    `mutation($name: String!) { monitorMetric(input: { spec: { custom: { name: $name } }, model: { min: 0, max: 10 } }) { ... on Metric { id } ... on Error { message } } }`,
    { name },
  );
  const id = monitorMetric.id.replace('Metric:', '');
  const changes = server.engine.statusFeed.subscribe([id]);
  while (server.engine.registry.byId(id)?.status !== 'ACTIVE') await changes.next();
  await changes.return?.();
  return monitorMetric.id;
}

/** Everything of the other account that could be changed. */
export async function snapshot({ database: { prisma } }: TestServer) {
  return {
    metrics: await prisma.metric.findMany({ where: { accountId: 1 }, orderBy: { number: 'asc' } }),
    annotations: await prisma.annotation.findMany({ orderBy: { id: 'asc' } }),
    labels: await prisma.anomalyLabel.findMany({ orderBy: { id: 'asc' } }),
    autostacks: await prisma.autostack.findMany({ orderBy: { id: 'asc' } }),
    policies: await prisma.monitoringPolicy.findMany(),
    samples: await prisma.sample.count(),
  };
}
