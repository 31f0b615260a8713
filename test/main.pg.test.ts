import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram, isBuilt } from './helpers/program.ts';
import { findFreePort } from './helpers/server-process.ts';
import { startServer, type TestServer } from './helpers/start-server.ts';

const PROGRAM = findProgram();

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(
  words: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [...PROGRAM, ...words], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

// npx makes it so only where it does not know the checkout yet.
it.skipIf(!isBuilt())('the built program is run by its name', async () => {
  const [built = ''] = PROGRAM;
  const child = spawn(built, ['--version'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [stdout] = await Promise.all([text(child.stdout), once(child, 'close')]);
  expect(stdout).toMatch(/^(?:lapwing )?\d+\.\d+\.\d+\n$/i);
});

describe('the command line', () => {
  let server: TestServer;
  let folder: string;

  beforeAll(async () => {
    server = await startServer();
    folder = await mkdtemp(join(tmpdir(), 'lapwing-main-'));
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('shows every setting in its help', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/lapwing export \[FILE\][^]*LAPWING_PORT .*Default: 4000/);
  });

  it.each([
    [['fly'], /there is no command fly;/],
    [['exprot', 'f'], /there is no command exprot \(did you mean export\?\)/],
    [['import'], /needs the name of a file/],
    ...['import', 'export', 'apply', 'backup', 'restore'].map((name): [string[], RegExp] => [
      [name, ''],
      /needs the name of a file, got an empty one/,
    ]),
    [['license', 'check'], /license check needs the name of a file/],
    [['serve', 'x'], /does not take "x"/],
    [['--wings'], /^lapwing: there is no option --wings; see lapwing --help\n$/],
    [
      ['serve', '--data-dir', 'x'],
      /there is no option --data-dir: set the environment variable LAPWING_DATA_DIR;/,
    ],
    [['key', 'list', '--port=1'], /there is no option --port: set the environment variable LAPWING_PORT;/],
    [
      ['export', '--url', 'http://me:sesame@localhost/graphql'],
      /^(?!.*sesame).*--url: expected no user and password/,
    ],
    [['key'], /expected key create, key list or key revoke ID/],
    [['key', 'create', '--scope', 'READ'], /needs --name/],
    [
      ['key', 'create', '--name', 'a', '--scope', 'GOD'],
      /--scope: expected INGEST, READ, WRITE, ADMIN, got "GOD"/,
    ],
    [['key', 'revoke'], /needs the id/],
    [['key', 'list', '--account', 'team-a'], /key list does not take --account/],
    [['key', 'revoke', 'a1', '--days', '3'], /key revoke does not take --days/],
    [['key', 'create', '--name', 'a', '--scope', 'READ', '--revoked'], /key create does not take --revoked/],
    [['export', '--url', 'lapwing.example.com'], /--url: expected an http or https URL/],
    [['apply', 'f', '--url', 'ftp://lapwing.example.com/graphql'], /--url: expected an http or https URL/],
  ])('does not understand %j, and says so with status 2', async (words, message) => {
    const { code, stderr } = await run(words);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it.each([[['help']], [['help', 'import']], [['import', '--help']], [['key', '-h']]])(
    'shows its help for %j',
    async (words) => {
      const { code, stdout } = await run(words);
      expect({ code, stdout: stdout.slice(0, 8) }).toEqual({ code: 0, stdout: 'Lapwing ' });
    },
  );

  it.each(['version', '--version', '-v'])('shows its version for %s', async (word) => {
    const { code, stdout } = await run([word]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([[['export']], [['backup', 'FILE']], [['key', 'list']], [['key', 'revoke', 'a1']]])(
    'takes nothing out of a folder no server has used, and makes nothing there: %j',
    async (words) => {
      const dataDir = join(folder, 'elsewhere');
      const given = words.map((word) => (word === 'FILE' ? join(folder, 'nothing') : word));
      const { code, stdout, stderr } = await run(given, { LAPWING_DATA_DIR: dataDir });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toBe(
        `lapwing: there is no database in LAPWING_DATA_DIR=${dataDir}: set LAPWING_DATA_DIR, or DATABASE_URL, as the server has it\n`,
      );
      expect([dataDir, join(folder, 'nothing')].map((path) => existsSync(path))).toEqual([false, false]);
    },
  );

  it('tells every bad setting at once, with status 1', async () => {
    const { code, stderr } = await run(['check'], { LAPWING_PORT: 'x', LAPWING_LOG_LEVEL: 'loud' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/LAPWING_PORT="x"[^]*LAPWING_LOG_LEVEL="loud"/);
    expect(stderr).not.toContain('at ');
  });

  it.each([
    ['LAPWING_TRUSTED_DOCUMENTS', /^trusted documents: FAILED: LAPWING_TRUSTED_DOCUMENTS=.*: ENOENT/m],
    ['LAPWING_CONFIG_FILE', /^configuration file: FAILED: cannot read .*: ENOENT/m],
  ])('checks the file of %s without a server', async (setting, line) => {
    const settings = {
      LAPWING_DATA_DIR: join(folder, 'unmade'),
      LAPWING_PORT: '0',
      LAPWING_GRAPHITE_PORT: '',
    };
    const { code, stdout, stderr } = await run(['check'], {
      ...settings,
      [setting]: join(folder, 'none.json'),
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(line);
    expect(stderr).not.toContain('    at ');
  });

  it('exports from a running server into a file and imports it again; bad models cost only themselves', async () => {
    const { accept, monitor, registry } = server.engine;
    const points = [1, 2, 3].map((value) => ({ metric: 'a', value, timestampMs: Date.UTC(2026, 0, value) }));
    await accept.acceptNamed(points);
    const id = await monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name: 'a' },
      model: { min: 0, max: 9 },
    });
    const file = join(folder, 'export.json');
    const url = ['--url', `${server.url}/graphql`];
    expect(await run(['export', file, ...url])).toMatchObject({ code: 0 });
    const models = JSON.parse(await readFile(file, 'utf8')) as object[];
    expect(models).toMatchObject([
      { datasource: 'custom', metricSpec: { name: 'a' }, modelParams: { min: 0, max: 9 } },
    ]);

    await monitor.deleteMetric(id);
    await writeFile(file, JSON.stringify([{ datasource: 'tape', metricSpec: {} }, ...models]));
    const { code, stderr } = await run(['import', file, ...url]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/1 of 2 models could not be imported:\n {2}model 0: .*tape/);
    expect(registry.byIdentity('CUSTOM', 'a')?.lastRowId).toBe(3);

    await writeFile(file, JSON.stringify(models));
    const again = await run(['import', file, ...url]);
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout + again.stderr).toContain('"metrics":1,"of":1,"msg":"monitored already: these stay');
  });

  it.each([
    [
      '/',
      /does not answer as a Lapwing server: expected GET or HEAD, got POST; GraphQL is asked at \/graphql$/m,
    ],
    ['/nowhere', /does not answer as a Lapwing server: no such path: \/nowhere/],
    ['/health', /does not answer as a Lapwing server/],
  ])('says what answered at an address that is not GraphQL: %s', async (path, message) => {
    const { code, stderr } = await run(['export', '--url', `${server.url}${path}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });

  it('says why a server cannot be reached', async () => {
    const port = await findFreePort();
    const { code, stderr } = await run(['export', '--url', `http://127.0.0.1:${port}/graphql`]);
    expect(code).toBe(1);
    expect(stderr).toContain(`connect ECONNREFUSED 127.0.0.1:${port}`);
  });

  it('leaves the file of before as it was when an export fails half-way', async () => {
    const answers = [
      { data: { metrics: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } } } },
      {
        data: {
          metrics: {
            nodes: [{ id: 'a', status: 'ACTIVE' }],
            pageInfo: { hasNextPage: false, endCursor: null },
          },
        },
      },
      { errors: [{ message: 'too many', extensions: { code: 'TOO_MANY_REQUESTS' } }] },
      { errors: [{ message: 'the database is gone' }] },
    ];
    const failing = createServer((request, response) => {
      request.resume();
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answers.shift()));
    }).listen(0, '127.0.0.1');
    await once(failing, 'listening');
    const { port } = failing.address() as AddressInfo; // it listens on TCP
    const file = join(folder, 'before.json');
    await writeFile(file, 'of before');
    const { code, stderr } = await run(['export', file, '--url', `http://127.0.0.1:${port}/graphql`]);
    failing.close();
    expect(code).toBe(1);
    expect(stderr).toContain('the database is gone');
    expect(await readFile(file, 'utf8')).toBe('of before');
    expect(existsSync(`${file}.partial`)).toBe(false);
  });

  it('imports through a server the models beside one that is larger than a request may be', async () => {
    await using small = await startServer({ settings: { LAPWING_MAX_BODY_BYTES: '2000' } });
    const file = join(folder, 'large.json');
    const models = ['a', 'b', 'c'].map((name) => {
      const data = Array.from({ length: name === 'b' ? 100 : 3 }, (_, day) => [
        day,
        new Date(Date.UTC(2026, 0, 1 + day)).toISOString(),
      ]);
      return { datasource: 'custom', metricSpec: { name }, data };
    });
    await writeFile(file, JSON.stringify(models));
    const { code, stderr } = await run(['import', file, '--url', `${small.url}/graphql`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/1 of 3 models could not be imported:\n {2}model 1: .*LAPWING_MAX_BODY_BYTES/);
    const stored = ['a', 'b', 'c'].map(
      (name) => small.engine.registry.byIdentity('CUSTOM', name)?.lastRowId ?? null,
    );
    expect(stored).toEqual([3, null, 3]);
  });

  it('waits for a server that is busy, and imports all', async () => {
    // Each of the models fills the queue: of those that are sent at once all but one are refused.
    await using busy = await startServer({ settings: { LAPWING_INGEST_QUEUE_POINTS: '1000' } });
    const file = join(folder, 'busy.json');
    const models = Array.from({ length: 6 }, (_, index) => ({
      datasource: 'custom',
      metricSpec: { name: `busy.${index}` },
      data: Array.from({ length: 1000 }, (__, minute) => [
        minute,
        new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString(),
      ]),
    }));
    await writeFile(file, JSON.stringify(models));
    expect(await run(['import', file, '--url', `${busy.url}/graphql`])).toMatchObject({ code: 0 });
    expect(busy.engine.stats.read('retry_later')).toBeGreaterThan(0);
    const stored = models.map(
      ({ metricSpec }) => busy.engine.registry.byIdentity('CUSTOM', metricSpec.name)?.lastRowId ?? null,
    );
    expect(stored).toEqual(models.map(() => 1000));
  });

  it('ends without a word when the reader of its output wants no more', async () => {
    const { accept, monitor } = server.engine;
    // More than a pipe holds.
    const points = Array.from({ length: 20_000 }, (_, second) => ({
      metric: 'long',
      value: second,
      timestampMs: Date.UTC(2026, 0, 1) + second * 1000,
    }));
    for (let from = 0; from < points.length; from += 5000)
      await accept.acceptNamed(points.slice(from, from + 5000));
    await monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: 'long' }, model: {} });
    const words = ['export', '--url', `${server.url}/graphql`];
    const child = spawn(process.execPath, [...PROGRAM, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    const closed = once(child, 'close');
    child.stdout.once('data', () => child.stdout.destroy());
    const [stderr] = await Promise.all([text(child.stderr), closed]);
    expect({ code: child.exitCode, stderr: stderr.replaceAll(/^\{"progress".*\n/gm, '') }).toEqual({
      code: 1,
      stderr: '',
    });
  });

  it.runIf(process.platform === 'linux').each([[['--help']], [['check']], [['export', '--url', 'URL']]])(
    'fails when its output cannot be written: %j',
    async (words) => {
      const full = await open('/dev/full', 'w');
      const given = words.map((word) => (word === 'URL' ? `${server.url}/graphql` : word));
      const child = spawn(process.execPath, [...PROGRAM, ...given], {
        env: { PATH: process.env.PATH, LAPWING_DATA_DIR: join(folder, 'none'), LAPWING_PORT: '0' },
        stdio: ['ignore', full.fd, 'pipe'],
      });
      const closed = once(child, 'close');
      const stderr = child.stderr === null ? '' : await text(child.stderr);
      await closed;
      await full.close();
      expect(child.exitCode).toBe(1);
      expect(stderr.match(/ENOSPC.*the disk is full/g)).toHaveLength(1);
    },
  );

  it('imports into a database no server runs on, and exports the same to standard output', async () => {
    const settings = { LAPWING_DATA_DIR: join(folder, 'data'), LAPWING_LOG_LEVEL: 'warn' };
    const file = join(folder, 'one.json');
    const model = { datasource: 'custom', metricSpec: { name: 'b' }, modelParams: { min: 0, max: 9 } };
    await writeFile(file, JSON.stringify({ ...model, data: [[4, '2026-01-01 00:00:00']] }));
    expect(await run(['import', file], settings)).toMatchObject({ code: 0 });
    // Of another PostgreSQL, which the machine is a client of.
    const other = { PGPORT: '1', PGSSLMODE: 'require', PGSSLNEGOTIATION: 'direct', PGHOST: 'db.example.com' };
    const { code, stdout, stderr } = await run(['export'], { ...settings, ...other });
    expect({ code, stderr: stderr.replaceAll(/^\{"progress".*\n/gm, '') }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject([{ ...model, data: [[4, '2026-01-01T00:00:00.000Z']] }]);
  });

  it('makes, lists and revokes API keys beside a running server, which heeds them at once', async () => {
    await using other = await startServer();
    const settings = { DATABASE_URL: other.database.connection, LAPWING_LOG_LEVEL: 'silent' };
    const made = await run(['key', 'create', '--name', 'ops', '--scope', 'admin', '--days', '1'], settings);
    expect(made.stdout).toMatch(/^lapwing_[0-9a-f]{12}_[0-9a-f]{64}\n$/);
    const key = made.stdout.trim();
    const statusWith = async (headers: Record<string, string>) =>
      (await fetch(`${other.url}/metrics`, { headers })).status;
    while ((await statusWith({})) === 200);
    expect([await statusWith({}), await statusWith({ 'x-api-key': key })]).toEqual([401, 200]);
    const [, id = ''] = key.split('_');
    const listed = await run(['key', 'list'], settings);
    expect(listed.stdout).toMatch(new RegExp(`^${id}  "ops"  ADMIN  all accounts  expires .*\n$`));
    expect(listed.stdout + listed.stderr + made.stderr).not.toContain(key);
    expect((await run(['key', 'revoke', id], settings)).code).toBe(0);
    while ((await statusWith({ 'x-api-key': key })) === 200);
    expect((await run(['key', 'revoke', 'f00bar'], settings)).stderr).toBe(
      'lapwing: no key has the id "f00bar"\n',
    );
  });
});
