/**
 * The loop of a real Prometheus: what it scrapes of itself is written to the server, monitored by a policy, and the scores are
 * written back to it, where PromQL finds them.
 */
import { expect, it } from 'vitest';
import { read } from '../helpers/ask.ts';
import { startServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { findPort } from './start-program.ts';
import { hasPrometheus, startPrometheus } from './start-prometheus.ts';

const SCRAPED = ['go_goroutines', 'process_resident_memory_bytes', 'process_cpu_seconds_total'];
const SCORES = 5;

interface Answer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly values: readonly (readonly [number, string])[];
    }[];
  };
}

/** All samples of some series, by their labels and times. */
async function readSamples(url: string, names: string): Promise<ReadonlyMap<string, number>> {
  const query = `{__name__=~"${names}"}[1h]`;
  const response = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query }),
  });
  const { data } = (await response.json()) as Answer;
  const samples = data.result.flatMap(({ metric, values }) => {
    const labels = JSON.stringify(Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    return values.map(([seconds, value]) => [`${labels} ${seconds}`, Number(value)] as const);
  });
  return new Map(samples);
}

it.skipIf(!hasPrometheus)('scores go round: scraped, pushed, monitored, written back, queried', async () => {
  const port = await findPort();
  await using server = await startServer({
    settings: { LAPWING_REMOTE_WRITE_URL: `http://127.0.0.1:${port}/api/v1/write` },
  });
  await read(
    server,
    `mutation { createMonitoringPolicy(input: { name: "all", match: { namePattern: "*" } }) { ... on Error { message } } }`,
  );
  await using prometheus = await startPrometheus({
    port,
    config: {
      scrape_configs: [
        {
          job_name: 'prometheus',
          scrape_interval: '1s',
          static_configs: [{ targets: [`127.0.0.1:${port}`] }],
          metric_relabel_configs: [{ source_labels: ['__name__'], regex: SCRAPED.join('|'), action: 'keep' }],
        },
      ],
      remote_write: [
        {
          url: `${server.url}/api/v1/write`,
          queue_config: { batch_send_deadline: '1s' },
          // As docs/prometheus.md has it: what is written here is not sent back.
          write_relabel_configs: [{ source_labels: ['__name__'], regex: 'lapwing_.+', action: 'drop' }],
        },
      ],
    },
  });
  // Prometheus has scores of each series it scraped: those of scrapes as `up` too.
  await until(async () => {
    const scores = await readSamples(prometheus.url, 'lapwing_anomaly_score');
    for (const name of [...SCRAPED, 'up']) {
      expect([...scores.keys()].some((key) => key.includes(`"metric","${name}"`))).toBe(true);
    }
  });
  const written = await readSamples(prometheus.url, 'lapwing_.+');
  const here = await readSamples(`${server.url}/prometheus`, 'lapwing_.+');
  expect(written.size).toBeGreaterThanOrEqual(SCORES * SCRAPED.length);
  for (const [sample, value] of written) expect([sample, here.get(sample)]).toEqual([sample, value]);
  // A value that came back is the one that was scraped.
  const values = await readSamples(prometheus.url, 'lapwing_value');
  const scraped = new Set((await readSamples(prometheus.url, SCRAPED.join('|'))).values());
  for (const [sample, value] of values) {
    if (SCRAPED.some((name) => sample.includes(`"metric","${name}"`))) expect(scraped).toContain(value);
  }
  expect(server.engine.stats.read('remote_write_samples_refused')).toBe(0);
});
