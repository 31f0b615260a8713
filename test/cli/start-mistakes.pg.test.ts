/** The commonest mistakes of a first start: each ends with one message that says what to do, and no stack trace. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkInfluxdb, checkPrometheus } from '../../src/cli/check/check-services.ts';
import { explainFailure } from '../../src/cli/explain-failure.ts';
import { startLapwing } from '../../src/app/start-server.ts';
import { isSupportedNode } from '../../src/cli/node-version.ts';
import { createLog } from '../../src/log.ts';
import { readConfig } from '../../src/platform/config/read-config.ts';
import { listenOn } from '../../src/platform/runtime/listen.ts';
import { ServerLock } from '../../src/platform/postgres/server-lock.ts';
import { selectDatabase } from '../../src/platform/postgres/connection.ts';
import { withSmallDisk } from '../../bench/small-disk.ts';
import { poolDatabase } from '../helpers/pooler.ts';
import { withDatabase, type TestDatabase } from '../helpers/database.ts';
import { startInfluxdbEndpoint } from '../helpers/influxdb-endpoint.ts';
import { startPrometheusEndpoint, writeMatrix } from '../core/sources/prometheus/prometheus-endpoint.ts';
import { findProgram } from '../helpers/program.ts';
import { startServer } from '../helpers/start-server.ts';

const PROGRAM = findProgram();
const QUIET = {
  LAPWING_PORT: '0',
  LAPWING_GRAPHITE_PORT: '',
  LAPWING_HOST_METRICS: 'off',
  LAPWING_LOG_LEVEL: 'silent',
};
const STACK = /\n\s+at /;

async function run(words: readonly string[], settings: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [...PROGRAM, ...words], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      ...QUIET,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

/** As `lapwing serve` in this process, which is quicker. @returns what it would print */
async function start(settings: Readonly<Record<string, string>>): Promise<string> {
  try {
    const config = readConfig({ ...QUIET, ...settings });
    const lapwing = await startLapwing(config, createLog('silent'), { onLost: () => undefined });
    await lapwing.stop();
    return 'it started';
  } catch (error) {
    return explainFailure(error);
  }
}

let folder: string;
let database: TestDatabase;
let takenPort: string;
const taken = createServer();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lapwing-mistakes-'));
  await chmod(folder, 0o755);
  database = await withDatabase();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  takenPort = String((taken.address() as AddressInfo).port);
});

afterAll(async () => {
  taken.close();
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Settings → what is printed. */
type Mistake = readonly [what: string, settings: () => Record<string, string>, message: RegExp];

const unreachable = 'postgresql://lapwing@127.0.0.1:1/lapwing';

const MISTAKES: readonly Mistake[] = [
  [
    'a port in use',
    () => ({ LAPWING_PORT: takenPort, LAPWING_DATA_DIR: join(folder, 'port') }),
    /^port \d+ of 127\.0\.0\.1 is already in use: .*set LAPWING_PORT to another port$/,
  ],
  [
    'a Graphite port in use',
    () => ({ LAPWING_GRAPHITE_PORT: takenPort, LAPWING_DATA_DIR: join(folder, 'port') }),
    /^port \d+ .* in use: .*set LAPWING_GRAPHITE_PORT to another port$/,
  ],
  [
    'an address of another machine',
    () => ({ LAPWING_HOST: '192.0.2.1', LAPWING_API_KEY: 'x'.repeat(32) }),
    /^192\.0\.2\.1 is not an address of this machine: set LAPWING_HOST to one that is$/,
  ],
  [
    'bad settings, all at once',
    () => ({ LAPWING_PORT: '99999', LAPWING_GRAPHIQL: 'yes' }),
    /^bad settings:\n {2}LAPWING_PORT="99999": .*\n {2}LAPWING_GRAPHIQL="yes": expected on or off$/,
  ],
  [
    'a database URL that is none, which may hold a password',
    () => ({ DATABASE_URL: 'mysql://root:secret@host/db' }),
    /^DATABASE_URL is not a PostgreSQL URL: expected postgresql:(?!.*secret).*$/,
  ],
  [
    'a database nobody serves',
    () => ({ DATABASE_URL: unreachable }),
    /^cannot connect to PostgreSQL database lapwing at 127\.0\.0\.1:1: .*ECONNREFUSED.*$/,
  ],
  [
    'a database that does not exist',
    () => ({ DATABASE_URL: selectDatabase(database.connection, 'nowhere') }),
    /^cannot connect to .*"nowhere" does not exist \(create the database first: .*\)$/,
  ],
  [
    'a database user who does not exist',
    () => ({ DATABASE_URL: database.connection.replace(/\/\/\w+@/, '//stranger@') }),
    /^cannot connect to .*role "stranger" does not exist.*$/,
  ],
  [
    'a data folder that cannot be made',
    () => ({ LAPWING_DATA_DIR: '/proc/lapwing' }),
    /^cannot make the folder LAPWING_DATA_DIR=\/proc\/lapwing: .*$/,
  ],
  [
    'a data folder that is a file',
    () => ({ LAPWING_DATA_DIR: join(folder, 'file') }),
    /^cannot make the folder LAPWING_DATA_DIR=.*: .*EEXIST.*$/,
  ],
  [
    'a data folder of another PostgreSQL',
    () => ({ LAPWING_DATA_DIR: join(folder, 'old') }),
    /^the folder .* was made by PostgreSQL 9\.6, and this program brings PostgreSQL \d+: .*$/,
  ],
  [
    'a sealing key that was cut off',
    () => ({ DATABASE_URL: database.connection, LAPWING_DATA_DIR: join(folder, 'cut') }),
    /^.*cloudwatch\.key is not a sealing key: it has 0 bytes, expected 32\. Restore it from a backup; .*$/,
  ],
];

describe('a start with', () => {
  beforeAll(async () => {
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'old/postgres'), { recursive: true });
    await writeFile(join(folder, 'old/postgres/PG_VERSION'), '9.6\n');
    await mkdir(join(folder, 'cut'));
    await writeFile(join(folder, 'cut/cloudwatch.key'), '');
  });

  it.each(MISTAKES)('%s says what to do', async (_what, settings, message) => {
    const printed = await start(settings());
    expect(printed).toMatch(message);
    expect(printed).not.toMatch(STACK);
  });

  it('other sealing keys than those of the active server, as its standby, says so before it is too late', async () => {
    const { connection } = database;
    const log = createLog('silent');
    const onLost = (error: Error) => expect.fail(error.message);
    await using active = await ServerLock.take({ connection, log, sealingKeys: '0badc0de', onLost });
    const standby = { DATABASE_URL: connection, LAPWING_STANDBY: 'on' };
    const key = { LAPWING_SEALING_KEY: `${'x'.repeat(43)}=` };
    const expected =
      /^this standby has other sealing keys \([0-9a-f]{8}\) than .*, keys 0badc0de, since .*\*\.key files .*$/;
    for (const settings of [{ LAPWING_DATA_DIR: join(folder, 'fresh') }, key])
      expect(await start({ ...standby, ...settings })).toMatch(expected);
  });

  it('a mistake ends with status 1, one line on standard error and nothing on standard output', async () => {
    const { code, stderr, stdout } = await run(['serve'], { LAPWING_PORT: takenPort });
    expect(stderr).toMatch(/^lapwing: port \d+ .*\n$/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('a port in use makes no database first', async () => {
    expect(await readdir(folder)).not.toContain('port');
  });

  it('a database user without rights says which', async () => {
    const client = new pg.Client({ connectionString: database.connection });
    await client.connect();
    await client.query('CREATE ROLE weak LOGIN');
    try {
      await using fresh = await withDatabase({ migrated: false });
      const settings = { DATABASE_URL: fresh.connection.replace(/\/\/\w+@/, '//weak@') };
      const checked = await run(['check'], settings);
      expect(checked.code).toBe(1);
      for (const printed of [await start(settings), checked.stdout + checked.stderr]) {
        expect(printed).toMatch(
          /may not create tables|permission denied for schema public \(the database user lacks rights/,
        );
        expect(printed).not.toMatch(STACK);
      }
    } finally {
      await client.query('DROP ROLE weak');
      await client.end();
    }
  });

  it('a database another server uses says which server', async () => {
    await using server = await startServer();
    expect(await start({ DATABASE_URL: server.database.connection })).toMatch(
      /^another server already uses the PostgreSQL database .* \(lapwing on .*, process \d+, keys [0-9a-f]{8}, since .*\): stop that one/,
    );
    const exported = await run(['export'], { DATABASE_URL: server.database.connection });
    expect(exported.stderr).toMatch(/To work through the running server, add --url http:.*\/graphql\n$/);
  });

  it('a full disk says so', async (context) => {
    const outcome = await withSmallDisk(8, (disk) => start({ LAPWING_DATA_DIR: join(disk, 'data') }));
    if (outcome === null) return context.skip('nothing can be mounted here');
    expect(outcome).toMatch(/^cannot create the embedded database in .*No space left on device/s);
    expect(outcome).not.toMatch(STACK);
  });
});

describe('lapwing check', () => {
  it('changes nothing: no folder, no table, no key', async () => {
    await using fresh = await withDatabase({ migrated: false });
    const dataDir = join(folder, 'unmade');
    const settings = { DATABASE_URL: fresh.connection, LAPWING_DATA_DIR: dataDir };
    const { code, stdout } = await run(['check'], settings);
    expect(stdout).toMatch(
      /database: ok \(.*; \d+ migrations to apply at the next start; no server uses it\)/,
    );
    expect(code).toBe(0);
    const client = new pg.Client({ connectionString: fresh.connection });
    await client.connect();
    const { rows } = await client.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
    await client.end();
    expect(rows).toEqual([]);
    expect((await run(['check'], { LAPWING_DATA_DIR: dataDir })).stdout).toMatch(
      /made in .* at the first start/,
    );
    expect(await readdir(folder)).not.toContain('unmade');
  });

  it('says of a data folder that is read-only that a server would not start', async (context) => {
    const outcome = await withSmallDisk(1, async (disk) => {
      await mkdir(join(disk, 'postgres'));
      await writeFile(join(disk, 'postgres/PG_VERSION'), '18\n');
      await promisify(execFile)('mount', ['-o', 'remount,ro', disk]);
      return run(['check'], { LAPWING_DATA_DIR: disk });
    });
    if (outcome === null) return context.skip('nothing can be mounted here');
    expect(outcome.stdout).toMatch(/^database: FAILED: EROFS: .*choose another LAPWING_DATA_DIR\)$/m);
    expect(outcome.code).toBe(1);
  });

  it.each([
    ['shares sessions', { isShared: true }, /a pooler that shares sessions/],
    [
      'leaves settings out',
      { isShared: false, zone: 'Europe/Berlin' },
      /leaves out .* time zone is Europe\/Berlin/,
    ],
  ] as const)('says of a pooler that %s that a server would not start', async (_what, options, reason) => {
    await using pooled = await poolDatabase(database.connection, options);
    const { code, stdout } = await run(['check'], { DATABASE_URL: pooled.through });
    expect(/^database: (.*)$/m.exec(stdout)?.[1]).toMatch(/^FAILED: /);
    expect(stdout).toMatch(reason);
    expect(code).toBe(1);
  });

  it('names variables that are no settings, with what was probably meant, and settings without effect', async () => {
    const { code, stdout, stderr } = await run(['check'], {
      DATABASE_URL: database.connection,
      LAPWING_LOG_LEVEL: 'warn',
      LAPWING_DATABASE_URL: 'x',
      LAPWING_RETENTOIN_DAYS: '7',
      LAPWING_SOMETHING_ELSE: '1',
      LAPWING_INFLUXDB_SCORES: 'on',
    });
    const [unknown, idle] = stderr.trim().split('\n');
    expect(stdout).toMatch(
      /^settings: ok \(WARNING: no effect: LAPWING_INFLUXDB_SCORES without LAPWING_INFLUXDB_URL\)$/m,
    );
    expect(code).toBe(0);
    expect(JSON.parse(idle ?? '')).toMatchObject({
      settings: ['LAPWING_INFLUXDB_SCORES without LAPWING_INFLUXDB_URL'],
      msg: 'settings that have no effect',
    });
    expect(JSON.parse(unknown ?? '')).toMatchObject({
      variables: [
        'LAPWING_DATABASE_URL (did you mean DATABASE_URL?)',
        'LAPWING_RETENTOIN_DAYS (did you mean LAPWING_RETENTION_DAYS?)',
        'LAPWING_SOMETHING_ELSE',
      ],
      msg: 'no such settings; they have no effect',
    });
  });

  it.each([
    'LAPWING_GRAPHITE_PORT',
    'LAPWING_GRAPHITE_PICKLE_PORT',
    'LAPWING_STATSD_PORT',
    'LAPWING_OTLP_GRPC_PORT',
  ])('looks at the port of %s, too', async (name) => {
    const { code, stdout } = await run(['check'], { [name]: takenPort, DATABASE_URL: database.connection });
    expect(stdout).toMatch(
      new RegExp(`^ports: FAILED: port ${takenPort} of 127.0.0.1 is already in use: .*set ${name} to`, 'm'),
    );
    expect(code).toBe(1);
  });

  it('tries InfluxDB with the token, writes nothing there, and waits for no answer', async () => {
    const taken = { status: 400, body: '{"code":"invalid","message":"writing requires points"}' };
    const refused = {
      status: 401,
      headers: { 'content-type': 'application/json' },
      body: '{"code":"unauthorized","message":"unauthorized access"}',
    };
    await using good = await startInfluxdbEndpoint({
      answerWrite: () => taken,
      answerQuery: () =>
        '#datatype,string,long,string\n#group,false,false,false\n#default,_result,,\n,result,table,name\n,,0,own\n',
    });
    await using closed = await startInfluxdbEndpoint({
      answerWrite: () => refused,
      answerQuery: () => refused,
    });
    await using proxy = await startInfluxdbEndpoint({
      answerWrite: () => ({ status: 400, body: '<html>plain HTTP to an HTTPS port</html>' }),
      answerQuery: () => ({ status: 400, body: '<html>plain HTTP to an HTTPS port</html>' }),
    });
    const frozen = createServer().listen(0, '127.0.0.1');
    await once(frozen, 'listening');
    const { port } = frozen.address() as AddressInfo; // a listening TCP server has one
    const rows: readonly (readonly [url: string, report: RegExp, limitMs?: number])[] = [
      [good.url, /points can be written to the bucket own; buckets that can be read: 1$/],
      [
        closed.url,
        /WARNING: no points .*bucket own: .*unauthorized access; WARNING: no series .*answered with 401/,
      ],
      [proxy.url, /WARNING: no points .*400.*; WARNING: no series .*400/],
      [
        `http://u:hunter2@127.0.0.1:${port}`,
        /WARNING: no points .*(?:not done within|timed out).*; WARNING: no series .*(?:not done within|timed out)/,
        200,
      ],
    ];
    const target = {
      LAPWING_INFLUXDB_ORG: 'acme & co',
      LAPWING_INFLUXDB_BUCKET: 'own',
      LAPWING_INFLUXDB_TOKEN: 'sesame',
    };
    const reports = await Promise.all(
      rows.map(([url, , limitMs = 20_000]) =>
        checkInfluxdb(readConfig({ ...target, LAPWING_INFLUXDB_URL: url }), limitMs),
      ),
    );
    frozen.close();
    for (const [index, report] of reports.entries()) {
      expect(report).toMatch(rows[index]?.[1] ?? '');
      expect(report).not.toMatch(/hunter2|sesame/);
    }
    expect(good.requests).toEqual([
      { path: '/api/v2/write?org=acme+%26+co&bucket=own&precision=ns', token: 'Token sesame', lines: 0 },
    ]);
    expect(good.queries).toEqual(['buckets()']);
  });

  it('tries an expression at Prometheus, with the token, and is content whatever it answers', async () => {
    const sum = writeMatrix([{}, [[0, '1']]]);
    await using good = await startPrometheusEndpoint(() => sum);
    await using closed = await startPrometheusEndpoint(() => ({ status: 401, body: 'Unauthorized\n' }));
    const report = (url: string) =>
      checkPrometheus(readConfig({ LAPWING_PROMETHEUS_URL: url, LAPWING_PROMETHEUS_TOKEN: 'sesame' }));
    expect(await report(good.url)).toBe(`${good.url}: expressions can be read`);
    expect(good.asked).toMatchObject([{ path: '/api/v1/query_range', authorization: 'Bearer sesame' }]);
    expect(await report(closed.url)).toBe(
      `${closed.url}: WARNING: no expressions can be read: Prometheus answered with 401: Unauthorized`,
    );
    await good.close();
    expect(await report(good.url)).toMatch(/: WARNING: .*Prometheus did not answer: ./);
  });

  it('beside a running server reports it, and is content', async () => {
    await using server = await startServer();
    const { port } = new URL(server.url);
    const settings = {
      DATABASE_URL: server.database.connection,
      LAPWING_PORT: port,
      LAPWING_INFLUXDB_URL: 'http://127.0.0.1:1',
      LAPWING_INFLUXDB_ORG: 'acme',
      LAPWING_INFLUXDB_BUCKET: 'own',
    };
    const { code, stdout } = await run(['check'], settings);
    expect(stdout).toMatch(/database: ok \(.*schema up to date; in use by a running server \(lapwing on /);
    expect(stdout).toMatch(/^InfluxDB: http:.*WARNING: no points .*ECONNREFUSED/m);
    expect(stdout).toMatch(/ports: a Lapwing answers on port \d+ already/);
    expect(code).toBe(0);
  });
});

describe('a failure is explained', () => {
  const withCode = (code: string) => Object.assign(new Error('denied'), { code });
  it.each([
    ['42501', /the database user lacks rights/],
    ['53100', /the disk is full/],
    ['53300', /no connection is free/],
    ['EROFS', /read-only/],
    ['EMFILE', /ulimit -n/],
  ])('with the remedy for %s, also where another error wraps it', (code, remedy) => {
    expect(explainFailure(withCode(code))).toMatch(remedy);
    expect(explainFailure(new Error('it failed', { cause: withCode(code) }))).toMatch(remedy);
  });

  it('of a port, without advice on files', async () => {
    const listen = async () => {
      const server = createServer();
      const listening = listenOn(server, { host: '127.0.0.1', port: 0, portSetting: 'LAPWING_PORT' });
      server.emit('error', Object.assign(new Error('listen EACCES: permission denied'), { code: 'EACCES' }));
      await listening.finally(() => server.close());
    };
    const failure: unknown = await listen().catch((error: unknown) => error);
    expect(explainFailure(failure)).toBe(
      'port 0 needs more rights than this user has: set LAPWING_PORT to a port above 1023',
    );
  });

  it('with its stack where it is a bug', () => {
    expect(explainFailure(new TypeError('x is not a function'))).toMatch(
      /^unexpected failure: TypeError: x .*\n\s+at /,
    );
  });
});

describe('the version of Node.js', () => {
  it.each([
    ['18.20.4', false],
    ['20.18.3', false],
    ['20.19.0', true],
    ['21.7.0', false],
    ['22.11.0', false],
    ['22.12.0', true],
    ['23.9.0', false],
    ['24.0.0', true],
    ['26.1.0', true],
  ])('%s is supported: %s', (version, supported) => {
    expect(isSupportedNode(version)).toBe(supported);
  });
});
