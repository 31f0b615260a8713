/** Remote write as Prometheus and its like send it: bytes, headers, and what they make of the answers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compress } from 'snappyjs';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { NamedPoint } from '../../../../src/core/ingest/ingest.ts';
import { storeSeries } from '../../../../src/api/http/remote-write/store-series.ts';
import { PIECE_BYTES } from '../../../../src/platform/bounded-input/parse-slot.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import {
  message,
  bytes,
  requestV1,
  requestV2,
  type SentSeries,
  staleSample,
} from '../../../core/ingest/remote-write/encode.ts';
import { countRounds } from '../../../helpers/count-rounds.ts';
import { read } from '../../../helpers/ask.ts';
import { lockSamples } from '../../../helpers/lock-samples.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const NOW_MS = Date.now() - 60_000;
const V1 = { 'content-type': 'application/x-protobuf', 'x-prometheus-remote-write-version': '0.1.0' };
const V2 = {
  'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
  'x-prometheus-remote-write-version': '2.0.0',
};

async function write(
  server: TestServer,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = V1,
  isPacked = false,
) {
  const response = await fetch(`${server.url}/api/v1/write`, {
    method: 'POST',
    headers: { 'content-encoding': 'snappy', ...headers },
    body: new Uint8Array(isPacked ? body : compress(body)),
  });
  const written = ['samples', 'histograms', 'exemplars'].map((what) =>
    Number(response.headers.get(`x-prometheus-remote-write-${what}-written`)),
  );
  return { status: response.status, text: await response.text(), written, headers: response.headers };
}

async function readSamples(
  server: TestServer,
  prefix: string,
): Promise<(readonly [string, number, number])[]> {
  const { rows } = await server.engine.pool.query<{ name: string; value: number; ms: number }>(
    `SELECT m.name, s.value, (extract(epoch FROM s."timestamp") * 1000)::float8 AS ms
     FROM sample s JOIN metric m ON m.number = s.metric_number WHERE m.name LIKE $1 ORDER BY m.name, s."timestamp"`,
    [`${prefix}%`],
  );
  return rows.map(({ name, value, ms }) => [name, value, ms] as const);
}

const series = (name: string, fields: Omit<SentSeries, 'labels'>): SentSeries => ({
  labels: [
    ['__name__', name],
    ['job', 'a'],
  ],
  ...fields,
});

describe('remote write', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it.each([
    ['1.0', requestV1, V1],
    [
      '1.0 that names its message',
      requestV1,
      { 'content-type': 'application/x-protobuf;proto=prometheus.WriteRequest' },
    ],
    ['1.0 without a type', requestV1, {}],
    ['2.0', requestV2, V2],
  ] as const)(
    '%s is stored, under the name its series has by any way, and sent again is the same',
    async (what, encode, headers) => {
      const name = `stored_${what.replaceAll(/\W/g, '_')}`;
      const samples = [
        [1.5, NOW_MS],
        [2.5, NOW_MS + 1000],
      ] as const;
      const body = encode([series(name, { samples, exemplars: 1 })]);
      for (let time = 0; time < 2; time += 1) {
        expect(await write(server, body, headers)).toMatchObject({
          status: 204,
          text: '',
          written: [2, 0, 0],
        });
      }
      expect(await readSamples(server, `${name};`)).toEqual(
        samples.map(([value, ms]) => [`${name};job=a`, value, ms]),
      );
      const graphite = `${name}{job="a"}`;
      expect(server.engine.registry.byPushedName(graphite)?.name).toBe(`${name};job=a`);
    },
  );

  it('takes what is no number as taken: senders report what is missing as lost', async () => {
    const tail = message([[2, bytes(staleSample(NOW_MS + 2))]]);
    const body = requestV2([
      series('gone', {
        samples: [
          [1, NOW_MS],
          [NaN, NOW_MS + 1],
        ],
        tail,
      }),
    ]);
    expect(await write(server, body, V2)).toMatchObject({ status: 204, written: [3, 0, 0] });
    expect(await readSamples(server, 'gone')).toEqual([['gone;job=a', 1, NOW_MS]]);
  });

  it('stores count and sum of a native histogram', async () => {
    const histograms = [{ count: 7n, sum: 0.25, timestampMs: NOW_MS }];
    const body = requestV2([series('latency', { histograms })]);
    expect(await write(server, body, V2)).toMatchObject({ status: 204, written: [0, 1, 0] });
    expect(await readSamples(server, 'latency')).toEqual([
      ['latency_count;job=a', 7, NOW_MS],
      ['latency_sum;job=a', 0.25, NOW_MS],
    ]);
  });

  it('names each bad series, stores all others, and says how much', async () => {
    const body = requestV2([
      series('kept_1', { samples: [[1, NOW_MS]] }),
      { labels: [['job', 'a']], samples: [[1, NOW_MS]] },
      series('n'.repeat(5000), {
        samples: [[1, NOW_MS]],
        histograms: [{ count: 1n, sum: 1, timestampMs: NOW_MS }],
      }),
      series('kept_2', {
        samples: [
          [1, NOW_MS],
          [2, Date.now() + 1e10],
        ],
      }),
    ]);
    const answer = await write(server, body, V2);
    expect(answer).toMatchObject({ status: 400, written: [2, 0, 0] });
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(answer.text).toContain(
      'partial write: 2 samples and 0 histograms stored; 5 left out: series 2: expected the label __name__',
    );
    expect(answer.text).toMatch(
      /series 3: metric: expected at most 4096 characters.*series 4: timestamp: expected/,
    );
    expect(answer.text.trimEnd()).not.toContain('\n');
    expect((await readSamples(server, 'kept_')).map(([name]) => name)).toEqual([
      'kept_1;job=a',
      'kept_2;job=a',
    ]);
  });

  it('stores a sample that is older than those before it', async () => {
    for (const ms of [NOW_MS, NOW_MS - 5000]) {
      const body = requestV1([series('backwards', { samples: [[1, ms]] })]);
      expect(await write(server, body)).toMatchObject({ status: 204, written: [1, 0, 0] });
    }
    expect(await readSamples(server, 'backwards')).toHaveLength(2);
  });

  // As prometheus-remote-write of npm sends it; Prometheus takes such a body for Snappy, and one without a type for 1.0.
  it.each([
    ['no encoding', { 'content-type': 'application/x-protobuf' }],
    ['an empty encoding', { ...V1, 'content-encoding': '' }],
    ['an encoding in capitals', { ...V1, 'content-encoding': 'Snappy' }],
    ['neither', {}],
  ])('takes a block whose sender names %s', async (what, headers) => {
    const name = `unnamed_${what.replaceAll(' ', '_')}`;
    const response = await fetch(`${server.url}/api/v1/write`, {
      method: 'POST',
      headers,
      body: new Uint8Array(compress(requestV1([series(name, { samples: [[1, NOW_MS]] })]))),
    });
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(await readSamples(server, name)).toEqual([[`${name};job=a`, 1, NOW_MS]]);
  });

  const up = requestV1([series('refused', { samples: [[1, NOW_MS]] })]);
  it.each([
    [
      'another encoding',
      { headers: { ...V1, 'content-encoding': 'zstd' } },
      415,
      'expected snappy, got "zstd"',
    ],
    ['no encoding', { headers: { ...V1, 'content-encoding': 'identity' } }, 415, 'expected snappy'],
    [
      'another type',
      { headers: { 'content-type': 'application/json' } },
      415,
      'content-type: expected application/x-protobuf',
    ],
    [
      'a message nobody knows',
      { headers: { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v3.Request' } },
      415,
      'io.prometheus.write.v2.Request',
    ],
    [
      'a page of another site',
      { headers: { ...V1, origin: 'https://evil.example' } },
      403,
      'pages of other sites',
    ],
    ['what is no Snappy', { body: up, isPacked: true }, 400, 'no Snappy block'],
    [
      'a block that claims gigabytes',
      { body: Buffer.from('ffffffff0f00', 'hex'), isPacked: true },
      413,
      'a write may have 25000000 bytes',
    ],
    ['what is no protocol buffer', { body: Buffer.from('hello') }, 400, 'the rest was not read: '],
    [
      'a message of the other version',
      { headers: V2 },
      400,
      'expected series of remote write 2.0, found none',
    ],
  ])(
    'refuses %s and says why',
    async (
      _what,
      options: { headers?: Record<string, string>; body?: Buffer; isPacked?: boolean },
      status,
      text,
    ) => {
      const answer = await write(server, options.body ?? up, options.headers ?? V1, options.isPacked);
      expect(answer).toMatchObject({ status, written: [0, 0, 0] });
      expect(answer.text).toContain(text);
      expect(await readSamples(server, 'refused')).toEqual([]);
    },
  );

  it('refuses other methods', async () => {
    const response = await fetch(`${server.url}/api/v1/write`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('asks to come again while the database is away, and then has everything once', async () => {
    const body = requestV1([series('away', { samples: [[1, NOW_MS]] })]);
    await using lock = await lockSamples(server.database);
    const answering = write(server, body);
    await lock.endWaiting();
    const answer = await answering;
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    await lock.release();
    expect(await write(server, body)).toMatchObject({ status: 204 });
    expect(await readSamples(server, 'away')).toHaveLength(1);
  });

  it('stores what Prometheus 2.42 has sent, every series of it', async () => {
    const recorded = readFileSync(join(import.meta.dirname, 'prometheus-2.42.snappy'));
    expect(await write(server, recorded, V1, true)).toMatchObject({ status: 204, written: [410, 0, 0] });
    const samples = await readSamples(server, 'probe_value;instance=probe;job=probe;series=');
    // 200 series at two times; the other ten are `up` and its like.
    expect(samples).toHaveLength(400);
  });
});

test('a key writes to its own account, and none writes nothing', async () => {
  const key = 'admin-key-of-this-test-0123456789';
  await using server = await startServer({ settings: { LAPWING_API_KEY: key } });
  const { createApiKey } = await read<{ createApiKey: { secret: string } }>(
    { ...server, key },
    `mutation { createApiKey(input: { name: "shop", scopes: [INGEST], account: "shop" }) {
      ... on CreatedApiKey { secret } } }`,
  );
  const body = requestV1([series('mine', { samples: [[1, NOW_MS]] })]);
  const none = await write(server, body);
  expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  for (const secret of [key, createApiKey.secret]) {
    const authorization = `Bearer ${secret}`;
    expect(await write(server, body, { ...V1, authorization })).toMatchObject({ status: 204 });
  }
  const accounts = [...server.engine.registry.all()].map(({ name, accountId }) => [name, accountId] as const);
  expect(accounts).toEqual([
    ['mine;job=a', 1],
    ['mine;job=a', expect.not.toBeOneOf([1]) as number],
  ]);
});

describe('between two pieces of a request of nothing but', () => {
  const acceptNamed = (points: readonly NamedPoint[]) =>
    Promise.resolve({ accepted: points.length, duplicates: 0, late: 0, rejected: [] });
  const store = (body: Buffer, version: 1 | 2 = 1) =>
    storeSeries(body, { version, accept: { acceptNamed }, accountId: 1, stats: createStats() });
  const BYTES = 300_000;

  it.each([
    ['empty series', Buffer.from('0a00', 'hex'), 1],
    ['good series', requestV1([series('up', { samples: [[1, 1]] })]), 1],
    ['fields nobody knows', Buffer.from('7801', 'hex'), 1],
    ['symbols', Buffer.from('220161', 'hex'), 2],
    ['descriptions', requestV1([], ['up']), 1],
  ] as const)('%s, others are served', async (_what, unit, version) => {
    const body = Buffer.concat(Array.from({ length: Math.floor(BYTES / unit.length) }, () => unit));
    const rounds = await countRounds(() => store(body, version));
    expect(rounds).toBeGreaterThanOrEqual(Math.floor(BYTES / (2 * PIECE_BYTES)));
  });

  it('samples, no more are read than one may have', async () => {
    const one = requestV1([series('up', { samples: Array.from({ length: 20_000 }, () => [1, 1] as const) })]);
    const result = await store(Buffer.concat(Array.from({ length: 52 }, () => one)));
    expect(result.stopped).toMatchObject({
      status: 413,
      reason: expect.stringContaining('send it in parts') as string,
    });
    expect(result.samples).toBeLessThan(1_040_000);
  });

  it('symbols, no more are read than one may have', async () => {
    const result = await store(Buffer.alloc(2 * 1_000_001, Buffer.from('2200', 'hex')), 2);
    expect(result.stopped).toMatchObject({
      status: 413,
      reason: expect.stringContaining('symbols') as string,
    });
  });
});
