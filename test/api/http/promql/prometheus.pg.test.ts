/** The same queries of the same samples, asked of the server and of a real Prometheus. */
import { compress } from 'snappyjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPrometheus, startPrometheus } from '../../../clients/start-prometheus.ts';
import type { Program } from '../../../clients/start-program.ts';
import { requestV1 } from '../../../core/ingest/remote-write/encode.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const START_MS = Date.UTC(2026, 0, 5);
const STEP_MS = 10_000;
const ROWS = 240;
/** Off the times of samples: Program before version 3 counted a sample at the very beginning of a range. */
const [START, END] = [START_MS / 1000 + 603, START_MS / 1000 + 2703];

interface Answer {
  readonly status: string;
  readonly errorType?: string;
  readonly data?: {
    readonly resultType: string;
    readonly result: readonly Series[];
  };
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

let server: TestServer;
let prometheus: Program;

async function ask(base: string, path: string, parameters: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${base}/api/v1/${path}`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
  });
  return (await response.json()) as Answer;
}

const ours = () => `${server.url}/prometheus`;

/** Metrics of three hosts: two are monitored, and one of those reports with gaps. */
async function push(): Promise<void> {
  const { accept, monitor } = server.engine;
  for (const host of ['a', 'b']) {
    const spec = { name: `cpu.load;env=prod;host=${host}` };
    await monitor.monitorMetric({ datasource: 'CUSTOM', spec, model: { min: 0, max: 100 } });
  }
  const points = Array.from({ length: ROWS }, (_, row) => row).flatMap((row) =>
    ['a', 'b', 'c'].flatMap((host, index) => {
      if (host === 'b' && row % 90 > 40) return [];
      const value = row === 200 ? 97.5 : 20 * index + 10 * Math.sin(row / (5 + index)) + (row % 7) / 3;
      const env = host === 'c' ? 'test' : 'prod';
      return [{ metric: `cpu.load;env=${env};host=${host}`, timestampMs: START_MS + row * STEP_MS, value }];
    }),
  );
  // Buckets, of which one series is no histogram.
  const bounds = [...['0.1', '0.5', '2.5', '+Inf'].map((le) => `;le=${le}`), ''];
  const buckets = Array.from({ length: ROWS }, (_, row) => row).flatMap((row) =>
    bounds.map((bound, index) => {
      const value = Math.floor(row * (index + 1) * 1.7) + (row % 3) * index;
      return { metric: `wait_bucket${bound}`, timestampMs: START_MS + row * STEP_MS, value };
    }),
  );
  await accept.acceptNamed([...points, ...buckets]);
}

/** What the server has, written to Prometheus sample by sample. */
async function copy(): Promise<void> {
  const query = `{__name__=~"lapwing_.+"}[1h]`;
  const { data } = await ask(ours(), 'query', { query, time: String(END + 600) });
  const series = (data?.result ?? []).map(({ metric, values = [] }) => ({
    labels: Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    samples: values.map(([seconds, value]) => [Number(value), Math.round(seconds * 1000)] as const),
  }));
  // Of two monitored metrics five series, of the others one.
  expect(series).toHaveLength(16);
  const response = await fetch(`${prometheus.url}/api/v1/write`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    body: new Uint8Array(compress(requestV1(series))),
  });
  expect(response.status).toBe(204);
}

beforeAll(async () => {
  if (!hasPrometheus) return;
  [server, prometheus] = await Promise.all([startServer(), startPrometheus()]);
  await push();
  await copy();
});

afterAll(async () => {
  if (!hasPrometheus) return;
  await server[Symbol.asyncDispose]();
  await prometheus[Symbol.asyncDispose]();
});

/** Numbers as numbers: Go and JavaScript write the same one in different ways, and add in another order. */
function toNumber(text: string): number {
  return Number(Number(text.replace('Inf', 'Infinity')).toPrecision(10));
}

function readResult({ status, data, errorType }: Answer) {
  if (data === undefined) return { status, errorType };
  const { resultType, result } = data;
  if (resultType === 'scalar') return { resultType, value: toNumber(JSON.stringify(result[1]).slice(1, -1)) };
  if (resultType === 'string') return data;
  const series = result.map(({ metric, value, values }) => ({
    metric,
    points: (values ?? (value === undefined ? [] : [value])).map(
      ([seconds, text]) => [seconds, toNumber(text)] as const,
    ),
  }));
  return { resultType, series };
}

function sorted(result: ReturnType<typeof readResult>) {
  if (!('series' in result)) return result;
  const keyOf = (metric: Series['metric']) => JSON.stringify(Object.entries(metric).toSorted());
  return {
    ...result,
    series: result.series.toSorted((a, b) => (keyOf(a.metric) < keyOf(b.metric) ? -1 : 1)),
  };
}

const QUERIES = [
  '1+1',
  '1 + 2 * 3 ^ 2 ^ 0.5 % 5',
  '-1 ^ 2',
  '1 > bool 2',
  '0x1F + 1e3',
  'Inf - Inf',
  'vector(1) == bool 1',
  'time() - 60',
  '(lapwing_value)',
  'lapwing_value{host="a"}',
  'lapwing_value{host="a", host!="b"}',
  'lapwing_value{host=~"a|c"}',
  'lapwing_value{host!~"a|c"}',
  'lapwing_value{host=~"."}',
  'lapwing_value{nothing=""}',
  'lapwing_value{nothing!=""}',
  "lapwing_value{metric='cpu.load'}",
  'lapwing_value{metric=`cpu.load`,}',
  'lapwing_value{metric="cpu\\u002eload"}',
  'lapwing_value{metric=~"cpu\\\\.lo.+"}',
  '{__name__=~"lapwing_expected_(low|high)", host="a"}',
  '{__name__="lapwing_value", __name__!="lapwing_expected"}',
  'lapwing_value{host="a"} offset 5m',
  'lapwing_value{host="a"} offset -5m',
  'lapwing_value offset 1h',
  'lapwing_value - lapwing_value offset 5m',
  'lapwing_value > lapwing_value offset 1m * 1.1',
  '-lapwing_value offset 1m',
  'max_over_time(lapwing_value[1m]) / max_over_time(lapwing_value[1m] offset 5m)',
  // One series at some steps, two at others.
  'lapwing_value{host="a"} + on (env) (lapwing_value < 5)',
  '(lapwing_value > 20) * on () group(lapwing_value > 30)',
  '0755 + 1 ^ NaN + (0 - 1) ^ Inf',
  'lapwing_nothing',
  'max_over_time(lapwing_anomaly_score[5m])',
  'min_over_time(lapwing_value[1m30s] offset 2m)',
  'avg_over_time(lapwing_value[20m])',
  'sum_over_time(lapwing_expected[2m])',
  'count_over_time(lapwing_value[10m])',
  'last_over_time(lapwing_value[15m])',
  'max_over_time({__name__=~"lapwing_expected_(low|high)"}[5m])',
  ...['rate', 'increase', 'irate', 'delta', 'idelta', 'resets', 'changes', 'deriv'].flatMap((name) => [
    // One with gaps is a counter of another kind: before version 3 it was taken back to zero over more than half a step.
    `${name}(lapwing_value{host!="b"}[5m])`,
    `${name}(lapwing_value[25s] offset 1m)`,
    `${name}(lapwing_value{host="a"}[15m])`,
    `${name}(lapwing_value[9s])`,
  ]),
  'delta(lapwing_value{host="b"}[15m])',
  'deriv(lapwing_value{host="b"}[15m])',

  ...['600', '-60', '0', 'NaN', 'scalar(lapwing_value{host="a"})'].flatMap((seconds) => [
    `predict_linear(lapwing_value[5m], ${seconds})`,
    `predict_linear(lapwing_value{host="b"}[15m] offset 7m, ${seconds})`,
  ]),
  // Steps of subqueries are at the times of samples: an offset takes them off, as above.
  'max_over_time(lapwing_value[5m:30s])',
  'max_over_time(lapwing_value[5m:])',
  'avg_over_time(sum by (env) (rate(lapwing_value{host!="b"}[1m] offset 3s))[10m:20s])',
  'max_over_time((lapwing_value - lapwing_expected)[5m:20s] offset 2m)',
  'min_over_time(lapwing_value[5m:20s] offset -1m)',
  'rate(lapwing_value{host="a"}[5m:10s])',
  'deriv(sum(lapwing_value)[10m:1m])',
  'count_over_time((lapwing_value offset 3s > 20)[10m:10s])',
  'quantile_over_time(0.9, lapwing_value offset 3s[5m:20s])',
  'last_over_time(lapwing_value offset 3s[2m:40s])',
  'max_over_time(min_over_time(lapwing_value offset 3s[2m:20s] offset 7s)[10m:1m])',
  'sum_over_time(vector(1)[5m:20s])',
  'sum_over_time(vector(time())[5m:20s])',
  'absent_over_time(lapwing_value{host="b"}[1m:10s])',
  'max_over_time(lapwing_value[10s:1m])',
  'max_over_time(lapwing_nothing[5m:1m])',
  'max_over_time(1[5m:1m])',
  'max_over_time(lapwing_value[5m:0s])',
  'max_over_time(lapwing_value[1m][5m:1m])',
  'max_over_time(lapwing_value + lapwing_value[5m:1m])',
  'max_over_time(-lapwing_value[5m:1m])',
  'sum(lapwing_value[5m:1m])',
  'predict_linear(lapwing_value[9s], 60)',
  'predict_linear(lapwing_value[5m])',
  'predict_linear(60, lapwing_value[5m])',
  'predict_linear(lapwing_value, 60)',
  'stddev_over_time(lapwing_value[5m])',
  'stdvar_over_time(lapwing_value[5m])',
  'present_over_time(lapwing_value[5m])',
  'sum by (env) (rate(lapwing_value{host!="b"}[5m])) > 0.1',
  'sgn(lapwing_value - 20)',
  'clamp(lapwing_value, 10, 30)',
  'clamp(lapwing_value, 30, 10)',
  'clamp_min(lapwing_value, NaN)',
  'clamp_max(clamp_min(lapwing_value, 10), time() / 1e8)',
  'round(lapwing_value)',
  'round(-lapwing_value / 7, 0.1)',
  'round(lapwing_value, 5)',
  ...[-1, 0, 0.25, 0.5, 0.99, 1, 2, 'NaN', 'scalar(lapwing_value{host="a"}) / 50'].flatMap((quantile) => [
    `quantile_over_time(${quantile}, lapwing_value[5m])`,
    `quantile by (env) (${quantile}, lapwing_value)`,
    `histogram_quantile(${quantile}, lapwing_value{metric="wait_bucket"})`,
    `histogram_quantile(${quantile}, sum by (le) (rate(lapwing_value{metric="wait_bucket"}[5m])))`,
  ]),
  'lapwing_value{metric="cpu.load"} / on (env) group_left () sum by (env) (lapwing_value)',
  'lapwing_value{metric="cpu.load"} / on (env) group_left sum by (env) (lapwing_value)',
  'sum by (env) (lapwing_value) - on (env) group_right lapwing_value{host!=""}',
  '{__name__=~"lapwing_expected_.+"} - on (host) group_left (env, metric) lapwing_value',
  'lapwing_value{host!=""} * on (host) group_left (site) label_replace(lapwing_expected, "site", "eu-$1", "host", "(.)")',
  'lapwing_value{host!=""} > on (env) group_left avg by (env) (lapwing_value)',
  'lapwing_value{host!=""} > bool on (env) group_left avg by (env) (lapwing_value)',
  'avg by (env) (lapwing_value) < on (env) group_right lapwing_value{host!=""}',
  'avg by (env) (lapwing_value) < bool on (env) group_right () lapwing_value{host!=""}',
  'lapwing_value{host!=""} + ignoring (host, metric, source) group_left () sum by (env) (lapwing_value)',
  // One partner at some steps, another one at others; and two at one.
  'lapwing_value{host!=""} * on () group_left (host) (lapwing_value{host="b"} > 15)',
  'lapwing_value{host="a"} * on () group_left (host) (lapwing_value{host!=""} > 49)',
  'lapwing_value{host!=""} * on () group_left () lapwing_value{host!=""}',
  'lapwing_value{host!=""} * on () group_left (host) lapwing_value{host="a"}',
  'lapwing_nothing * on () group_left () lapwing_value',
  'lapwing_value * on (env) group_left (env) lapwing_value',
  'lapwing_value and on (env) group_left () lapwing_value',
  'lapwing_value * on (env) group_left () 2',
  '2 * on () lapwing_value',
  '2 * on (host) lapwing_value',
  'lapwing_value * on () group_left () 2',
  'lapwing_value * ignoring () group_left (host) 2',
  'absent(lapwing_nothing{host="a", env=~"p.*", metric=""})',
  'absent(lapwing_value{host="b"})',
  'absent(lapwing_value{host="a", host="b"})',
  'absent(lapwing_value{host=~"a", host="a"} > 1000)',
  'absent(lapwing_value{host=~"d|e", host="d"})',
  'absent(sum(lapwing_value{host="b"}))',
  'absent_over_time(lapwing_value{host="b"}[1m])',
  'absent_over_time(lapwing_nothing{host="b"}[1m] offset 1m)',
  'sort(lapwing_value)',
  'sort_desc(-lapwing_value)',
  'label_replace(lapwing_value, "site", "$1-${1}$$", "host", "(.)")',
  'label_replace(lapwing_value, "host", "", "host", "a")',
  'label_replace(lapwing_value, "__name__", "$env", "env", "(?P<env>pro.)")',
  'sum by (site) (label_replace(lapwing_value, "site", "eu", "host", "a|b"))',
  'label_join(lapwing_value, "place", "/", "env", "nothing", "host")',
  'label_join(lapwing_value, "host", "/")',
  'label_replace(lapwing_value, "host", "", "", "")',
  'label_replace(lapwing_value, "0", "", "", "")',
  'label_replace(lapwing_value, "x", "", "", "(")',
  'label_join(lapwing_value, "x", "", "0")',
  'label_join(lapwing_value, "x")',
  'label_replace(lapwing_value, "x", "y", "z", 1)',
  'absent(1)',
  'absent_over_time(lapwing_value)',
  'sort(lapwing_value[1m])',
  ...[
    'minute',
    'hour',
    'day_of_week',
    'day_of_month',
    'day_of_year',
    'days_in_month',
    'month',
    'year',
  ].flatMap((name) => [`${name}()`, `${name}(lapwing_value * 1e8)`]),
  'lapwing_value and on () hour() >= 0 < 12',
  'hour(1)',
  'histogram_quantile(0.5, lapwing_value{le!="+Inf"})',
  'histogram_quantile(0.5, lapwing_value{le=~"0.1|.Inf"} - 1e6)',
  'stddev(lapwing_value)',
  'stdvar by (env) (lapwing_value)',
  'sum(lapwing_value)',
  'sum by (host) (lapwing_value)',
  'avg(lapwing_value) by (env)',
  'avg without (host) (lapwing_value)',
  'min by (env, nothing) (lapwing_value)',
  'max by () (lapwing_value)',
  'count by (__name__) ({__name__=~"lapwing_.*"})',
  'group by (host) (lapwing_value)',
  'topk(1, lapwing_value)',
  'topk(2, lapwing_value) by (env)',
  'topk(0, lapwing_value)',
  'bottomk(2, lapwing_value)',
  'lapwing_value > 20',
  '20 < lapwing_value',
  'lapwing_value >= bool 20',
  'lapwing_value * 2 + 1',
  '1 - lapwing_value',
  '100 / (lapwing_value - lapwing_value)',
  '-lapwing_value',
  'abs(lapwing_value - 20)',
  'floor(sqrt(abs(lapwing_value)))',
  'lapwing_value - lapwing_expected',
  'lapwing_value > lapwing_expected',
  'lapwing_value > bool lapwing_expected',
  'lapwing_value - on(host, env) lapwing_expected',
  'lapwing_value > on(host) lapwing_expected',
  'lapwing_value > ignoring(metric) lapwing_expected',
  'lapwing_value and lapwing_anomaly_score > 0.5',
  'lapwing_expected or lapwing_value',
  'lapwing_value unless lapwing_expected',
  'lapwing_value unless on(host) lapwing_expected',
  'lapwing_value - on(env) lapwing_expected',
  'scalar(lapwing_value{host="a"}) + 1',
  'scalar(lapwing_value)',
  'lapwing_value{host="a"} # a comment\n + 1',
  // Refused alike.
  'lapwing_value{',
  '{host=""}',
  '{}',
  'lapwing_value{host=~"("}',
  'lapwing_value{host=~"(?=a)"}',
  'sum(1)',
  '1 > 2',
  'sum(lapwing_value, lapwing_value)',
  'max_over_time(lapwing_value)',
  'lapwing_value[5m] + 1',
  '1 and lapwing_value',
  'lapwing_value + bool 1',
  'topk(lapwing_value)',
  'quantile(lapwing_value)',
  'histogram_quantile(lapwing_value)',
  'quantile_over_time(0.5, lapwing_value)',
  'clamp(lapwing_value, 1)',
  'round(lapwing_value, 1, 2)',
  'round(1)',
  'lapwing_value offset',
  '(lapwing_value) offset 5m',
  '"text" + 1',
  '',
];

describe.skipIf(!hasPrometheus)('a query has the answer a real Prometheus has', () => {
  it.each(QUERIES)('over time: %s', async (query) => {
    const parameters = { query, start: String(START), end: String(END), step: '40' };
    const [found, wanted] = await Promise.all([
      ask(ours(), 'query_range', parameters),
      ask(prometheus.url, 'query_range', parameters),
    ]);
    expect(sorted(readResult(found))).toEqual(sorted(readResult(wanted)));
  });

  const AT_ONE_TIME = [
    '"text"',
    'lapwing_value[1m]',
    'sum by (env) (lapwing_value)[5m:20s]',
    'vector(2)[1m:20s]',
  ];
  it.each([...QUERIES, ...AT_ONE_TIME])('at one time: %s', async (query) => {
    const parameters = { query, time: String(START_MS / 1000 + 2004.5) };
    const [found, wanted] = await Promise.all([
      ask(ours(), 'query', parameters),
      ask(prometheus.url, 'query', parameters),
    ]);
    const isOrdered = /^(?:topk|bottomk|sort)/.test(query);
    const read = (answer: Answer) => (isOrdered ? readResult(answer) : sorted(readResult(answer)));
    expect(read(found)).toEqual(read(wanted));
  });
});
