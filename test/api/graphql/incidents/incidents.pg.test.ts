import { expect, it } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { TRANSPORTS } from '../../../helpers/connect.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const SECRET = 'a secret of twenty-four!';
const CREATE = `mutation ($input: CreateNotificationRuleInput!) {
  createNotificationRule(input: $input) {
    ... on NotificationRule { id name channels { id kind target } maintenanceWindows { __typename } }
    ... on Error { message code }
  }
}`;
const OTHER_CHANNELS = [
  { pagerduty: { routingKey: 'sesame7890123456789012345678901_' } },
  { opsgenie: { apiKey: 'sesame' } },
  { teams: { url: 'https://prod-1.logic.azure.com/workflows/sesame?sig=sesame' } },
  { discord: { url: 'https://discord.com/api/webhooks/1/sesame' } },
  { telegram: { botToken: `1234:sesame_${'a'.repeat(28)}`, chatId: '@alerts' } },
  { ntfy: { topic: 'sesame', token: 'tk_sesame' } },
];
const PUT = `mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }`;
const MONITOR = `mutation {
  monitorMetric(input: { spec: { custom: { name: "web.latency" } }, model: { min: 0, max: 1000 } }) { __typename }
}`;
const MARK_SEEN = `mutation ($ids: [ID!]!) { markIncidentsSeen(input: { ids: $ids }) { __typename } }`;
const RETRY = `mutation ($id: ID!) { retryNotification(input: { id: $id }) { __typename } }`;
const LIVE_INCIDENTS = 'subscription ($after: String) { incidents(after: $after) { seen metricName } }';
const LIVE_MESSAGES = 'subscription ($after: String) { notifications(after: $after) { kind ruleName } }';
const MESSAGE = {
  kind: 'START',
  incidentCount: 1,
  incidents: [{ id: expect.stringMatching(/^Incident:/) as string }],
};
const INCIDENTS = `{
  incidents(filter: { states: [FIRING, RECOVERING, ENDED] }) {
    nodes { id kind state value expected { value low high } metric { name incidents { nodes { id } } } rule { name } }
  }
  silent: incidents(filter: { kinds: [NO_DATA] }) { nodes { id } }
  notifications { nodes { kind state channel target incidentCount incidents { id } } }
}`;

it('tells of an incident by query and live, and of its rule everything but what is secret', async () => {
  await using server = await startServer({ settings: { LAPWING_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8' } });
  const [transport] = TRANSPORTS;
  if (transport === undefined) throw new Error('there is no transport');
  const { createNotificationRule: rule } = await read<{ createNotificationRule: unknown }>(server, CREATE, {
    input: {
      name: 'web',
      scope: { namePattern: 'web.*' },
      channels: [
        { webhook: { url: 'http://127.0.0.1:9999/hook?token=sesame', secret: SECRET } },
        { slack: { url: 'http://127.0.0.1:9999/services/T0/B0/sesame' } },
      ],
    },
  });
  expect(rule).toMatchObject({
    name: 'web',
    channels: [
      { kind: 'WEBHOOK', target: 'http://127.0.0.1:9999/…' },
      { kind: 'SLACK', target: 'http://127.0.0.1:9999' },
    ],
  });
  const others = await read<{ createNotificationRule: unknown }>(server, CREATE, {
    input: { name: 'others', scope: { namePattern: 'no such metric' }, channels: OTHER_CHANNELS },
  });
  expect(others.createNotificationRule).toMatchObject({
    channels: [
      { kind: 'PAGERDUTY', target: 'https://events.pagerduty.com' },
      { kind: 'OPSGENIE', target: 'https://api.opsgenie.com' },
      { kind: 'TEAMS', target: 'https://prod-1.logic.azure.com' },
      { kind: 'DISCORD', target: 'https://discord.com' },
      { kind: 'TELEGRAM', target: 'https://api.telegram.org, chat @alerts' },
      { kind: 'NTFY', target: 'https://ntfy.sh' },
    ],
  });
  await pushSpike(server);
  const { data, text } = await ask(server, INCIDENTS);
  expect(data).toMatchObject({
    incidents: {
      nodes: [
        {
          kind: 'ANOMALY',
          state: 'FIRING',
          value: 900,
          metric: { name: 'web.latency' },
          rule: { name: 'web' },
        },
      ],
    },
    silent: { nodes: [] },
    notifications: { nodes: [MESSAGE, MESSAGE] },
  });
  const { pool } = server.database;
  const after = await readChangeCursor(server);
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM incident');
  await read(server, MARK_SEEN, { ids: rows.map(({ id }) => `Incident:${id}`) });
  await using incidents = transport.subscribe(server, LIVE_INCIDENTS, { after });
  const seen = await incidents.next();
  expect(seen.value).toEqual({ data: { incidents: { seen: true, metricName: 'web.latency' } } });
  const failed = await pool.query<{ id: string }>(`UPDATE notification SET state = 'FAILED' RETURNING id`);
  await using messages = transport.subscribe(server, LIVE_MESSAGES, { after });
  await read(server, RETRY, { id: `Notification:${failed.rows[0]?.id ?? ''}` });
  const retried = await messages.next();
  expect(retried.value).toEqual({ data: { notifications: { kind: 'START', ruleName: 'web' } } });
  const stored = await pool.query('SELECT notification_channel::text FROM notification_channel');
  const logged = await pool.query('SELECT audit_entry::text FROM audit_entry');
  expect(logged.rowCount).toBeGreaterThan(1);
  expect(`${JSON.stringify([rule, stored.rows, logged.rows])} ${text}`).not.toMatch(/sesame|a secret of/);
});

async function pushSpike(server: TestServer): Promise<void> {
  await read(server, MONITOR);
  const now = Date.now();
  const points = Array.from({ length: 400 }, (_, i) => ({
    metric: 'web.latency',
    timestamp: new Date(now - (400 - i) * 300_000).toISOString(),
    value: i === 399 ? 900 : 50 + 10 * Math.sin(i / 20) + ((i * 7919) % 13) / 4,
  }));
  await read(server, PUT, { points });
  for (let found = 0; found === 0;) {
    found = (await server.database.pool.query('SELECT FROM incident')).rowCount ?? 0;
  }
}

async function readChangeCursor(server: TestServer): Promise<string> {
  const { serverInfo } = await read<{ serverInfo: { changeCursor: string } }>(
    server,
    '{ serverInfo { changeCursor } }',
  );
  return serverInfo.changeCursor;
}
