import { describe, expect, it } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { TRANSPORTS } from '../../../helpers/connect.ts';
import { startInfluxdbEndpoint } from '../../../helpers/influxdb-endpoint.ts';
import { startServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';

const MONITOR = `mutation Monitor($input: MonitorMetricInput!) {
  monitorMetric(input: $input) {
    __typename
    ... on Error { message code }
    ... on Metric { id name server datasource periodSeconds }
  }
}`;
const SCORES = `subscription { anomalyScores(lingerMs: 0) { scores { metric { name } value } } }`;

const input = (spec: object) => ({
  input: {
    spec: { influxdb: { bucket: 'b', measurement: 'cpu', field: 'usage', ...spec } },
    model: { min: 0, max: 100 },
  },
});

/** Answers each question for a window with one value per second of it. */
function answerWindow(query: string): string {
  const times = [...query.matchAll(/time\(v: "([^"]+)"\)/g)].map(([, time = '']) => Date.parse(time));
  const [startMs = 0, stopMs = 0] = times;
  const rows: string[] = [];
  // The newest few are enough of a first window that goes far back.
  for (let ms = Math.max(startMs, stopMs - 5000); ms < stopMs; ms += 1000) {
    rows.push(`,,0,${new Date(ms).toISOString()},${(ms / 1000) % 10}`);
  }
  const head = [
    '#datatype,string,long,dateTime:RFC3339,double',
    '#group,false,false,false,false',
    '#default,_result,,,',
  ];
  return [...head, ',result,table,_time,_value', ...rows, ''].join('\r\n');
}

describe('a series of InfluxDB', () => {
  it('is monitored, read, scored and seen on the subscription', async () => {
    await using influxdb = await startInfluxdbEndpoint({
      answerQuery: (query) => (query.includes('aggregateWindow') ? answerWindow(query) : ''),
    });
    await using server = await startServer({
      settings: {
        LAPWING_INFLUXDB_URL: influxdb.url,
        LAPWING_INFLUXDB_ORG: 'acme',
        LAPWING_INFLUXDB_BUCKET: 'own',
        LAPWING_INFLUXDB_TOKEN: 'secret',
      },
    });
    const [webSocket] = TRANSPORTS;
    if (webSocket === undefined) throw new Error('there is a transport');
    await using operation = webSocket.subscribe(server, SCORES);
    const next = operation.next();
    await until(() => expect(server.engine.live.subscriberCount()).toBe(1));
    const spec = {
      tags: [
        { key: 'host', value: 'web' },
        { key: 'env', value: 'prod' },
      ],
      aggregate: 'MAX',
      periodSeconds: 1,
    };
    const { monitorMetric } = await read<{ monitorMetric: unknown }>(server, MONITOR, input(spec));
    expect(monitorMetric).toMatchObject({
      name: 'cpu.usage',
      server: 'b/InfluxDB/web',
      datasource: 'INFLUXDB',
      periodSeconds: 1,
    });
    const tags = [
      { key: 'env', value: 'prod' },
      { key: 'host', value: 'web' },
    ];
    const TAGS = `{ metrics(filter: { tags: [{ key: "env", values: ["prod"] }] }) { nodes {
      tags { key value } resource { type region tags { key value } }
    } } }`;
    expect(await read(server, TAGS)).toEqual({
      metrics: { nodes: [{ tags, resource: { type: 'host', region: 'b', tags } }] },
    });
    const { value } = await next;
    // The newest five seconds of the window, all in one event.
    const scored = { metric: { name: 'cpu.usage' }, value: expect.any(Number) as number };
    expect(value).toEqual({ data: { anomalyScores: { scores: Array.from({ length: 5 }, () => scored) } } });
    const windows = influxdb.queries.filter((query) => query.includes('aggregateWindow'));
    expect(windows[0]).toContain('fn: max');
    expect(windows[0]).toContain('r["host"] == "web"');
    expect(server.engine.stats.read('source_read_failures')).toBe(0);
  });

  it('says what is wrong with its spec, and that there is no InfluxDB', async () => {
    await using server = await startServer();
    const { data } = await ask(server, MONITOR, input({}));
    expect(data).toMatchObject({ monitorMetric: { code: 'NOT_SUPPORTED' } });
    const twice = {
      tags: [
        { key: 'a', value: '1' },
        { key: 'a', value: '2' },
      ],
    };
    expect((await ask(server, MONITOR, input(twice))).data).toMatchObject({
      monitorMetric: { code: 'INVALID_INPUT', message: 'tags: expected each tag once' },
    });
  });
});
