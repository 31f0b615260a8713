/** Every command of the documents is run by a test, or it is said here why none can; settings are those there are. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { findUnknownSettings } from '../../src/platform/config/read-config.ts';
import { read } from '../helpers/ask.ts';
import { withDatabase } from '../helpers/database.ts';
import { findProgram } from '../helpers/program.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { type Example, findExample, listExamples } from './list-examples.ts';

const commands = listExamples('sh');

/** Commands that are run, by a word of theirs: here, or by the test that is named. */
const RUN: readonly (readonly [page: string, word: string, by: string])[] = [
  ['README.md', 'npm ci && npm start', '.ci/run installs; test/main.pg.test.ts starts'],
  ['README.md', 'nc -w1', 'test/docs/examples.pg.test.ts'],
  ['README.md', 'npm ci && npm test', '.ci/run'],
  ['docs/backup.md', 'lapwing restore', 'here'],
  ['docs/backup.md', 'ssh', 'here'],
  ['docs/backup.md', 'zcat', 'here'],
  ['docs/client/README.md', 'graphql-codegen', 'test/api/graphql/consumers.pg.test.ts'],
  ['docs/cloudwatch.md', 'put-metric-data', 'test/docs/examples.pg.test.ts'],
  ['docs/configuration.md', 'lapwing apply', 'here'],
  ['docs/first-anomaly.md', 'npm ci && npm start', '.ci/run installs; test/main.pg.test.ts starts'],
  ['docs/first-anomaly.md', 'awk', 'test/docs/examples.pg.test.ts'],
  ['docs/monitoring.md', 'openssl', 'test/docs/examples.pg.test.ts'],
  ['docs/push.md', 'node_exporter_text', 'here'],
  ['docs/push.md', 'api/put', 'here'],
  ['docs/push.md', 'range.json', 'here'],
];
/** Commands no test can run. */
const NOT_RUN: readonly (readonly [page: string, word: string, why: string])[] = [
  [
    'docs/deploy.md',
    'systemctl',
    'changes the users and services of the machine; deploy.test.ts reads the unit',
  ],
  ['docs/deploy.md', 'kubectl create', 'needs a cluster; deploy.test.ts reads the manifests'],
  ['docs/deploy.md', 'kubectl exec', 'needs a cluster'],
];
/** Lines that set a variable, and comments. */
const SETTINGS = /^(?:(?:export )?[A-Z_]+=.*|#.*|)$/;
const isSettings = ({ text }: Example) => text.split('\n').every((line) => SETTINGS.test(line));
const run = promisify(execFile);

it('each command is run by a test, or it is known why not', () => {
  const known = [...RUN, ...NOT_RUN].map(([page, word]) => findExample(commands, page, word));
  const others = commands.filter((one) => !isSettings(one) && !known.includes(one));
  expect(others.map(({ page, line }) => `${page}:${line}`)).toEqual([]);
});

it.each(commands.filter(isSettings))('the settings are those there are: $page:$line', async ({ text }) => {
  const { stdout } = await run('bash', ['-c', `set -a\n${text}\nenv`], { env: {} });
  const names = stdout.split('\n').map((line) => line.split('=', 1)[0] ?? '');
  const environment = Object.fromEntries(names.map((name) => [name, 'set']));
  expect(names.some((name) => /^(?:LAPWING|OTEL|DATABASE)_/.test(name))).toBe(true);
  expect(findUnknownSettings(environment)).toEqual([]);
});

/** In a folder of its own, with `lapwing` as it is installed. */
async function runIn(folder: string, lines: string, environment: Readonly<Record<string, string>>) {
  const functions = `lapwing() { node ${findProgram().join(' ')} "$@"; }
    ssh() { shift; bash -c "$1"; }
    node_exporter_text() { printf '# TYPE node_load1 gauge\\nnode_load1 0.5\\n'; }`;
  const env = { PATH: process.env.PATH, HOME: folder, LAPWING_LOG_LEVEL: 'warn', ...environment };
  return run('bash', ['-euo', 'pipefail', '-c', `${functions}\n${lines}`], { cwd: folder, env });
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-commands-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const listNames = async (server: TestServer) => {
  const { metrics } = await read<{ metrics: { nodes: { name: string }[] } }>(
    server,
    '{ metrics(first: 100) { nodes { name } } }',
  );
  return metrics.nodes.map(({ name }) => name);
};

it('a backup is made, copied to another machine, looked into, and restored', async () => {
  await using database = await withDatabase();
  await using empty = await withDatabase({ migrated: false });
  await withFolder(async (folder) => {
    const settings = { LAPWING_DATA_DIR: folder, DATABASE_URL: database.connection };
    const [backup = '', restore = ''] = findExample(commands, 'docs/backup.md', 'lapwing restore').text.split(
      '\n',
    );
    await runIn(folder, backup, settings);
    await runIn(folder, restore, { ...settings, DATABASE_URL: empty.connection });
    expect(await empty.prisma.account.count()).toBe(await database.prisma.account.count());
    await runIn(folder, findExample(commands, 'docs/backup.md', 'ssh').text, settings);
    // head ends before zcat does.
    const look = `set +o pipefail; ${findExample(commands, 'docs/backup.md', 'zcat').text}`;
    const { stdout } = await runIn(folder, look, settings);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'lapwing-backup' });
  });
});

/** There is no AWS account to ask: the file without what names something there. */
function withoutAws(text: string): string {
  return text
    .replace(/^autostacks:\n(?: .*\n)+/m, '')
    .replace(/^ +scope: \{ autostack.*\n/m, '')
    .replace(/^ {2}- spec:\n {6}cloudwatch:\n(?: {8}.*\n)+/m, '');
}

it('the configuration file is planned and applied', async () => {
  await using server = await startServer();
  await withFolder(async (folder) => {
    const { text } = findExample(listExamples('yaml'), 'docs/configuration.md', 'apiVersion');
    await writeFile(join(folder, 'lapwing.yaml'), withoutAws(text));
    await mkdir(join(folder, 'secrets'));
    await writeFile(join(folder, 'secrets/hook'), 'at least sixteen characters');
    const { stdout } = await runIn(
      folder,
      findExample(commands, 'docs/configuration.md', 'lapwing apply').text,
      {
        LAPWING_PORT: new URL(server.url).port,
        SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/x',
      },
    );
    expect(stdout).toMatch(/^Plan: [1-9].*\n(?:.*\n)*Applied: [1-9]/m);
  });
});

it('what exporters and batch jobs print is pushed', async () => {
  await using server = await startServer();
  const { text } = findExample(commands, 'docs/push.md', 'node_exporter_text');
  await withFolder((folder) =>
    runIn(folder, text.replaceAll('127.0.0.1:4000', new URL(server.url).host), {}),
  );
  await until(async () =>
    expect((await listNames(server)).sort()).toEqual([
      'node_load1;host=db-1',
      'rows_total;instance=db-1;job=nightly',
    ]),
  );
});

it('data points of OpenTSDB are pushed', async () => {
  await using server = await startServer();
  const { text } = findExample(commands, 'docs/push.md', 'api/put');
  const { stdout } = await withFolder((folder) =>
    runIn(folder, text.replaceAll('127.0.0.1:4000', new URL(server.url).host), {}),
  );
  expect(JSON.parse(stdout)).toEqual({ errors: [], failed: 0, success: 2 });
  expect(await listNames(server)).toEqual(['sys.cpu.nice;host=web01', 'sys.cpu.nice;host=web02']);
});

/** As the programs write them that docs/push.md names. */
const FOREIGN_FILES = [
  ['cpu.csv', 'time,usage\n1772323200,12.5\n1772323260,13\n'],
  ['panel.csv', '"Time","web-1","web-2"\r\n1772323200000,1,\r\n1772323260000,0.5,2\r\n'],
  [
    'range.json',
    JSON.stringify({
      status: 'success',
      data: {
        resultType: 'matrix',
        result: [
          {
            metric: { __name__: 'up', job: 'a "b"', instance: 'x:1' },
            values: [
              [1772323200.781, '1'],
              [1772323215.781, 'NaN'],
              [1772323230.781, '0.5'],
            ],
          },
        ],
      },
    }),
  ],
  [
    'cpu.json',
    JSON.stringify({
      Label: 'CPUUtilization',
      Datapoints: [
        { Timestamp: '2026-03-01T00:18:00+00:00', Average: 2.5, Unit: 'Percent' },
        { Timestamp: '2026-03-01T00:00:00+00:00', Average: 99.5, Unit: 'Percent' },
      ],
    }),
  ],
] as const;

it('samples of files of other programs are pushed', async (context) => {
  await run('jq', ['--version']).catch(() => context.skip('there is no jq'));
  await using server = await startServer();
  const { text } = findExample(commands, 'docs/push.md', 'range.json');
  await withFolder(async (folder) => {
    for (const [name, content] of FOREIGN_FILES) await writeFile(join(folder, name), content);
    await runIn(folder, text.replaceAll('127.0.0.1:4000', new URL(server.url).host), {});
  });
  const query = '{ metrics(first: 100) { nodes { name data(first: 9) { nodes { timestamp value } } } } }';
  const { metrics } = await read<{
    metrics: { nodes: { name: string; data: { nodes: { timestamp: string; value: number }[] } }[] };
  }>(server, query);
  const found = metrics.nodes.map(({ name, data }) => [
    name,
    ...data.nodes.map(({ timestamp, value }) => `${timestamp.slice(11, 23)} ${value}`).sort(),
  ]);
  expect(found).toEqual([
    ['cpu.usage;host=web1', '00:00:00.000 12.5', '00:01:00.000 13'],
    ['ec2.cpu;instance=i-1', '00:00:00.000 99.5', '00:18:00.000 2.5'],
    ['panel.value;series=web-1', '00:00:00.000 1', '00:01:00.000 0.5'],
    ['panel.value;series=web-2', '00:01:00.000 2'],
    ['up;instance=x:1;job=a "b"', '00:00:00.781 1', '00:00:30.781 0.5'],
  ]);
});
