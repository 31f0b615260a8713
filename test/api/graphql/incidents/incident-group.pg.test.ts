import { expect, it } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { TRANSPORTS } from '../../../helpers/connect.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const RATE_FIELDS = `anomalyRatePercent anomalyRateMinMetrics anomalyRateSeconds anomalyRateGroup notifyAnomalies`;
const CREATE = `mutation ($input: CreateNotificationRuleInput!) {
  createNotificationRule(input: $input) { ... on NotificationRule { id ${RATE_FIELDS} } ... on Error { message } }
}`;
const UPDATE = `mutation ($input: UpdateNotificationRuleInput!) {
  updateNotificationRule(input: $input) { ... on NotificationRule { ${RATE_FIELDS} } ... on Error { message } }
}`;
const LIVE = 'subscription { incidents { id kind } }';
const READ = `query ($id: ID!) { incident(id: $id) {
  kind state mutedBy instance metric { name }
  group { anomalousCount metricCount percent peakCount worst { metricName metric { name } anomalyScore value } }
} }`;
const LABEL = `mutation ($id: ID!) { labelIncident(input: { id: $id, label: REAL }) { ... on Error { message } } }`;
const MONITOR = `mutation ($name: String!) {
  monitorMetric(input: { spec: { custom: { name: $name } }, model: { min: 0, max: 1000 } }) { __typename } }`;
const PUT = `mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }`;
const NAMES = ['shop.errors', 'shop.latency', 'shop.orders', 'shop.users'];

it('shows many metrics that are anomalous at once as one incident, with the worst of them', async () => {
  await using server = await startServer();
  const [transport] = TRANSPORTS;
  if (transport === undefined) throw new Error('there is no transport');
  const rate = {
    anomalyRatePercent: 50,
    anomalyRateMinMetrics: 2,
    anomalyRateSeconds: 0,
    anomalyRateGroup: 'SCOPE',
    notifyAnomalies: false,
  };
  const { createNotificationRule: rule } = await read<{ createNotificationRule: { id: string } }>(
    server,
    CREATE,
    {
      input: { name: 'the shop', scope: { namePattern: 'shop.*' }, ...rate },
    },
  );
  expect(rule).toMatchObject(rate);
  for (const name of NAMES) await read(server, MONITOR, { name });
  await using live = transport.subscribe(server, LIVE);
  await push(server, NAMES.slice(0, 3));
  const id = await findRate(live);
  const { data } = await ask(server, READ, { id });
  expect(data?.incident).toMatchObject({
    kind: 'ANOMALY_RATE',
    state: 'FIRING',
    mutedBy: null,
    instance: 'the shop',
    group: { anomalousCount: 3, metricCount: 4, percent: 75, peakCount: 3 },
  });
  const { incident } = data as { incident: { group: { worst: readonly { metricName: string }[] } } };
  expect(incident.group.worst.map(({ metricName }) => metricName).sort()).toEqual(NAMES.slice(0, 3));
  expect(incident.group.worst[0]).toMatchObject({
    value: 900,
    metric: { name: incident.group.worst[0]?.metricName },
  });
  expect((await ask(server, LABEL, { id })).data).toEqual({
    labelIncident: { message: 'input.id: expected an incident of an anomaly, got one of ANOMALY_RATE' },
  });
  const changed = await ask(server, UPDATE, { input: { id: rule.id, anomalyRatePercent: null } });
  expect(changed.data).toEqual({ updateNotificationRule: { ...rate, anomalyRatePercent: null } });
});

/** Each of the metrics has a spike at the end; the others of the shop have none. All in one batch. */
async function push(server: TestServer, anomalous: readonly string[]): Promise<void> {
  const now = Date.now();
  const points = NAMES.flatMap((metric, seed) =>
    Array.from({ length: 400 }, (_, i) => ({
      metric,
      timestamp: new Date(now - (400 - i) * 300_000).toISOString(),
      value:
        i === 399 && anomalous.includes(metric)
          ? 900
          : 50 + 10 * Math.sin(i / 20) + (((i + seed) * 7919) % 13) / 4,
    })),
  );
  await read(server, PUT, { points });
}

async function findRate(live: AsyncIterator<unknown>): Promise<string> {
  for (;;) {
    const result = await live.next();
    const { incidents } = (result.value as { data: { incidents: { id: string; kind: string } } }).data;
    if (incidents.kind === 'ANOMALY_RATE') return incidents.id;
  }
}
