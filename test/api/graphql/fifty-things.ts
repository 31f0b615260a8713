/** Fifty of everything the API lists, and where each is read. */
import { read } from '../../helpers/ask.ts';
import type { TestServer } from '../../helpers/start-server.ts';
import type { KeyedServer } from './keyed-server.ts';

export const ROWS = 50;
const START_MS = Date.parse('2026-01-01T00:00:00Z');

/** Where 50 things of each type are read. */
export const LISTS: Readonly<Record<string, (selection: string) => string>> = {
  Metric: (selection) => `metrics(first: ${ROWS}) { nodes { ${selection} } }`,
  Resource: (selection) => `resources(first: ${ROWS}) { nodes { ${selection} } }`,
  Autostack: (selection) => `autostacks(first: ${ROWS}) { nodes { ${selection} } }`,
  Annotation: (selection) => `annotations(first: ${ROWS}) { nodes { ${selection} } }`,
  Incident: (selection) => `incidents(first: ${ROWS}) { nodes { ${selection} } }`,
  IncidentGroupMetric: (selection) =>
    `incidents(first: ${ROWS}) { nodes { group { worst { ${selection} } } } }`,
  Notification: (selection) => `notifications(first: ${ROWS}) { nodes { ${selection} } }`,
  NotificationRule: (selection) => `notificationRules { ${selection} }`,
  MetricData: (selection) => `metricData(first: ${ROWS}, filter: {}) { nodes { ${selection} } }`,
  CloudwatchMetric: (selection) => `cloudwatchMetrics(first: ${ROWS}) { nodes { ${selection} } }`,
  AuditEntry: (selection) => `auditLog(first: ${ROWS}) { nodes { ${selection} } }`,
  AnomalyLabel: (selection) => `metrics(first: ${ROWS}) { nodes { labels { ${selection} } } }`,
  GroupAnomaly: (selection) => `resources(first: ${ROWS}) { nodes { anomaly { ${selection} } } }`,
  NotificationChannel: (selection) => `notificationRules { channels { ${selection} } }`,
  NotificationScope: (selection) => `notificationRules { scope { ${selection} } }`,
  Silence: (selection) => `silences(first: ${ROWS}) { nodes { ${selection} } }`,
  PanelLink: (selection) => `panelLinks(first: ${ROWS}) { nodes { ${selection} } }`,
  MonitoringPolicy: (selection) => `monitoringPolicies(first: ${ROWS}) { nodes { ${selection} } }`,
  ApiKey: (selection) => `apiKeys { ${selection} }`,
  WallRow: (selection) => `wall(by: METRIC, first: ${ROWS}) { rows { ${selection} } }`,
};

/** @param server just started @param admin may change everything on it */
export async function fillWithFifty(server: TestServer, admin: KeyedServer['admin']): Promise<void> {
  const names = Array.from({ length: ROWS }, (_, i) => `m${String(i).padStart(2, '0')}`);
  await server.engine.accept.acceptNamed(
    names.flatMap((metric) => [0, 1].map((i) => ({ metric, timestampMs: START_MS + i * 60_000, value: i }))),
  );
  for (const name of names) {
    await read(
      admin,
      `mutation ($name: String!) {
        createNotificationRule(input: {
          name: $name, scope: { servers: [$name] }, channels: [{ alertmanager: { url: "https://alerts.example" } }]
        }) { __typename }
        createMonitoringPolicy(input: { name: $name, match: { namePattern: $name } }) { __typename }
        createApiKey(input: { name: $name, scopes: [READ] }) { __typename }
      }`,
      { name },
    );
  }
  const { pool } = server.database;
  for (const statement of FIXTURE) await pool.query(statement);
  await server.engine.registry.load();
  await read(
    admin,
    'mutation ($data: [CloudwatchDatumInput!]!) { putCloudwatchMetricData(input: { namespace: "N", data: $data }) { stored } }',
    { data: names.map((name) => ({ name, value: 1, dimensions: [{ name: 'd', value: name }] })) },
  );
}

const FIXTURE = [
  `INSERT INTO resource (datasource, region, type, namespace, resource_id, tags)
   SELECT 'CUSTOM', 'local', 'Custom', 'Custom', name, '[{"key":"env","value":"prod"}]' FROM metric`,
  `UPDATE metric SET status = 'ACTIVE', resource_id = r.id FROM resource r WHERE r.resource_id = metric.name`,
  `INSERT INTO resource_state (resource_id, at, state) SELECT id, now(), 'running' FROM resource`,
  `INSERT INTO autostack (name, region, resource_type, filters)
   SELECT name, 'us-west-2', 'AWS::EC2::Instance', '[{"key":"env","values":["*"]}]' FROM metric`,
  `UPDATE metric SET autostack_id = s.id FROM autostack s WHERE s.name = metric.name`,
  `INSERT INTO autostack_member (autostack_id, resource_id, joined_at)
   SELECT s.id, r.id, now() FROM autostack s JOIN resource r ON r.resource_id <= s.name`,
  `UPDATE sample SET seq = numbered.place, score = 0.999999, expected = 0, low = 0, high = 0, raw_score = 1, episode = true,
     view = 'LEVEL', phase = 'OPENS'
   FROM (SELECT metric_number, "timestamp", row_number() OVER () AS place FROM sample) AS numbered
   WHERE numbered.metric_number = sample.metric_number AND numbered."timestamp" = sample."timestamp"`,
  `INSERT INTO annotation ("timestamp", device, user_name, server, message) SELECT now(), name, 'ann', server, 'note' FROM metric`,
  `INSERT INTO anomaly_label (metric_id, from_time, to_time, kind) SELECT id, now(), now(), 'REAL' FROM metric`,
  `INSERT INTO silence (account_id, metric_id, ends_at) SELECT account_id, id, now() + interval '1 hour' FROM metric`,
  `INSERT INTO panel_link (metric_id, hours, created_by) SELECT id, 24, 'ann' FROM metric`,
  `INSERT INTO incident (rule_id, rule_name, metric_id, metric_number, metric_name, instance, server, location, datasource,
     state, open, started_at, last_point_at, last_hot_at, hot_points, score, value, expected, low, high, peak_score, peak_value, peak_at,
     group_facts)
   SELECT r.id, r.name, m.id, m.number, m.name, m.server, m.server, '', 'CUSTOM',
     'FIRING', true, '2026-01-01T00:00:00Z', now(), now(), 1, 1, 1, 1, 1, 1, 1, 1, '2026-01-01T00:00:00Z',
     jsonb_build_object('anomalousCount', 1, 'metricCount', 3, 'peakCount', 1, 'worst', jsonb_build_array(jsonb_build_object(
       'metricId', m.id, 'metricName', m.name, 'metricUnit', NULL, 'instance', m.server, 'score', 1, 'value', 1,
       'expected', 1, 'low', 1, 'high', 1, 'aspect', NULL)))
   FROM metric m JOIN notification_rule r ON r.name = m.name`,
  `INSERT INTO notification (kind, state, rule_id, rule_name, channel_kind, target, incident_count, due_at, give_up_at)
   SELECT 'START', 'SENT', id, name, 'ALERTMANAGER', 'https://alerts.example', 1, now(), now() FROM notification_rule`,
  `INSERT INTO notification_incident (notification_id, incident_id)
   SELECT n.id, i.id FROM notification n JOIN incident i ON i.rule_id = n.rule_id`,
];
