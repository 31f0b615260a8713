/** Names of the API: each former one gives what its replacement gives, and every id is typed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { read } from '../../helpers/ask.ts';
import { until } from '../../helpers/until.ts';
import { type KeyedServer, startKeyedServer } from './keyed-server.ts';

let keyed: KeyedServer;
let metricId: string;

beforeAll(async () => {
  keyed = await startKeyedServer();
  const points = Array.from({ length: 300 }, (_, i) => ({
    metric: 'shop.orders',
    timestamp: new Date(Date.parse('2026-01-01T00:00:00Z') + i * 60_000),
    value: (i % 7) + (i === 290 ? 1_000 : 0),
  }));
  await read(
    keyed.admin,
    'mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }',
    { points },
  );
  const { monitorMetric } = await read<{ monitorMetric: { id: string } }>(
    keyed.admin,
    `mutation { monitorMetric(input: { spec: { custom: { name: "shop.orders" } } }) { ... on Metric { id } } }`,
  );
  metricId = monitorMetric.id;
  await until(async () =>
    expect(
      await read(keyed.admin, 'query ($id: ID!) { metric(id: $id) { status } }', { id: metricId }),
    ).toEqual({
      metric: { status: 'ACTIVE' },
    }),
  );
});

afterAll(() => keyed[Symbol.asyncDispose]());

describe('a former name', () => {
  it('of a metric, a sample, a counter or a row gives what its replacement gives', async () => {
    const { metric, serverInfo, wall } = await read<{
      metric: Record<string, Record<string, unknown>> & {
        data: { nodes: readonly Record<string, unknown>[] };
      };
      serverInfo: { counters: readonly { type: string; kind: string }[] };
      wall: { rows: readonly { key: string; rowKey: string }[] };
    }>(
      keyed.admin,
      `query ($id: ID!) {
        metric(id: $id) {
          statusReason message alertThreshold { adjustment sensitivity } zeal { raisedDecades sensitivity }
          data(order: DESC, first: 20) { nodes { aspect view triggersAlert alarms } }
        }
        serverInfo { counters { type kind } }
        wall { rows { rowKey key } }
      }`,
      { id: metricId },
    );
    expect(metric.message).toBe(metric.statusReason);
    expect(metric.zeal).toEqual({ raisedDecades: 0, sensitivity: metric.alertThreshold?.sensitivity });
    for (const { aspect, view, triggersAlert, alarms } of metric.data.nodes) {
      expect([view, alarms]).toEqual([aspect, triggersAlert]);
    }
    expect(metric.data.nodes.some(({ aspect }) => aspect !== null)).toBe(true);
    for (const { type, kind } of serverInfo.counters) expect(kind.toUpperCase()).toBe(type);
    for (const { rowKey, key } of wall.rows) expect(key).toBe(rowKey);
    expect(wall.rows).toHaveLength(1);
  });
});

describe('the display name of a metric', () => {
  const update = async (displayName: string | null) => {
    const { updateMetric } = await read<{ updateMetric: unknown }>(
      keyed.admin,
      `mutation ($id: ID!, $displayName: String) { updateMetric(input: { id: $id, displayName: $displayName }) {
        ... on Metric { id statusReason displayName friendlyName } ... on Error { code message } } }`,
      { id: metricId, displayName },
    );
    return updateMetric;
  };

  it('reads what was written, as often as what is read is written back', async () => {
    const named = { id: metricId, statusReason: null, displayName: 'Shop', friendlyName: 'Shop' };
    expect(await update('Shop')).toEqual(named);
    expect(await update('Shop')).toEqual(named);
  });

  it('is the server where there is none, which is no name when it is written back', async () => {
    const nameless = { displayName: 'shop.orders', friendlyName: null };
    expect(await update(null)).toMatchObject(nameless);
    expect(await update('shop.orders')).toMatchObject(nameless);
  });
});

describe('the id of an API key', () => {
  const FIND = 'query ($id: ID!) { node(id: $id) { __typename id ... on ApiKey { name } } }';

  it('has its type, and finds the key for callers with ADMIN alone', async () => {
    const reader = await keyed.createKey('reader', ['READ']);
    expect(reader.id).toMatch(/^ApiKey:[0-9a-f]{12}$/);
    expect(await read(keyed.admin, FIND, { id: reader.id })).toEqual({
      node: { __typename: 'ApiKey', id: reader.id, name: 'reader' },
    });
    expect(await read(reader, FIND, { id: reader.id })).toEqual({ node: null });
    const { createApiKey } = await read<{ createApiKey: { secret: string } }>(
      keyed.admin,
      `mutation { createApiKey(input: { name: "one", scopes: [READ], account: "one" }) { ... on CreatedApiKey { secret } } }`,
    );
    const stranger = { url: reader.url, key: createApiKey.secret };
    expect(await read(stranger, FIND, { id: reader.id })).toEqual({ node: null });
  });

  it('revokes in both forms, with the type and without', async () => {
    for (const form of [(id: string) => id, (id: string) => id.slice('ApiKey:'.length)]) {
      const key = await keyed.createKey('short-lived', ['READ']);
      expect(await keyed.revoke(form(key.id))).toEqual({ revokeApiKey: { __typename: 'ApiKey' } });
    }
    expect(await keyed.revoke(metricId)).toEqual({ revokeApiKey: { __typename: 'InvalidInputError' } });
  });

  it('chooses entries of the audit log in both forms', async () => {
    const writer = await keyed.createKey('writer', ['WRITE']);
    await read(writer, 'mutation ($id: ID!) { unmonitorMetric(input: { id: $id }) { __typename } }', {
      id: 'Metric:00000000-0000-0000-0000-000000000000',
    });
    for (const keyId of [writer.id, writer.id.slice('ApiKey:'.length)]) {
      expect(
        await read(
          keyed.admin,
          'query ($keyId: String) { auditLog(keyId: $keyId) { nodes { apiKeyId keyId } } }',
          {
            keyId,
          },
        ),
      ).toEqual({
        auditLog: { nodes: [{ apiKeyId: writer.id, keyId: writer.id.slice('ApiKey:'.length) }] },
      });
    }
  });
});

describe('the id of a channel', () => {
  it('has its type, is found, and keeps the channel in both forms', async () => {
    const fields = '... on NotificationRule { id channels { id kind } } ... on Error { message }';
    const { createNotificationRule: rule } = await read<{
      createNotificationRule: { id: string; channels: [{ id: string; kind: string }] };
    }>(
      keyed.admin,
      `mutation { createNotificationRule(input: { name: "r", channels: [{ alertmanager: { url: "https://alerts.example" } }] }) { ${fields} } }`,
    );
    const [channel] = rule.channels;
    expect(channel.id).toMatch(/^NotificationChannel:[0-9a-f-]{36}$/);
    expect(
      await read(keyed.admin, 'query ($id: ID!) { node(id: $id) { id __typename } }', { id: channel.id }),
    ).toEqual({
      node: { id: channel.id, __typename: 'NotificationChannel' },
    });
    for (const keep of [channel.id, channel.id.slice('NotificationChannel:'.length)]) {
      const { updateNotificationRule } = await read<{ updateNotificationRule: unknown }>(
        keyed.admin,
        `mutation ($id: ID!, $keep: ID!) { updateNotificationRule(input: { id: $id, channels: [{ keep: $keep }] }) { ${fields} } }`,
        { id: rule.id, keep },
      );
      expect(updateNotificationRule).toEqual(rule);
    }
  });
});
