/** The tools of those who use the API take schema.graphql as it is; the client of the docs compiles against it, and runs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, read } from '../../helpers/ask.ts';
import { until } from '../../helpers/until.ts';
import { type ConsumerProject, createConsumerProject, runTool } from './consumer-project.ts';
import { ADMIN, startKeyedServer } from './keyed-server.ts';

let project: ConsumerProject;
beforeAll(async () => {
  project = await createConsumerProject();
});

afterAll(() => project[Symbol.asyncDispose]());

test('graphql-codegen makes types of it, with which the client of the docs compiles, and no other client would', async () => {
  const client = join(project.folder, 'docs/client');
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
  const cwd = join(project.folder, 'docs/client');
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
  await second.says('monitored already shop.orders');
  await second.says('2026-01-01T00:02:00.000Z shop.orders 12 NONE');
  expect(second.said()).not.toContain('00:01:00');
  expect(await second.stop()).toBe(0);
});

test('the client of the docs waits out what passes, and says what does not', async () => {
  const module = (await import(/* @vite-ignore */ join(project.folder, 'docs/client/client.ts'))) as Client;
  await using keyed = await startKeyedServer({ LAPWING_MAX_OPERATIONS_PER_SECOND: '1' });
  const { accept, live, stats, monitor } = keyed.server.engine;
  const address = { url: `${keyed.server.url}/graphql`, apiKey: ADMIN };
  await monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: 'm' }, model: { min: 0, max: 9 } });
  const refused = () => stats.read('requests_over_limit');
  const follow = (
    cursor: string | null,
    onEvent: (event: { cursor: string }) => void,
    stop: AbortController,
  ) =>
    module.followScores(address, {
      cursors: { read: () => Promise.resolve(cursor), write: () => Promise.resolve() },
      onEvent: (event) => {
        onEvent(event);
        return Promise.resolve();
      },
      signal: stop.signal,
    });

  // Whatever a second and the ones before it allow is used up: the subscription is refused at first.
  await until(async () => {
    await ask(keyed.admin, '{ __typename }').catch(() => undefined);
    expect(refused()).toBeGreaterThan(0);
  });
  const before = refused();
  const cursors: string[] = [];
  const stop = new AbortController();
  const following = follow(null, ({ cursor }) => cursors.push(cursor), stop);
  await until(() => expect(live.subscriberCount()).toBe(1));
  expect(refused()).toBeGreaterThan(before);
  await accept.acceptNamed([{ metric: 'm', timestampMs: 0, value: 1 }]);
  await until(() => expect(cursors).not.toEqual([]));
  stop.abort();
  await following;

  await expect(follow('no cursor', () => undefined, new AbortController())).rejects.toMatchObject({
    message: 'after: "no cursor" is not a cursor of this server',
    codes: ['CURSOR_INVALID'],
  });
});

/** docs/client/client.ts, whose types are those of the project it is copied to. */
interface Client {
  readonly followScores: (
    address: object,
    options: {
      readonly cursors: object;
      readonly onEvent: (event: { cursor: string }) => Promise<void>;
      readonly signal: AbortSignal;
    },
  ) => Promise<void>;
}

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

test('gql.tada types documents by it as they are written: a wrong field or variable does not compile', async () => {
  const tada = join(project.folder, 'tada');
  await mkdir(tada);
  const plugin = {
    name: 'gql.tada/ts-plugin',
    schema: '../schema.graphql',
    tadaOutputLocation: './env.d.ts',
  };
  const config = {
    extends: '../tsconfig.json',
    compilerOptions: { plugins: [plugin], noEmit: true, types: ['node'], rootDir: '.' },
    include: ['.'],
  };
  await writeFile(join(tada, 'tsconfig.json'), JSON.stringify(config));
  await runTool('gql-tada', ['generate-output'], tada);
  await writeFile(join(tada, 'right.ts'), TADA_SOURCE);
  const wrong = (line: string, text: string) => writeFile(join(tada, `${line}.ts`), text);
  await wrong(
    'field',
    "import type { Samples } from './right.ts';\nexport const f = (s: Samples) => s.metric?.nope;\n",
  );
  await wrong(
    'variable',
    "import type { Given } from './right.ts';\nexport const given: Given = { id: 'Metric:x', filter: { minClass: 'PURPLE' } };\n",
  );
  const failure = await runTool('tsc', ['-p', '.'], tada).then(
    () => 'it compiles',
    (error: unknown) => String(error),
  );
  expect(failure).toMatch(/field\.ts\(2,\d+\): error TS2339: Property 'nope' does not exist/);
  expect(failure).toMatch(/variable\.ts\(2,\d+\): error TS2322: Type '"PURPLE"' is not assignable/);
  expect(failure.match(/error TS/g)).toHaveLength(2);
});

const TADA_SOURCE = `
import { initGraphQLTada, type ResultOf, type VariablesOf } from 'gql.tada';
import type { introspection } from './env.d.ts';
const graphql = initGraphQLTada<{ introspection: introspection; scalars: { DateTime: string; JSON: unknown } }>();
export const document = graphql(\`
  query Samples($id: ID!, $filter: AnomalyScoreFilter) {
    metric(id: $id) { id latest { value anomalyClass timestamp } }
    metricData(filter: $filter) { totalCount nodes { id anomalyScore } }
  }
\`);
export type Samples = ResultOf<typeof document>;
export type Given = VariablesOf<typeof document>;
export const color = (samples: Samples): 'NONE' | 'GREEN' | 'YELLOW' | 'RED' | undefined => samples.metric?.latest?.anomalyClass;
export const value: number | undefined = ({} as Samples).metric?.latest?.value;
`;
