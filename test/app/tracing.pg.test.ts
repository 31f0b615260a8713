/** Traces as a collector gets them, of a server that runs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertKey } from '../../src/core/access/key-store.ts';
import { ask, read } from '../helpers/ask.ts';
import { TRANSPORTS } from '../helpers/connect.ts';
import { lockSamples } from '../helpers/lock-samples.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { TraceCollector } from '../helpers/trace-collector.ts';
import { until } from '../helpers/until.ts';

const collector = new TraceCollector();
let server: TestServer;
let collectorUrl: string;
let key: string;

beforeAll(async () => {
  collectorUrl = await collector.start();
  server = await startServer({
    settings: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=shop%201',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment=test',
      OTEL_SERVICE_NAME: 'lapwing-eu',
      LAPWING_ALLOW_PRIVATE_TARGETS: '127.0.0.1/32',
      LAPWING_HOST_METRICS: 'on',
      LAPWING_HOST_PERIOD_SECONDS: '1',
    },
  });
  const made = { name: 'sender', scopes: ['ADMIN' as const], account: null, expiresAt: null };
  ({ key } = await insertKey(server.database.prisma, made));
  await until(async () => expect((await fetch(`${server.url}/metrics`)).status).toBe(401));
  const model = { min: 0, max: 100 };
  await server.engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: 'cpu.usage' }, model });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await collector[Symbol.asyncDispose]();
});

let sent = 0;

/** Line protocol, as Telegraf sends it; a minute after the last one. */
function push(traceId: string, name = 'cpu'): Promise<Response> {
  const timeNs = BigInt(Date.UTC(2026, 0, 1) + 60_000 * ++sent) * 1_000_000n;
  return fetch(`${server.url}/api/v2/write?precision=ns`, {
    method: 'POST',
    headers: { authorization: `Token ${key}`, traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    body: `${name} usage=41.4142 ${timeNs}`,
  });
}

const as = () => ({ url: server.url, key });
const SCORES = 'subscription { anomalyScores(lingerMs: 0) { scores { value } } }';

describe('a trace', () => {
  it.each(TRANSPORTS)(
    'follows a push from the caller to its commit and to a subscriber over $name',
    async (transport) => {
      const traceId = transport.name === 'WebSocket' ? 'a'.repeat(32) : 'b'.repeat(32);
      await using operation = transport.subscribe(as(), SCORES);
      const event = operation.next();
      await until(() => expect(server.engine.live.subscriberCount()).toBe(1));
      expect((await push(traceId)).status).toBe(204);
      expect((await event).value).toMatchObject({
        data: { anomalyScores: { scores: [{ value: 41.4142 }] } },
      });
      const spanOf = (name: string) =>
        collector.span((span) => span.traceId === traceId && span.name === name);
      const request = await spanOf('POST /api/v2/write');
      expect(request).toMatchObject({
        parentId: '00f067aa0ba902b7',
        attributes: { 'http.request.method': 'POST', 'http.response.status_code': '204' },
        resource: { 'service.name': 'lapwing-eu', 'deployment.environment': 'test' },
      });
      const batch = await spanOf('ingest batch');
      expect(batch).toMatchObject({
        parentId: request.spanId,
        attributes: { 'lapwing.requests': '1', 'lapwing.points': '1' },
      });
      const delivery = await spanOf('deliver scores');
      const commit = await spanOf('ingest commit');
      expect((await spanOf('ingest score')).parentId).toBe(batch.spanId);
      expect(commit.parentId).toBe(batch.spanId);
      expect(delivery.parentId).toBe(commit.spanId);
      expect(collector.headers[0]).toMatchObject({ 'x-tenant': 'shop 1' });
    },
  );

  it('of a batch for many is that of the first, linked with the others', async () => {
    await using lock = await lockSamples(server.database);
    const traceIds = ['c', 'd', 'e', 'f'].map((digit) => digit.repeat(32));
    // Two batches are under way at most; the rest wait and are written together.
    const writes = traceIds.map((traceId) => push(traceId));
    await until(() => expect(server.engine.stats.read('ingest_queue_points')).toBe(4));
    await lock.release();
    for (const { status } of await Promise.all(writes)) expect(status).toBe(204);
    const requests = await Promise.all(
      traceIds.map((traceId) =>
        collector.span((span) => span.traceId === traceId && span.name.startsWith('POST')),
      ),
    );
    const byId = new Map(requests.map((request) => [request.spanId, request]));
    const batchOf = ({ spanId, links }: { readonly spanId: string; readonly links: readonly string[] }) =>
      collector.span((span) => span.parentId === spanId || links.includes(span.spanId));
    let linked = 0;
    for (const request of requests) {
      const batch = await batchOf(request);
      expect(batch.name).toBe('ingest batch');
      if (batch.parentId === request.spanId) continue;
      expect(batch.links).toContain(request.spanId);
      expect(byId.has(batch.parentId)).toBe(true);
      linked += 1;
    }
    expect(linked).toBeGreaterThan(0);
  });

  it('shows an operation of GraphQL below its request, and what it pushes below that', async () => {
    const mutation = `mutation Push {
      putMetricData(input: { points: [{ metric: "shop.secret-name", timestamp: "2026-01-01T00:00:00Z", value: 1234.5678 }] }) { __typename }
    }`;
    const answer = await ask(as(), mutation);
    expect(answer.errors).toEqual([]);
    const operation = await collector.span(({ name }) => name === 'mutation putMetricData');
    const request = await collector.span(({ spanId }) => spanId === operation.parentId);
    expect(request.name).toBe('POST /graphql/Push');
    await collector.span(({ name, parentId }) => name === 'ingest batch' && parentId === operation.spanId);
  });

  it('begins anew with each poll, and holds what it stored', async () => {
    await server.engine.monitor.monitorMetric({ datasource: 'HOST', spec: { metric: 'CPUUtilization' } });
    const poll = await collector.span(({ name }) => name === 'poll HOST');
    expect([poll.parentId, poll.attributes['lapwing.metrics']]).toEqual(['', '1']);
    await collector.span(({ name, traceId }) => name === 'ingest commit' && traceId === poll.traceId);
  });

  it('shows a notification, and whether it was taken', async () => {
    const target = `${collectorUrl}/hooks/SECRET-PATH`;
    const { createNotificationRule: rule } = await read<{
      createNotificationRule: { channels: { id: string }[] };
    }>(
      as(),
      `mutation ($input: CreateNotificationRuleInput!) {
        createNotificationRule(input: $input) {
          ... on NotificationRule { channels { id } }
          ... on Error { message }
        }
      }`,
      {
        input: {
          name: 'r',
          scope: { namePattern: 'none' },
          channels: [{ webhook: { url: target, secret: 'a secret of twenty-four!' } }],
        },
      },
    );
    expect(rule).toMatchObject({ channels: [{}] });
    const channel = await server.database.prisma.notificationChannel.findFirstOrThrow();
    const now = new Date();
    await server.database.prisma.notification.create({
      data: {
        kind: 'START',
        ruleName: 'r',
        channelId: channel.id,
        channelKind: 'WEBHOOK',
        target,
        incidentCount: 0,
        dueAt: now,
        giveUpAt: new Date(now.getTime() + 60_000),
      },
    });
    expect((await collector.span(({ name }) => name === 'notify')).attributes).toMatchObject({
      'lapwing.channel': 'WEBHOOK',
      'lapwing.notification_kind': 'START',
      'lapwing.sent': 'false',
    });
  });

  it('holds no values, no names of metrics, no keys and no addresses of receivers', () => {
    expect(collector.spans.length).toBeGreaterThan(10);
    for (const secret of [
      '41.4142',
      '1234.5678',
      'secret-name',
      key,
      'SECRET-PATH',
      'of twenty-four',
      'putMetricData(',
    ]) {
      expect(collector.text).not.toContain(secret);
    }
  });
});

describe('a collector that is away', () => {
  it('costs no point, and what is dropped is counted', async () => {
    collector.refuse = (_request, response) => void response.writeHead(400).end();
    const dropped = () => server.engine.stats.read('trace_spans_dropped');
    const before = dropped();
    expect((await push('9'.repeat(32))).status).toBe(204);
    await until(() => expect(dropped()).toBeGreaterThan(before));
    collector.refuse = null;
    const from = server.engine.stats.read('trace_spans_sent');
    expect((await push('8'.repeat(32))).status).toBe(204);
    await until(() => expect(server.engine.stats.read('trace_spans_sent')).toBeGreaterThan(from));
  });

  it('is sent what is left when the server stops', async () => {
    expect((await push('7'.repeat(32))).status).toBe(204);
    await server.stop();
    const last = collector.spans.filter(({ traceId }) => traceId === '7'.repeat(32)).map(({ name }) => name);
    expect(last).toEqual(expect.arrayContaining(['POST /api/v2/write', 'ingest commit']));
  });
});
