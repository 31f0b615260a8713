/** What the documents show is run as it stands: a reader who pastes it sees what they say. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSchema, NoDeprecatedCustomRule, parse, specifiedRules, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfiguration } from '../../src/cli/apply/read-configuration.ts';
import { ask, read } from '../helpers/ask.ts';
import { findProgram } from '../helpers/program.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { findExample, listExamples, ROOT } from './list-examples.ts';

/** They ask AWS, or an InfluxDB, for what they name. */
const ASK_OTHERS = /cloudwatch: \{|createAutostack|influxdb: \{|prometheus: \{/;

/** Their answer is that of what a command pushes. */
const AFTER_PUSH = 'AnomaliesOfLatency';

const queries = listExamples('graphql');
const commands = listExamples('sh');
const find = (...where: Parameters<typeof findExample>): string => findExample(...where).text;
/** Not every machine has netcat; and the key of a licence is a setting. */
const PUBLIC_KEY = '$(openssl pkey -in issuer.pem -pubout -outform DER | base64 -w0)';
const FUNCTIONS = `
  lapwing() { LAPWING_LICENSE_PUBLIC_KEY="${PUBLIC_KEY}" node ${findProgram().join(' ')} "$@"; }
  nc() { exec 3<>"/dev/tcp/$2/$3"; cat >&3; exec 3>&-; }`;
const hasAws = spawnSync('aws', ['--version']).status === 0;

/** What stands in a value but for numbers, texts and times: names of fields, and how they are nested. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return typeof value === 'object' ? null : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shapeOf(part)]));
}

describe('a GraphQL example', () => {
  const schema = buildSchema(readFileSync(join(ROOT, 'schema.graphql'), 'utf8'));

  it.each(queries)('asks for what there is, by the names of now: $page:$line', ({ text }) => {
    expect(validate(schema, parse(text), [...specifiedRules, NoDeprecatedCustomRule])).toEqual([]);
  });
});

describe('on a server', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer({
      settings: {
        LAPWING_GRAPHITE_PORT: '0',
        LAPWING_CLOUDWATCH_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        LAPWING_CLOUDWATCH_SECRET_ACCESS_KEY: 'change-me',
      },
    });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  beforeAll(async () => {
    // The resource of the examples.
    const points = [{ metric: 'cpu', resource: 'web-3', timestamp: new Date().toISOString(), value: 41 }];
    await read(
      server,
      'mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }',
      { points },
    );
  });

  /** In a folder of its own; the ports of the documents are those of this server. */
  async function runShell(lines: string): Promise<{ readonly stdout: string }> {
    const folder = await mkdtemp(join(tmpdir(), 'lapwing-examples-'));
    const graphitePort = new URL(server.addresses.graphite ?? '').port;
    const commands = lines
      .replaceAll('127.0.0.1:4000', new URL(server.url).host)
      .replaceAll('127.0.0.1 2003', `127.0.0.1 ${graphitePort}`);
    try {
      return await promisify(execFile)('bash', ['-euc', `${FUNCTIONS}\n${commands}`], { cwd: folder });
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it.each(
    queries.filter(
      ({ text }) => !text.startsWith('subscription') && !ASK_OTHERS.test(text) && !text.includes(AFTER_PUSH),
    ),
  )('a query and its answer are as shown: $page:$line', async ({ text, answer }) => {
    const { data, errors } = await ask(server, text);
    expect(errors).toEqual([]);
    // A refusal is no error of GraphQL, and not what the page promises.
    expect(JSON.stringify(data)).not.toContain('"message":');
    if (answer !== null) expect(shapeOf({ data })).toEqual(shapeOf(JSON.parse(answer)));
  });

  it('the first metric of the README arrives by Graphite', async () => {
    await runShell(find(commands, 'README.md', 'nc -w1'));
    await until(async () => {
      const { metrics } = await read<{ metrics: { nodes: { latest: { value: number } | null }[] } }>(
        server,
        '{ metrics(filter: { names: ["web.latency"] }) { nodes { latest { value } } } }',
      );
      expect(metrics.nodes.map(({ latest }) => latest?.value)).toEqual([0.21]);
    });
  });

  it('the tutorial pushes two days in which the end is anomalous', async () => {
    await runShell(find(commands, 'docs/first-anomaly.md', 'awk'));
    const { text, answer } = findExample(queries, 'docs/first-anomaly.md', 'AnomaliesOfLatency');
    await until(async () => {
      const { data } = await ask(server, text);
      expect(shapeOf({ data })).toEqual(shapeOf(JSON.parse(answer ?? '')));
    });
  });

  it.skipIf(!hasAws)('the AWS command line puts and lists a metric', async () => {
    const [, ...lines] = find(commands, 'docs/cloudwatch.md', 'put-metric-data').split('\n');
    const { stdout } = await runShell(lines.join('\n'));
    expect(JSON.parse(stdout)).toMatchObject({ Metrics: [{ Namespace: 'Shop', MetricName: 'orders' }] });
  });

  it('a licence that openssl signs is valid', async () => {
    const { stdout } = await runShell(find(commands, 'docs/monitoring.md', 'openssl'));
    expect(stdout).toMatch(/Acme/);
  });

  it.each(listExamples('promql').flatMap(({ text }) => text.trim().split('\n')))(
    'PromQL is answered: %s',
    async (query) => {
      const url = `${server.url}/prometheus/api/v1/query?query=${encodeURIComponent(query)}`;
      expect(await (await fetch(url)).json()).toMatchObject({ status: 'success' });
    },
  );
});

it('the configuration file is read as it stands', async () => {
  const text = find(listExamples('yaml'), 'docs/configuration.md', 'apiVersion');
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-examples-'));
  await mkdir(join(folder, 'secrets'));
  await writeFile(join(folder, 'secrets/hook'), 'at least sixteen characters');
  const environment = { SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/x' };
  const configuration = readConfiguration(text, 'lapwing.yaml', { folder, environment });
  expect([configuration.entries.length, configuration.deletions.length]).toEqual([5, 1]);
  await rm(folder, { recursive: true });
});
