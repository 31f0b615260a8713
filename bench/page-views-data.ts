/** What the demo's server has to have so that no view is empty: rules with channels, silences, metrics of every state. */
import { ask } from './demo-api.ts';

const MINUTE_MS = 60_000;
const LONG = 'checkout.eu-central-1.payments-worker-7f9c4d5b6-xk2lp.http_server_request_duration_seconds_p99';

const listRules = (receiver: string): readonly object[] => [
  {
    name: 'Production, critical',
    scope: { namePattern: 'payments.*' },
    channels: [
      { webhook: { url: `${receiver}/refused`, secret: 'sixteen letters!' } },
      { slack: { url: `${receiver}/services/T0/B0/x` } },
    ],
    notifyNoData: true,
    runbookUrl: 'https://wiki.example.com/runbooks/payments',
    maintenanceWindows: [
      { weekly: { weekdays: ['SUNDAY'], from: '02:00', to: '04:30', timeZone: 'Europe/Berlin' } },
      { holidays: { dates: ['2030-12-25', '2030-12-26'], timeZone: 'Europe/Berlin' } },
    ],
  },
  {
    name: 'Many at once',
    scope: {},
    anomalyRatePercent: 20,
    anomalyRateMinMetrics: 3,
    notifyAnomalies: false,
    subject: '{{metric}} is anomalous',
    body: 'Since {{start}}: {{value}}',
  },
  { name: 'Switched off', scope: { namePattern: 'boiler.*' }, enabled: false },
];

/**
 * Before the history is pushed: what opens incidents has to be there.
 * @param receiver where messages go: http://127.0.0.1:port
 */
export async function makeRules(url: string, receiver: string): Promise<void> {
  for (const input of listRules(receiver))
    await change(url, 'createNotificationRule', 'CreateNotificationRuleInput', input);
}

/** After it. @returns ids by the name of the metric */
export async function addRest(url: string): Promise<ReadonlyMap<string, string>> {
  const monitor = (custom: object, unit: string | null) =>
    change(url, 'monitorMetric', 'MonitorMetricInput', { spec: { custom }, unit });
  await monitor({ name: 'waiting.metric' }, null);
  await monitor({ name: 'learning.metric', resource: 'shop/new' }, 'Percent');
  await monitor({ name: LONG, resource: 'eu-central-1/payments-worker-7f9c4d5b6-xk2lp' }, 'Seconds');
  const points = ['learning.metric', LONG].flatMap((metric) =>
    Array.from({ length: 120 }, (_, back) => makePoint(metric, back, 20 + (back % 7))),
  );
  await put(url, [...points, makePoint('waiting.metric', 1, 3)]);
  const metrics = await listMetrics(url);
  const silent = {
    metricId: metrics.get('orders.queued'),
    seconds: 3600,
    by: 'Ada',
    comment: 'a backlog is worked off',
  };
  await change(url, 'createSilence', 'CreateSilenceInput', silent);
  await change(url, 'createSilence', 'CreateSilenceInput', { server: 'plant/boiler', seconds: 86_400 });
  const note = { server: 'shop/db-1', device: 'page', user: 'Ada', message: 'Pool of connections halved' };
  const timestamp = new Date(Date.now() - 35 * MINUTE_MS).toISOString();
  await change(url, 'createAnnotation', 'CreateAnnotationInput', { ...note, timestamp });
  return metrics;
}

/** Names that no policy monitors, because it is gone. */
export async function addUnmonitored(url: string): Promise<void> {
  const { monitoringPolicies } = (await ask(url, '{ monitoringPolicies { nodes { id } } }', {})) as {
    monitoringPolicies: { nodes: readonly { id: string }[] };
  };
  for (const { id } of monitoringPolicies.nodes)
    await change(url, 'deleteMonitoringPolicy', 'DeleteMonitoringPolicyInput', { id });
  await put(
    url,
    ['web-4.cpu', 'web-4.latency', 'web-5.cpu'].map((name) => makePoint(name, 1, 12)),
  );
}

export async function listMetrics(url: string): Promise<ReadonlyMap<string, string>> {
  const { metrics } = (await ask(url, '{ metrics(first: 100) { nodes { id name } } }', {})) as {
    metrics: { nodes: readonly { id: string; name: string }[] };
  };
  return new Map(metrics.nodes.map(({ id, name }) => [name, id]));
}

function makePoint(metric: string, backMinutes: number, value: number): object {
  return { metric, value, timestamp: new Date(Date.now() - backMinutes * MINUTE_MS).toISOString() };
}

async function put(url: string, points: readonly object[]): Promise<void> {
  await change(url, 'putMetricData', 'PutMetricDataInput', { points });
}

async function change(url: string, field: string, type: string, input: object): Promise<void> {
  const query = `mutation ($input: ${type}!) { done: ${field}(input: $input) { __typename ... on Error { message } } }`;
  const plain = `mutation ($input: ${type}!) { done: ${field}(input: $input) { __typename } }`;
  const { done } = (await ask(url, field === 'putMetricData' ? plain : query, { input })) as {
    done: { __typename: string; message?: string };
  };
  if (done.message !== undefined) throw new Error(`${field}: ${done.message}`);
}
