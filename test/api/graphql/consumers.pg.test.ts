/** The tools of those who use the API take schema.graphql as it is; the client of the docs compiles against it, and runs. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { read } from '../../helpers/ask.ts';
import { until } from '../../helpers/until.ts';
import { ADMIN, startKeyedServer } from './keyed-server.ts';

const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);
let folder: string;

/** A project of somebody else's, with the same packages installed. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lapwing-consumer-'));
  for (const file of ['schema.graphql', 'tsconfig.json']) await cp(join(ROOT, file), join(folder, file));
  await cp(join(ROOT, 'docs/client'), join(folder, 'docs/client'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});

afterAll(() => rm(folder, { recursive: true }));

/** @returns what it said. @throws Error with all it said, when it fails */
async function runTool(tool: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout, stderr } = await run(join(ROOT, 'node_modules/.bin', tool), args, { cwd });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${tool} failed:\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}

test('graphql-codegen makes types of it, with which the client of the docs compiles, and no other client would', async () => {
  const client = join(folder, 'docs/client');
  await runTool('graphql-codegen', ['--config', 'codegen.ts'], client);
  const types = await readFile(join(client, 'generated/graphql.ts'), 'utf8');
  expect(types).toContain('export type ScoresSubscription');
  const wrong =
    "import type { ScoreEvent } from './client.js';\nexport const f = (e: ScoreEvent) => e.scores[0]?.nope;\n";
  await writeFile(join(client, 'wrong.ts'), wrong);
  await expect(runTool('tsc', ['-p', '.'], client)).rejects.toThrow(
    /failed:\nwrong\.ts\(2,\d+\): error TS2339: Property 'nope' does not exist [^\n]*\n$/,
  );
});

test('the client of the docs, run with a key, goes on after a stop where it was', async () => {
  await using keyed = await startKeyedServer();
  const { server, admin } = keyed;
  const cwd = join(folder, 'docs/client');
  const push = (minute: number, value: number) =>
    read(admin, PUSH, {
      points: [{ metric: 'shop.orders', timestamp: `2026-01-01T00:0${minute}:00Z`, value }],
    });

  await using first = startExample(cwd, server.url);
  await first.says('watching shop.orders ACTIVE');
  await until(() => expect(server.engine.live.subscriberCount()).toBe(1));
  await push(1, 11);
  await first.says('2026-01-01T00:01:00.000Z shop.orders 11 NONE');
  await until(() => readFile(join(cwd, 'scores.cursor'), 'utf8'));
  expect(await first.stop()).toBe(0);

  await push(2, 12);
  await using second = startExample(cwd, server.url);
  await second.says('watched already shop.orders');
  await second.says('2026-01-01T00:02:00.000Z shop.orders 12 NONE');
  expect(second.said()).not.toContain('00:01:00');
  expect(await second.stop()).toBe(0);
});

const PUSH =
  'mutation($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }';

/** The example as a program of its own. */
function startExample(cwd: string, url: string) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'example.ts'], {
    cwd,
    env: { ...process.env, LAPWING_URL: `${url}/graphql`, LAPWING_API_KEY: ADMIN },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  const ended = once(child, 'close');
  const isOver = async () => {
    await ended;
    throw new Error(`it ended, having said:\n${said}`);
  };
  return {
    said: () => said,
    /** Resolves once it has said this. */
    says: (text: string) => Promise.race([until(() => expect(said).toContain(text)), isOver()]),
    /** Interrupts it. @returns its exit code */
    stop: async () => {
      child.kill('SIGINT');
      const [code] = (await ended) as [number | null];
      return code;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

test('relay-compiler takes it, with a list paged both ways and filtered, a refetched node and a subscription', async () => {
  const project = join(folder, 'relay');
  await mkdir(join(project, 'src/__generated__'), { recursive: true });
  const config = {
    src: './src',
    schema: '../schema.graphql',
    language: 'typescript',
    artifactDirectory: './src/__generated__',
    customScalarTypes: { DateTime: 'string', JSON: 'unknown' },
    eagerEsModules: true,
  };
  await writeFile(join(project, 'relay.config.json'), JSON.stringify(config));
  await writeFile(join(project, 'src/list.ts'), RELAY_SOURCE);
  await runTool('relay-compiler', ['--repersist'], project);
  const artifact = await readFile(join(project, 'src/__generated__/list_metrics.graphql.ts'), 'utf8');
  expect(artifact).toContain('readonly anomalyClass: AnomalyClass');
});

const RELAY_SOURCE = `
import { graphql } from 'relay-runtime';
export const list = graphql\`
  fragment list_metrics on Query
  @refetchable(queryName: "listPageQuery")
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 20 }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
    filter: { type: "MetricFilter" }
  ) {
    metrics(first: $first, after: $after, last: $last, before: $before, filter: $filter)
      @connection(key: "list_metrics", filters: ["filter"]) {
      edges { node { id name latest { anomalyClass } ...list_metric } }
    }
  }
\`;
export const one = graphql\`
  fragment list_metric on Metric @refetchable(queryName: "listMetricQuery") {
    resource { id status }
    data(first: 10) { edges { node { value } } }
  }
\`;
export const query = graphql\`query listQuery { ...list_metrics }\`;
export const watch = graphql\`
  mutation listWatchMutation($input: MonitorMetricInput!) {
    monitorMetric(input: $input) { __typename ...list_metric @alias ... on Metric { id statusReason } ... on Error { code message } }
  }
\`;
export const live = graphql\`
  subscription listLiveSubscription($after: String) {
    anomalyScores(after: $after) { cursor scores { metric { id ...list_metric } } }
  }
\`;
`;
