import { describe, expect, it } from 'vitest';
import { startInfluxdbEndpoint, type InfluxdbEndpoint } from '../../helpers/influxdb-endpoint.ts';
import { ask, read } from '../../helpers/ask.ts';
import { TRANSPORTS } from '../../helpers/connect.ts';
import { startServer } from '../../helpers/start-server.ts';

const SUBSCRIPTION = 'subscription Watch { anomalyScores { cursor } }';

interface Written {
  readonly series: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: string;
}

const readLines = (endpoint: InfluxdbEndpoint): readonly Written[] =>
  endpoint.lines.map((line) => {
    const [key = '', fields = ''] = line.split(/(?<!\\) /);
    const [series = '', ...pairs] = key.split(',');
    return {
      series,
      fields,
      tags: Object.fromEntries(pairs.map((pair) => pair.split('='))) as Record<string, string>,
    };
  });

const start = async (settings: Readonly<Record<string, string>> = {}) => {
  const influxdb = await startInfluxdbEndpoint();
  const server = await startServer({
    settings: {
      LAPWING_INFLUXDB_URL: influxdb.url,
      LAPWING_INFLUXDB_ORG: 'acme',
      LAPWING_INFLUXDB_BUCKET: 'lapwing',
      ...settings,
    },
  });
  const dispose = async () => {
    await server[Symbol.asyncDispose]();
    await influxdb[Symbol.asyncDispose]();
  };
  return { influxdb, server, [Symbol.asyncDispose]: dispose };
};

describe('the server, watching itself', () => {
  it('gives every request of every kind its point, and every failed one a second', async () => {
    await using started = await start();
    const { server, influxdb } = started;
    await ask(server, 'query Version { serverInfo { version } }');
    await ask(server, '{ serverInfo { version } }');
    await ask(server, '{ nothing }');
    await ask(server, '{ serverInfo {');
    await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '[{"query":"{ nothing }"},{"query":"query Version { serverInfo { version } }"}]',
    });
    await fetch(`${server.url}/api/v2/write`, { method: 'POST', body: 'a v=1' });
    await fetch(`${server.url}/write`, { method: 'POST', body: 'a v=x' });
    await fetch(`${server.url}/aws`, {
      method: 'POST',
      headers: { 'x-amz-target': 'GraniteServiceVersion20100801.ListMetrics' },
    });
    await fetch(`${server.url}/rules/new`);
    await fetch(`${server.url}/assets/none.js`);
    await fetch(`${server.url}/ready`);
    await fetch(`${server.url}/what/a,client wrote=1`);
    await server.stop();
    const points = readLines(influxdb);
    const requests = points.filter(({ series }) => series === 'requests');
    expect(requests.map(({ tags }) => [tags.route, tags.status_code, tags.operation_type])).toEqual([
      ['POST:/graphql/Version', '200', 'query'],
      [expect.stringMatching(/^POST:\/graphql\/[\da-f]{12}$/), '200', 'query'],
      [expect.stringMatching(/^POST:\/graphql\/[\da-f]{12}$/), '200', 'query'],
      ['POST:/graphql', '200', undefined],
      // Of a batch each is one, and so is the whole.
      [expect.stringMatching(/^POST:\/graphql\/[\da-f]{12}$/), '400', 'query'],
      ['POST:/graphql/Version', '200', 'query'],
      ['POST:/graphql', '200', undefined],
      ['POST:/api/v2/write', '204', undefined],
      ['POST:/write', '400', undefined],
      ['POST:/aws', expect.stringMatching(/^4/), undefined],
      ['GET:/rules', expect.stringMatching(/^(200|503)$/), undefined],
      ['GET:/assets', expect.stringMatching(/^(404|503)$/), undefined],
      ['GET:/ready', '200', undefined],
      ['GET:/*', '404', undefined],
    ]);
    expect(points.filter(({ series }) => series === 'errors').map(({ tags }) => tags.error_code)).toEqual([
      'GRAPHQL_VALIDATION_FAILED',
      'GRAPHQL_PARSE_FAILED',
      'GRAPHQL_VALIDATION_FAILED',
      'invalid',
      expect.stringMatching(/^[A-Z][A-Za-z]+$/),
      ...requests
        .slice(-4)
        .flatMap(({ tags: { status_code: status = '' } }) =>
          Number(status) >= 400 ? [`HTTP_${status}`] : [],
        ),
    ]);
    for (const { fields } of requests)
      expect(fields).toMatch(/^execution_time=[\d.e-]+,request_id="[\da-f-]{36}"$/);
    expect(points.filter(({ series }) => series === 'licensing')).toHaveLength(1);
  });

  it.each(TRANSPORTS)(
    'gives a subscription over $name its point when it starts',
    async ({ name, subscribe }) => {
      await using started = await start();
      const { server, influxdb } = started;
      await using operation = subscribe(server, SUBSCRIPTION);
      const next = operation.next();
      // The licence's point, and this one: the subscription is still open.
      await influxdb.untilLines(2);
      const route = `${name === 'WebSocket' ? 'WS' : 'POST'}:/graphql/Watch`;
      expect(readLines(influxdb).at(-1)?.tags).toEqual({
        service: 'lapwing',
        route,
        status_code: '200',
        operation_type: 'subscription',
      });
      await operation[Symbol.asyncDispose]();
      await next.catch(() => undefined);
    },
  );

  it('counts as many points as requests, of mixed success and many at once', async () => {
    await using started = await start();
    const { server, influxdb } = started;
    const many = Array.from({ length: 300 }, async (_, index) => {
      const body = index % 3 === 0 ? 'a v=x' : `a v=${index}`;
      const response = await fetch(`${server.url}/api/v2/write`, { method: 'POST', body });
      await response.arrayBuffer();
      return response.status;
    });
    const statuses = await Promise.all(many);
    await server.stop();
    const points = readLines(influxdb);
    expect(points.filter(({ series }) => series === 'requests')).toHaveLength(300);
    expect(points.filter(({ series }) => series === 'errors')).toHaveLength(100);
    expect(statuses.filter((status) => status === 204)).toHaveLength(200);
    expect(new Set(influxdb.lines).size).toBe(influxdb.lines.length);
    expect(server.engine.stats.read('monitoring_points_written')).toBe(401);
  });

  it('answers as ever when InfluxDB is away, and stops all the same', async () => {
    await using started = await start();
    const { server, influxdb } = started;
    await influxdb.goAway();
    const response = await fetch(`${server.url}/api/v2/write`, { method: 'POST', body: 'a v=1' });
    expect(response.status).toBe(204);
    await server.stop();
    const { stats } = server.engine;
    const [written, dropped] = [
      stats.read('monitoring_points_written'),
      stats.read('monitoring_points_dropped'),
    ];
    // The licence's point, and the request's.
    expect(written + dropped).toBe(2);
    expect(dropped).toBeGreaterThan(0);
  });

  it('writes every score where it is asked to', async () => {
    await using started = await start({ LAPWING_INFLUXDB_SCORES: 'on' });
    const { server, influxdb } = started;
    await server.engine.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name: 'web load', resource: 'web' },
      model: { min: 0, max: 100 },
    });
    const firstMs = 1_700_000_000_000;
    await server.engine.accept.acceptNamed(
      [10, 11].map((value, index) => ({ metric: 'web load', timestampMs: firstMs + index * 1000, value })),
    );
    await influxdb.untilLines(3);
    const scores = influxdb.lines.filter((line) => line.startsWith('anomaly,'));
    // What writes them is no subscriber.
    expect(await read(server, '{ serverInfo { subscribers } }')).toEqual({ serverInfo: { subscribers: 0 } });
    expect(scores).toHaveLength(2);
    expect(scores[0]).toMatch(
      /^anomaly,datasource=CUSTOM,metric=web\\ load,metric_id=[\da-f-]{36},server=web,service=lapwing /,
    );
    expect(scores[0]).toMatch(/ .*expected=[-\d.e]+,.*score=[-\d.e]+,value=10 1700000000000000000$/);
  });

  it('writes as often as it is told to while it runs', async () => {
    await using started = await start({ LAPWING_MONITORING_FLUSH_SECONDS: '3600' });
    const { server, influxdb } = started;
    const set = (seconds: number) =>
      ask(
        server,
        `mutation Set($seconds: Int!) { setMonitoringFlush(input: { seconds: $seconds }) {
          ... on ServerInfo { monitoringFlushSeconds } ... on Error { code message }
        } }`,
        { seconds },
      );
    expect((await set(0)).data).toEqual({
      setMonitoringFlush: { code: 'INVALID_INPUT', message: 'seconds: expected 1 to 3600, got 0' },
    });
    expect((await set(1)).data).toEqual({ setMonitoringFlush: { monitoringFlushSeconds: 1 } });
    // The licence's point and the two requests': a failure that is data is none of the request.
    await influxdb.untilLines(3);
  });

  it('says its quota and licence at /metrics and in GraphQL', async () => {
    await using started = await start({ LAPWING_QUOTA_RESOURCES: '7', LAPWING_LICENSE_FILE: '/nowhere' });
    const text = await (await fetch(`${started.server.url}/metrics`)).text();
    expect(text).toContain('\nlapwing_resources_limit 7\n');
    expect(text).toContain('\nlapwing_license_status{status="error"} 1\n');
    expect(text).toContain('\nlapwing_license_status{status="ok"} 0\n');
    const { data } = await ask(
      started.server,
      '{ serverInfo { resources resourceLimit license { status holder expires restDays errors warnings } } }',
    );
    expect(data).toEqual({
      serverInfo: {
        resources: 0,
        resourceLimit: 7,
        license: {
          status: 'ERROR',
          holder: null,
          expires: null,
          restDays: null,
          errors: [expect.stringContaining('/nowhere cannot be read') as string],
          warnings: [],
        },
      },
    });
  });
});
