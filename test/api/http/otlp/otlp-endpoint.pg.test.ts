/** OTLP as the OpenTelemetry SDK for JavaScript sends it, and what is not so well behaved. */
import { gzipSync } from 'node:zlib';
import { OTLPMetricExporter as GrpcExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import {
  AggregationTemporalityPreference,
  OTLPMetricExporter as JsonExporter,
} from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { storeMetrics } from '../../../../src/api/http/otlp/store-metrics.ts';
import type { NamedPoint } from '../../../../src/core/ingest/ingest.ts';
import { PIECE_BYTES } from '../../../../src/platform/bounded-input/parse-slot.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { countRounds } from '../../../helpers/count-rounds.ts';
import { lockSamples } from '../../../helpers/lock-samples.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ settings: { LAPWING_OTLP_GRPC_PORT: '0' } });
});
afterAll(() => server[Symbol.asyncDispose]());

async function readSamples(prefix: string): Promise<(readonly [string, number])[]> {
  const { rows } = await server.engine.pool.query<{ name: string; value: number }>(
    `SELECT m.name, s.value FROM sample s JOIN metric m ON m.number = s.metric_number
     WHERE m.name LIKE $1 ORDER BY m.name, s."timestamp"`,
    [`${prefix}%`],
  );
  return rows.map(({ name, value }) => [name, value] as const);
}

async function post(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${server.url}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()),
  };
}

const NANOS = String(BigInt(Date.now() - 60_000) * 1_000_000n);
const request = (...metrics: object[]) =>
  JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
const gauge = (name: string, point: object = { timeUnixNano: NANOS, asDouble: 1 }) => ({
  name,
  gauge: { dataPoints: [point] },
});

describe('the SDK', () => {
  const url = () => `${server.url}/v1/metrics`;
  it.each([
    ['protocol buffers', 'cumulative', () => new ProtobufExporter({ url: url() })],
    ['JSON', 'cumulative', () => new JsonExporter({ url: url() })],
    ['gRPC', 'cumulative', () => new GrpcExporter({ url: server.addresses.otlpGrpc ?? '' })],
    [
      'gRPC, zipped',
      'cumulative',
      () => new GrpcExporter({ url: server.addresses.otlpGrpc ?? '', compression: 'gzip' as never }),
    ],
    [
      'protocol buffers, zipped, as deltas',
      'delta',
      () =>
        new ProtobufExporter({
          url: url(),
          compression: 'gzip' as never,
          temporalityPreference: AggregationTemporalityPreference.DELTA,
        }),
    ],
  ] as const)('has all its instruments stored, by %s', async (what, temporality, createExporter) => {
    const prefix = `sdk.${what.replaceAll(/\W/g, '_')}`;
    const reader = new PeriodicExportingMetricReader({
      exporter: createExporter(),
      exportIntervalMillis: 3_600_000,
    });
    const resource = resourceFromAttributes({ 'service.name': 'shop', 'process.pid': 1 });
    const provider = new MeterProvider({ resource, readers: [reader] });
    const meter = provider.getMeter('tests');
    const requests = meter.createCounter(`${prefix}.requests`);
    const active = meter.createUpDownCounter(`${prefix}.active`);
    const duration = meter.createHistogram(`${prefix}.duration`, { unit: 's' });
    meter.createObservableGauge(`${prefix}.load`).addCallback((result) => result.observe(0.5));
    for (const round of [1, 2]) {
      requests.add(round, { route: '/a' });
      active.add(-1);
      duration.record(round);
      await provider.forceFlush();
    }
    await provider.shutdown();
    const tags = 'otel.scope.name=tests;service.name=shop';
    const samples = await readSamples(prefix);
    const valuesOf = (name: string) =>
      samples.filter(([known]) => known === `${prefix}.${name}`).map(([, value]) => value);
    // The last collection is that of the shutdown: cumulative values again, or no deltas.
    const first = (name: string) => valuesOf(name).slice(0, 2);
    const isDelta = temporality === 'delta';
    expect(first(`requests;otel.scope.name=tests;route=/a;service.name=shop`)).toEqual(
      isDelta ? [1, 2] : [1, 3],
    );
    expect(first(`active;${tags}`)).toEqual([-1, -2]);
    expect(first(`duration.count;${tags}`)).toEqual(isDelta ? [1, 1] : [1, 2]);
    expect(first(`duration.sum;${tags}`)).toEqual(isDelta ? [1, 2] : [1, 3]);
    expect(first(`duration.mean;${tags}`)).toEqual(isDelta ? [1, 2] : []);
    expect(first(`load;${tags}`)).toEqual([0.5, 0.5]);
    const kindOf = (name: string) =>
      server.engine.registry.byPushedName(`${prefix}.${name}`)?.modelParams.valueKind;
    expect(kindOf(`requests;otel.scope.name=tests;route=/a;service.name=shop`)).toBe(
      isDelta ? undefined : 'COUNTER',
    );
    expect([kindOf(`active;${tags}`), kindOf(`load;${tags}`)]).toEqual([undefined, undefined]);
  });

  it('sends again what was answered with 503, and it is stored once', async () => {
    const reader = new PeriodicExportingMetricReader({
      exporter: new ProtobufExporter({ url: url() }),
      exportIntervalMillis: 3_600_000,
    });
    const provider = new MeterProvider({ readers: [reader] });
    provider.getMeter('').createGauge('retried').record(7);
    await using lock = await lockSamples(server.database);
    const flushing = provider.forceFlush();
    await lock.endWaiting();
    await lock.release();
    await flushing;
    expect(await readSamples('retried')).toEqual([[expect.stringContaining('retried'), 7]]);
    await provider.shutdown();
  });
});

describe('OTLP/HTTP', () => {
  it('says how much of a request is not stored, and stores the rest', async () => {
    const answer = await post(
      request(gauge('part.a'), gauge('n'.repeat(5000)), gauge('part.b', { asDouble: 1 }), gauge('part.c')),
    );
    expect(answer.status).toBe(200);
    const { partialSuccess } = JSON.parse(answer.body.toString()) as {
      partialSuccess: { rejectedDataPoints: string; errorMessage: string };
    };
    expect(partialSuccess.rejectedDataPoints).toBe('2');
    expect(partialSuccess.errorMessage).toMatch(
      /^data point 2: metric: expected at most 4096.*; data point 3: "part.b": expected timeUnixNano/,
    );
    expect((await readSamples('part.')).map(([name]) => name)).toEqual(['part.a', 'part.c']);
  });

  it('answers in the encoding of the request', async () => {
    expect(await post(request(gauge('alike')))).toMatchObject({ status: 200, body: Buffer.from('{}') });
    const protobuf = { 'content-type': 'application/x-protobuf' };
    const good = await post('', protobuf);
    expect([good.status, good.headers.get('content-type'), good.body.length]).toEqual([
      200,
      'application/x-protobuf',
      0,
    ]);
    const bad = await post('hello', protobuf);
    expect([bad.status, bad.headers.get('content-type')]).toEqual([400, 'application/x-protobuf']);
    // google.rpc.Status with the code INVALID_ARGUMENT
    expect(bad.body.subarray(0, 2)).toEqual(Buffer.from([0x08, 3]));
    expect(bad.body.toString()).toContain('the rest was not read: ');
  });

  it.each([
    ['what is no JSON', '{', {}, 400, 'no JSON'],
    ['brackets', '['.repeat(100_000), {}, 400, 'at most 64 levels'],
    [
      'another type',
      'x',
      { 'content-type': 'text/plain' },
      415,
      'content-type: expected application/x-protobuf or application/json',
    ],
    ['another encoding', 'x', { 'content-encoding': 'zstd' }, 415, 'expected gzip, deflate or identity'],
    ['a bomb', gzipSync(Buffer.alloc(30_000_000)), { 'content-encoding': 'gzip' }, 413, 'a write may have'],
    [
      'a page of another site',
      request(gauge('x')),
      { origin: 'https://evil.example' },
      403,
      'pages of other sites',
    ],
  ])('refuses %s and says why', async (_what, body, headers, status, text) => {
    const answer = await post(body, headers);
    expect(answer.status).toBe(status);
    expect((JSON.parse(answer.body.toString()) as { message: string }).message).toContain(text);
  });
});

test('others are served between two pieces of a request', async () => {
  const acceptNamed = (points: readonly NamedPoint[]) =>
    Promise.resolve({ accepted: points.length, duplicates: 0, late: 0, rejected: [] });
  const options = {
    encoding: 'protobuf',
    accept: { acceptNamed },
    accountId: 1,
    stats: createStats(),
  } as const;
  // Nothing but empty messages, of each depth.
  for (const unit of ['0a00', '0a021200', '0a0412021200', '7801']) {
    const body = Buffer.alloc(300_000, Buffer.from(unit, 'hex'));
    const rounds = await countRounds(() => storeMetrics(body, options));
    expect(rounds).toBeGreaterThanOrEqual(Math.floor(body.length / (2 * PIECE_BYTES)));
  }
});
