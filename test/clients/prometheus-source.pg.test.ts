/** What a real Prometheus scraped is monitored: discovered, confirmed, read, scored. */
import { expect, it } from 'vitest';
import { ask, read } from '../helpers/ask.ts';
import { startServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { findPort } from './start-program.ts';
import { hasPrometheus, startPrometheus } from './start-prometheus.ts';

const MONITOR = `mutation Monitor($prometheus: PrometheusMetricSpec!) {
  monitorMetric(input: { spec: { prometheus: $prometheus }, model: { min: 0, max: 1000 } }) {
    ... on Metric { id name datasource server tags { key value } }
    ... on Error { code message }
  }
}`;
const SAMPLES = 5;

interface Monitored {
  readonly monitorMetric: { readonly id: string };
}

it.skipIf(!hasPrometheus)('an expression of a Prometheus is monitored as it is there', async () => {
  const port = await findPort();
  await using prometheus = await startPrometheus({
    port,
    config: {
      scrape_configs: [
        {
          job_name: 'prometheus',
          scrape_interval: '1s',
          static_configs: [{ targets: [`127.0.0.1:${port}`] }],
        },
      ],
    },
  });
  const query = 'go_goroutines{job="prometheus"}';
  const evaluate = async (expression: string, at: string) => {
    const parameters = new URLSearchParams({ query: expression, time: at });
    const response = await fetch(`${prometheus.url}/api/v1/query?${parameters}`);
    const { data } = (await response.json()) as {
      data: { result: readonly { value: readonly [number, string] }[] };
    };
    return data.result.map(({ value }) => Number(value[1]));
  };
  const nowText = () => String(Date.now() / 1000 - 2);
  await until(async () => expect(await evaluate(query, nowText())).toHaveLength(1));
  await using server = await startServer({
    settings: { LAPWING_PROMETHEUS_URL: prometheus.url, LAPWING_PROMETHEUS_SETTLE_SECONDS: '2' },
  });
  // Quantiles are several series. A query the server was too slow to confirm is taken: then another one is asked for.
  let tries = 0;
  await until(async () => {
    tries += 1;
    const several = `go_gc_duration_seconds{quantile!="x${tries}"}`;
    const { data } = await ask(server, MONITOR, { prometheus: { query: several } });
    expect(data).toMatchObject({
      monitorMetric: {
        code: 'INVALID_INPUT',
        message: expect.stringContaining('exactly one series, got 5: go_gc_duration_seconds{') as string,
      },
    });
  });
  const spec = { query, periodSeconds: 1 };
  const { monitorMetric } = await read<Monitored>(server, MONITOR, { prometheus: spec });
  expect(monitorMetric).toMatchObject({
    name: 'go_goroutines',
    datasource: 'PROMETHEUS',
    server: 'default/Prometheus/go_goroutines',
    tags: [{ key: 'job', value: 'prometheus' }],
  });
  // One that gives nothing now is taken when it is asked for so, and does not disturb the other.
  const { monitorMetric: silent } = await read<Monitored>(server, MONITOR, {
    prometheus: { query: 'not_yet', unlisted: true },
  });
  const readData = async (id: string) => {
    const { metric } = await read<{
      metric: {
        collectorError: unknown;
        data: { nodes: readonly { timestamp: string; value: number; anomalyScore: number | null }[] };
      };
    }>(
      server,
      `query ($id: ID!) { metric(id: $id) {
        collectorError { message } data(last: 100) { nodes { timestamp value anomalyScore } }
      } }`,
      { id },
    );
    return metric;
  };
  const scored = await until(async () => {
    const { collectorError, data } = await readData(monitorMetric.id);
    expect(collectorError).toBeNull();
    expect(data.nodes.filter(({ anomalyScore }) => anomalyScore !== null).length).toBeGreaterThan(SAMPLES);
    return data.nodes;
  });
  for (const { timestamp, value } of scored) {
    expect([timestamp, value]).toEqual([timestamp, ...(await evaluate(query, timestamp))]);
  }
  expect(await readData(silent.id)).toEqual({ collectorError: null, data: { nodes: [] } });
  const types = await until(async () => {
    const { resourceTypes } = await read<{
      resourceTypes: readonly {
        name: string;
        metrics: readonly { metric: string; dimensions: readonly string[] }[];
      }[];
    }>(server, '{ resourceTypes(datasource: PROMETHEUS) { name metrics { metric dimensions } } }');
    expect(resourceTypes.length).toBeGreaterThan(1);
    return resourceTypes;
  });
  expect(types.find(({ name }) => name === 'Prometheus/go')?.metrics).toContainEqual({
    metric: 'go_goroutines',
    dimensions: ['instance', 'job'],
  });
});
