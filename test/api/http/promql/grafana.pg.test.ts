/**
 * The requests of Grafana's Prometheus data source as its source writes them (pkg/promlib/client/client.go,
 * pkg/promlib/healthcheck.go, packages/grafana-prometheus/src/resource_clients.ts and metric_find_query.ts), and the
 * dashboard of docs/grafana with them.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTwoAccounts, type TwoAccounts } from '../../graphql/two-accounts.ts';

const START_MS = Date.UTC(2026, 0, 5);
const STEP_SECONDS = 60;
const ROWS = 120;
const START = START_MS / 1000;
const END = START + (ROWS - 1) * STEP_SECONDS;
/** Of a time range of a dashboard, in whole seconds as Grafana rounds it. */
const RANGE = { start: String(START), end: String(END) };

interface Answer<Data> {
  readonly status: string;
  readonly data: Data;
  readonly errorType?: string;
  readonly error?: string;
}

interface Matrix {
  readonly resultType: string;
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly values: readonly (readonly [number, string])[];
  }[];
}

let accounts: TwoAccounts;

beforeAll(async () => {
  accounts = await startTwoAccounts();
  const { accept, monitor } = accounts.server.engine;
  const name = 'http.latency;host=web-1;le=0.5';
  await monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model: { min: 0, max: 100 } });
  await accept.acceptNamed(
    Array.from({ length: ROWS }, (_, row) => ({
      metric: name,
      timestampMs: START_MS + row * STEP_SECONDS * 1000,
      value: 20 + (row % 5),
    })),
  );
});

afterAll(() => accounts[Symbol.asyncDispose]());

/** As Grafana's backend sends it: parameters in the order of their names, the key as the header the data source is given. */
async function send(
  method: 'GET' | 'POST',
  path: string,
  parameters: Readonly<Record<string, string>> = {},
  key = accounts.admin.key,
): Promise<{ readonly status: number; readonly body: Answer<unknown> }> {
  const form = new URLSearchParams(parameters);
  form.sort();
  const url = `${accounts.server.url}/prometheus/${path}`;
  const headers = { authorization: `Bearer ${key}`, 'user-agent': 'Grafana/11.4.0' };
  const response =
    method === 'GET'
      ? await fetch(form.size === 0 ? url : `${url}?${form.toString()}`, { headers })
      : await fetch(url, {
          method,
          headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
          body: form.toString(),
        });
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  return { status: response.status, body: (await response.json()) as Answer<unknown> };
}

async function read<Data>(...request: Parameters<typeof send>): Promise<Data> {
  const { status, body } = await send(...request);
  expect({ status, said: body.status, error: body.error }).toEqual({ status: 200, said: 'success' });
  // The shape is the test's business: it reads what it asked for.
  return body.data as Data;
}

describe.each(['POST', 'GET'] as const)("Grafana's data source, set to %s", (method) => {
  it('is healthy: 1+1 at a time that is long past, and what is built', async () => {
    expect(await read(method, 'api/v1/query', { query: '1+1', time: '4' })).toEqual({
      resultType: 'scalar',
      result: [4, '2'],
    });
    expect(await read('GET', 'api/v1/status/buildinfo')).toMatchObject({ version: '2.53.0' });
  });

  it('draws a panel: times in seconds, the step in seconds', async () => {
    const data = await read<Matrix>(method, 'api/v1/query_range', {
      query: 'lapwing_value{metric="http.latency"}',
      ...RANGE,
      step: '15',
    });
    const series = 'http.latency';
    const metric = { __name__: 'lapwing_value', metric: series, source: 'custom', host: 'web-1', le: '0.5' };
    expect(data.resultType).toBe('matrix');
    expect(data.result).toHaveLength(1);
    expect(data.result[0]?.metric).toEqual({ ...metric, resource: 'web-1' });
    expect(data.result[0]?.values).toHaveLength((END - START) / 15 + 1);
    expect(data.result[0]?.values.slice(0, 5)).toEqual([
      [START, '20'],
      [START + 15, '20'],
      [START + 30, '20'],
      [START + 45, '20'],
      [START + 60, '21'],
    ]);
  });

  it('fills variables and its query builder: names, labels, their values, series', async () => {
    const match = { 'match[]': 'lapwing_value{metric="http.latency"}' };
    const all = { 'match[]': '{__name__!=""}', limit: '40000' };
    expect(await read('GET', 'api/v1/label/__name__/values', { ...RANGE, limit: '40000' })).toEqual([
      'lapwing_anomaly_score',
      'lapwing_expected',
      'lapwing_expected_high',
      'lapwing_expected_low',
      'lapwing_value',
    ]);
    expect(await read('GET', 'api/v1/label/host/values', { ...RANGE, ...match })).toEqual(['web-1']);
    expect(await read('GET', 'api/v1/label/host/values', { ...RANGE, limit: '1' })).toEqual(['web-1']);
    const labels = ['__name__', 'host', 'le', 'metric', 'resource', 'source'];
    expect(await read(method, 'api/v1/labels', { ...RANGE, ...match })).toEqual(labels);
    expect(await read(method, 'api/v1/series', { ...RANGE, ...match })).toEqual([
      {
        __name__: 'lapwing_value',
        host: 'web-1',
        le: '0.5',
        metric: 'http.latency',
        resource: 'web-1',
        source: 'custom',
      },
    ]);
    const series = await read<{ metric: string }[]>(method, 'api/v1/series', { ...RANGE, ...all });
    expect(series.filter((one) => one.metric === 'http.latency')).toHaveLength(5);
    expect(await read('GET', 'api/v1/metadata', { limit: '2' })).toMatchObject({
      lapwing_anomaly_score: [{ type: 'gauge' }],
      lapwing_expected: [{ type: 'gauge' }],
    });
    expect(await read('GET', 'api/v1/metadata', { metric: 'lapwing_value' })).toMatchObject({
      lapwing_value: [{ type: 'gauge' }],
    });
  });

  /** prometheus/prometheus#12795: "If a LIMIT is set, and the limit is exceeded, the API will make this obvious in the response." */
  const everything = '{__name__=~"lapwing_.+",metric="http.latency"}';
  it.each([
    ['api/v1/query', { query: everything, time: String(END) }],
    ['api/v1/query', { query: `${everything}[5m]`, time: String(END) }],
    ['api/v1/query_range', { query: everything, ...RANGE, step: '60' }],
    ['api/v1/series', { 'match[]': everything }],
    ['api/v1/labels', { 'match[]': everything }],
    ['api/v1/label/__name__/values', { 'match[]': everything }],
  ] as const)('is told when a limit cuts what %s answers', async (path, parameters) => {
    const answer = async (limit: string) => {
      const { body } = await send('GET', path, { ...parameters, limit });
      const { data, warnings } = body as { data: unknown[] | { result: unknown[] }; warnings?: string[] };
      return { count: Array.isArray(data) ? data.length : data.result.length, warnings };
    };
    const { count, warnings } = await answer('0');
    expect(warnings).toBeUndefined();
    expect(count).toBeGreaterThan(2);
    expect(await answer(String(count))).toEqual({ count, warnings: undefined });
    expect(await answer('2')).toEqual({ count: 2, warnings: ['results truncated due to limit'] });
  });

  it('asks for what is not there: rules, alerts, exemplars', async () => {
    expect(await read('GET', 'api/v1/rules')).toEqual({ groups: [] });
    expect(await read('GET', 'api/v1/alerts')).toEqual({ alerts: [] });
    expect(await read(method, 'api/v1/query_exemplars', { query: 'lapwing_value', ...RANGE })).toEqual([]);
  });

  it.each([
    ['query', { query: 'histogram_count(lapwing_value)' }, 422, 'execution', 'histogram_count() is not'],
    [
      'query',
      { query: 'limitk(1, lapwing_value)' },
      422,
      'execution',
      'the aggregation limitk is not supported',
    ],
    ['query', { query: 'max_over_time(vector(1)[1y:1s])' }, 422, 'execution', 'may have 200000 steps'],
    [
      'query',
      { query: '-{__name__=~"lapwing.*"}', time: String(START + 60) },
      422,
      'execution',
      'same labelset',
    ],
    ['query', { query: 'sum(' }, 400, 'bad_data', 'invalid parameter "query": 1:5: parse error'],
    ['query', { query: '' }, 400, 'bad_data', 'invalid parameter "query": no expression found in input'],
    ['query', { query: '1', time: 'now' }, 400, 'bad_data', 'invalid parameter "time"'],
    ['query', { query: '1', timeout: '0' }, 503, 'timeout', 'timed out'],
    ['query', { query: '1', lookback_delta: '0' }, 400, 'bad_data', 'invalid parameter "lookback_delta"'],
    [
      'query_range',
      { query: '1', start: '5', end: '4', step: '1' },
      400,
      'bad_data',
      'must not be before start',
    ],
    ['query_range', { query: '1', start: '5', end: '9', step: '0' }, 400, 'bad_data', 'zero or negative'],
    [
      'query_range',
      { query: '1', start: '0', end: '11000', step: '1' },
      400,
      'bad_data',
      'exceeded maximum resolution',
    ],
    ['query_range', { query: '1', end: '1', step: '1' }, 400, 'bad_data', 'invalid parameter "start"'],
    [
      'query_range',
      { query: '"a"', start: '0', end: '1', step: '1' },
      400,
      'bad_data',
      'invalid expression type',
    ],
    ['series', {}, 400, 'bad_data', 'no match[] parameter provided'],
    ['series', { 'match[]': '{}' }, 400, 'bad_data', 'invalid parameter "match[]": 1:1: parse error'],
    ['series', { 'match[]': 'lapwing_value[5m]' }, 400, 'bad_data', 'expected a selector of series'],
    ['labels', { limit: '-1' }, 400, 'bad_data', 'invalid parameter "limit"'],
    ['nothing', {}, 404, 'not_found', 'no such path'],
  ] as const)('%s %o is refused with %i %s', async (path, parameters, status, errorType, error) => {
    const answer = await send(method, `api/v1/${path}`, parameters);
    expect(answer).toMatchObject({ status, body: { status: 'error', errorType } });
    expect(answer.body.error).toContain(error);
  });
});

interface Dashboard {
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

describe('the dashboard', () => {
  const file = new URL('../../../../docs/grafana/metric.json', import.meta.url);
  const dashboard = JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
  const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const fill = (text: string) =>
    text
      .replaceAll('$metric', 'http.latency')
      .replaceAll('$__rate_interval', '1m0s')
      .replaceAll('$resource', 'web-1')
      .replaceAll('$source', '.*');

  it.each(expressions)('has data for %s', async (expr) => {
    const query = { query: fill(expr), ...RANGE, step: '60' };
    const { result } = await read<Matrix>('POST', 'api/v1/query_range', query);
    expect(result.length).toBeGreaterThan(0);
  });

  it('has values for each of its variables', async () => {
    const variables = dashboard.templating.list.flatMap(({ query }) => {
      if (typeof query !== 'object' || query === null || !('query' in query)) return [];
      const [, match = '', label = ''] = /^label_values\((.+),\s*(\w+)\)$/.exec(String(query.query)) ?? [];
      return [{ match: fill(match), label }];
    });
    expect(variables.map(({ label }) => label)).toEqual(['source', 'metric', 'resource']);
    for (const { match, label } of variables) {
      const values = await read<string[]>('GET', `api/v1/label/${label}/values`, {
        'match[]': match,
        ...RANGE,
      });
      expect(values.length).toBeGreaterThan(0);
    }
  });
});

it('the queries of the documentation are answered', async () => {
  const page = readFileSync(new URL('../../../../docs/prometheus.md', import.meta.url), 'utf8');
  const queries = (/```promql\n([^`]+)```/.exec(page)?.[1] ?? '').trim().split('\n');
  expect(queries).toHaveLength(4);
  for (const query of queries) await read<Matrix>('POST', 'api/v1/query', { query, time: String(END) });
});

describe('who asks', () => {
  const all = {
    query: 'count by (metric, account) (lapwing_value)',
    time: '1767225600',
    lookback_delta: '1d',
  };
  const metricsOf = async (key: string) => {
    const series = await read<{ metric: string; account?: string }[]>(
      'GET',
      'api/v1/series',
      { 'match[]': 'lapwing_value' },
      key,
    );
    return series.map(({ metric, account }) => [metric, account]);
  };

  it('sees the metrics of its account, and an admin all', async () => {
    const own = ['own.metric', 'strangers'];
    expect(await metricsOf(accounts.stranger.key)).toEqual([own]);
    expect(await metricsOf(accounts.admin.key)).toEqual(
      expect.arrayContaining([own, ['canary.metric', undefined], ['http.latency', undefined]]),
    );
    const { result } = await read<Matrix>('POST', 'api/v1/query', all, accounts.stranger.key);
    expect(result.map(({ metric }) => metric)).toEqual([{ account: 'strangers', metric: 'own.metric' }]);
    expect(await read('GET', 'api/v1/label/metric/values', {}, accounts.stranger.key)).toEqual([
      'own.metric',
    ]);
  });

  it.each([
    ['without a key', '', 401, 'unauthenticated'],
    ['with a wrong key', 'nonsense', 401, 'unauthenticated'],
  ])('%s is refused, in the form of Prometheus', async (_who, key, status, errorType) => {
    expect(await send('POST', 'api/v1/query', { query: '1' }, key)).toMatchObject({
      status,
      body: { status: 'error', errorType },
    });
  });

  it('with another method is refused', async () => {
    const response = await fetch(`${accounts.server.url}/prometheus/api/v1/query`, { method: 'PUT' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });
});
