/** What is written for scrapers and pushed: by the library for Node.js, by curl as manuals have it, and what is wrong with it. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { Counter, Gauge, Histogram, Pushgateway, Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type KeyedServer, startKeyedServer } from '../../graphql/keyed-server.ts';

const START_MS = Date.UTC(2026, 0, 5);
let keyed: KeyedServer;
let key: string;

beforeAll(async () => {
  keyed = await startKeyedServer();
  ({ key } = await keyed.createKey('pusher', ['INGEST']));
});

afterAll(() => keyed[Symbol.asyncDispose]());

async function push(
  path: string,
  body: string | Buffer = '',
  { method = 'POST', ...headers }: Readonly<Record<string, string>> = {},
) {
  const response = await fetch(`${keyed.server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...headers },
    ...(method === 'DELETE' || method === 'GET'
      ? {}
      : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  });
  return { status: response.status, text: (await response.text()).trim() };
}

/** Name, kind, and the different values that were stored. */
async function readMetrics(pattern: string) {
  const { rows } = await keyed.server.engine.pool.query<{
    name: string;
    kind: string | null;
    values: number[];
  }>(
    `SELECT m.name, m.model_params->>'valueKind' AS kind, array_agg(DISTINCT s.value ORDER BY s.value) AS values
     FROM metric m JOIN sample s ON s.metric_number = m.number WHERE m.name LIKE $1 GROUP BY m.id ORDER BY m.name`,
    [pattern],
  );
  return rows.map(({ name, kind, values }) => [name, kind, ...values]);
}

it('the library for Node.js pushes its registry, adds to it and deletes it', async () => {
  const registers = [new Registry()];
  const [registry = new Registry()] = registers;
  new Counter({ name: 'batch_rows_total', help: 'Rows.', registers }).inc(41);
  new Gauge({ name: 'batch_last_success', help: 'When.', labelNames: ['step'], registers }).set(
    { step: 'load' },
    7,
  );
  new Histogram({ name: 'batch_seconds', help: 'How long.', buckets: [1], registers }).observe(0.5);
  const headers = { authorization: `Bearer ${key}` };
  const gateway = new Pushgateway(keyed.server.url, { headers }, registry);
  const group = { jobName: 'nightly', groupings: { instance: 'db-1', path: 'a b' } };
  const answers = [await gateway.push(group), await gateway.pushAdd(group), await gateway.delete(group)];
  // The answer of node:http.
  expect(answers.map(({ resp }) => (resp as IncomingMessage).statusCode)).toEqual([200, 200, 202]);
  const labels = 'instance=db-1;job=nightly;';
  expect(await readMetrics('batch%')).toEqual([
    [`batch_last_success;${labels}path=a b;step=load`, null, 7],
    [`batch_rows_total;${labels}path=a b`, 'COUNTER', 41],
    [`batch_seconds_bucket;instance=db-1;job=nightly;le=+Inf;path=a b`, 'COUNTER', 1],
    [`batch_seconds_bucket;instance=db-1;job=nightly;le=1;path=a b`, 'COUNTER', 1],
    [`batch_seconds_count;${labels}path=a b`, 'COUNTER', 1],
    [`batch_seconds_sum;${labels}path=a b`, 'COUNTER', 0.5],
  ]);
});

it('an import has the times of its lines, else that of the request, and extra labels', async () => {
  const lines = `foo{bar="baz"} 123 ${START_MS}\nfoo{bar="baz"} 124 ${START_MS + 1000}\nplain 5\n`;
  const path = `/api/v1/import/prometheus?timestamp=${START_MS}&extra_label=dc=eu&extra_label=x=y`;
  expect(await push(path, gzipSync(lines), { 'content-encoding': 'gzip' })).toEqual({
    status: 204,
    text: '',
  });
  expect(await readMetrics('foo;%')).toEqual([['foo;bar=baz;dc=eu;x=y', null, 123, 124]]);
  const entry = keyed.server.engine.registry.byPushedName('plain;dc=eu;x=y');
  expect(entry?.lastTimestampMs).toBe(START_MS);
});

it('an import takes the labels of a group from its path, which go before those of a line', async () => {
  const path = '/api/v1/import/prometheus/metrics/job@base64/YS9i/instance/i-1';
  expect(await push(path, 'grouped{job="own",instance=""} 1\n')).toMatchObject({ status: 204 });
  expect(await readMetrics('grouped%')).toEqual([['grouped;instance=i-1;job=a/b', null, 1]]);
});

it('OpenMetrics has its times in seconds', async () => {
  const body = `# TYPE jobs counter\njobs_total 3 ${START_MS / 1000}\njobs_created 1 ${START_MS / 1000}\n# EOF\n`;
  const type = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
  expect(await push('/metrics/job/om', body, { method: 'PUT', 'content-type': type })).toMatchObject({
    status: 200,
  });
  expect(keyed.server.engine.registry.byPushedName('jobs_total;job=om')?.lastTimestampMs).toBe(START_MS);
  expect(await readMetrics('jobs%')).toEqual([
    ['jobs_created;job=om', null, 1],
    ['jobs_total;job=om', 'COUNTER', 3],
  ]);
});

it('a bad line costs itself alone, and a value that is no number nothing', async () => {
  const body = Buffer.concat([
    Buffer.from(`good_1 1\nbad{ 1\ngood_2 NaN\n${'x'.repeat(70_000)} 1\nbad_3 one\n`),
    Buffer.from([0xff, 0x0a]),
    Buffer.from(`good_3 3 ${Date.now() + 40 * 365 * 86_400_000}\ngood_4 4`),
  ]);
  const { stats } = keyed.server.engine;
  const before = stats.read('exposition_lines_bad');
  const { status, text } = await push('/api/v1/import/prometheus', body);
  expect(status).toBe(400);
  expect(text).toMatch(
    /^partial write: 3 samples stored; 5 left out: line 2: expected the name of a label; line 4: /,
  );
  expect(text).toContain('line 7: ');
  expect(stats.read('exposition_lines_bad') - before).toBe(4);
  expect(stats.read('exposition_values_skipped')).toBe(1);
  expect(await readMetrics('good%')).toEqual([
    ['good_1', null, 1],
    ['good_4', null, 4],
  ]);
});

it('families in protocol buffers, as the library for Go pushes them, are stored with their kinds', async () => {
  // io.prometheus.client.MetricFamily: counter go_runs_total{step="a"} 3, gauge go_last_success 7.
  const counter = '0a0d676f5f72756e735f746f74616c180022160a090a0473746570120161' + '1a09090000000000000840';
  const gauge = '0a0f676f5f6c6173745f737563636573731801220b1209090000000000001c40';
  const delimited = (hex: string) => Buffer.concat([Buffer.of(hex.length / 2), Buffer.from(hex, 'hex')]);
  const headers = {
    method: 'PUT',
    'content-type':
      'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
  };
  const body = Buffer.concat([delimited(counter), delimited(gauge)]);
  expect(await push('/metrics/job/batch', body, headers)).toEqual({ status: 200, text: '' });
  expect(await readMetrics('go\\_%')).toEqual([
    ['go_last_success;job=batch', null, 7],
    ['go_runs_total;job=batch;step=a', 'COUNTER', 3],
  ]);
  const cut = await push('/metrics/job/batch', body.subarray(0, -1), headers);
  expect(cut.status).toBe(400);
  expect(cut.text).toContain('1 samples stored; the rest was not read: a family is cut off');
});

it('the library of VictoriaMetrics for Go, which pushes by GET, is taken, and a GET without a body is not', async () => {
  // As version 1.18 sends it.
  const lines = [
    'vmc_total{instance="x",a="b"} 5',
    'vmg{instance="x"} 7',
    'vmh_bucket{instance="x",vmrange="2.783e+00...3.162e+00"} 1',
    'vmh_count{instance="x"} 1',
  ];
  const { port } = new URL(keyed.server.url);
  const send = async (body: Buffer | null) => {
    const sent = request({
      port,
      path: '/api/v1/import/prometheus?extra_label=app=shop',
      method: 'GET',
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === null
          ? {}
          : { 'content-length': body.length, 'content-encoding': 'gzip', 'content-type': 'text/plain' }),
      },
    });
    sent.end(body ?? undefined);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: response.statusCode, text: await textOf(response) };
  };
  expect(await send(gzipSync(`${lines.join('\n')}\n`))).toEqual({ status: 204, text: '' });
  expect(await readMetrics('vm%')).toEqual([
    ['vmc_total;a=b;app=shop;instance=x', 'COUNTER', 5],
    ['vmg;app=shop;instance=x', null, 7],
    ['vmh_bucket;app=shop;instance=x;vmrange=2.783e+00...3.162e+00', 'COUNTER', 1],
    ['vmh_count;app=shop;instance=x', 'COUNTER', 1],
  ]);
  expect(await send(null)).toEqual({ status: 405, text: 'expected POST or PUT, got GET\n' });
});

it.each([
  ['GET', '/metrics/job/a', {}, 405, 'expected POST or PUT or DELETE'],
  ['DELETE', '/api/v1/import/prometheus', {}, 405, 'expected POST or PUT'],
  ['POST', '/metrics/job/a/b', {}, 400, 'in pairs'],
  ['POST', '/api/v1/import/prometheus?timestamp=now', {}, 400, 'timestamp: expected'],
  ['POST', '/api/v1/import/prometheus?extra_label=x', {}, 400, 'extra_label: expected'],
  [
    'POST',
    '/metrics/job/a',
    {
      'content-type':
        'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=text',
    },
    415,
    'encoding=delimited',
  ],
  ['POST', '/metrics/job/a', { 'content-encoding': 'zstd' }, 415, 'content-encoding'],
  ['POST', '/metrics/job/a', { authorization: 'Bearer wrong' }, 401, 'not valid'],
  ['POST', '/metrics/job/a', { origin: 'https://elsewhere.example' }, 403, 'other sites'],
] as const)('%s %s with %o is refused with %i', async (method, path, headers, status, text) => {
  const answer = await push(path, 'refused 1\n', { method, ...headers });
  expect(answer.status).toBe(status);
  expect(answer.text).toContain(text);
  expect(await readMetrics('refused%')).toEqual([]);
});
