/** A backup of a server that goes on, restored into an empty database: the API answers the same there, field by field. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLapwing, type Lapwing } from '../../src/app/start-server.ts';
import { createSchema } from '../../src/api/graphql/schema.ts';
import { backUp, restore } from '../../src/cli/backup-file.ts';
import { explainFailure } from '../../src/cli/explain-failure.ts';
import { BackupError } from '../../src/core/transfer/backup/backup-format.ts';
import { Packer } from '../../src/core/packing/packer.ts';
import { createLog } from '../../src/log.ts';
import { readConfig } from '../../src/platform/config/read-config.ts';
import { createStats } from '../../src/platform/telemetry/metrics.ts';
import { withSmallDisk } from '../../bench/small-disk.ts';
import { ADMIN } from '../api/graphql/keyed-server.ts';
import { writeArguments } from '../api/graphql/whole-arguments.ts';
import { listTypeQueries } from '../api/graphql/whole-schema.ts';
import { ask, read } from '../helpers/ask.ts';
import { findProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';
import { withDatabase, type TestDatabase } from '../helpers/database.ts';

const ROWS = 400;
const STEP_MS = 300_000;
const START_MS = Date.now() - ROWS * STEP_MS;
const log = createLog('silent');
const program = findProgram();

let folder: string;
let file: string;
let database: TestDatabase;
let original: Lapwing;
let metricId: string;

const settings = () => ({
  LAPWING_DATA_DIR: folder,
  LAPWING_PORT: '0',
  LAPWING_GRAPHITE_PORT: '',
  LAPWING_HOST_METRICS: 'off',
  LAPWING_API_KEY: ADMIN,
  LAPWING_MAX_COST: '1000000',
  LAPWING_MAX_ROOT_FIELDS: '1000',
  LAPWING_LOG_LEVEL: 'warn',
});
const configure = ({ connection }: Pick<TestDatabase, 'connection'>) =>
  readConfig({ DATABASE_URL: connection, ...settings() });
const addressOf = ({ addresses }: Lapwing) => ({
  url: (addresses.http ?? '').replace(/\/$/, ''),
  key: ADMIN,
});

const METADATA = 'AWS_EC2_METADATA_DISABLED';
const metadataBefore = process.env[METADATA];

beforeAll(async () => {
  // Else it depends on the network in which words a listing without credentials fails.
  process.env[METADATA] = 'true';
  folder = await mkdtemp(join(tmpdir(), 'lapwing-backup-'));
  file = join(folder, 'lapwing.backup');
  database = await withDatabase();
  const first = await startLapwing(configure(database), log, { onLost: () => undefined });
  metricId = await fill(first);
  await first.stop();
  // What was put into the database itself is known to the next.
  original = await startLapwing(configure(database), log, { onLost: () => undefined });
  await settle(database);
  // It has tried to list the members, as the restored one will.
  await until(async () => {
    expect(await database.prisma.autostack.count({ where: { problem: { not: null } } })).toBe(1);
  });
});

afterAll(async () => {
  await original.stop();
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
  if (metadataBefore === undefined) Reflect.deleteProperty(process.env, METADATA);
  else process.env[METADATA] = metadataBefore;
});

async function run(
  words: readonly string[],
  { connection }: Pick<TestDatabase, 'connection'>,
): Promise<unknown> {
  const child = spawn(process.execPath, [...program, ...words], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: connection, ...settings() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return {
    code: child.exitCode,
    stdout,
    problems: stderr.split('\n').filter((line) => !/"progress"|^$/.test(line)),
  };
}

/** @returns the answer as text */
async function mutateAs(as: { url: string; key: string }, field: string): Promise<string> {
  return JSON.stringify(await read(as, `mutation { ${field} { __typename ... on Error { message } } }`));
}

/** Some of everything. @returns id of a metric with scores, bars, packed samples and an incident */
async function fill(server: Lapwing): Promise<string> {
  const admin = addressOf(server);
  const mutate = (field: string) => mutateAs(admin, field);
  const made = [
    await mutate('createNotificationRule(input: { name: "all" })'),
    await mutate(
      'createNotificationRule(input: { name: "none", scope: { namePattern: "none" }, channels: [{ ntfy: { topic: "sesame" } }] })',
    ),
    await mutate('createMonitoringPolicy(input: { name: "canary", match: { namePattern: "none.*" } })'),
    await mutate('createApiKey(input: { name: "shop", scopes: [WRITE], account: "shop" })'),
    await mutate(
      'monitorMetric(input: { spec: { custom: { name: "web.latency" } }, model: { min: 0, max: 1000 } })',
    ),
  ];
  await push(admin, 0, ROWS);
  const { metrics } = await read<{ metrics: { nodes: { id: string }[] } }>(
    admin,
    '{ metrics { nodes { id } } }',
  );
  const id = metrics.nodes[0]?.id ?? '';
  const at = new Date(START_MS).toISOString();
  made.push(
    await mutate(`labelAnomaly(input: { metricId: "${id}", from: "${at}", to: "${at}", label: NORMAL })`),
    await mutate(
      `createAnnotation(input: { timestamp: "${at}", device: "d", user: "u", server: "web.latency", message: "deploy\\n\\t\\\\." })`,
    ),
    await mutate('createSilence(input: { server: "web.latency", seconds: 86400 })'),
  );
  expect(made.join('')).not.toContain('"message"');
  await read(
    admin,
    `mutation ($at: DateTime!) { putCloudwatchMetricData(input: { namespace: "A", data: [{ name: "m", value: 1, timestamp: $at }] }) { __typename } }`,
    { at: new Date() },
  );
  await putStack();
  await settle(database);
  const { engine } = server;
  const packing = { packAfterHours: 0.0001, windowSize: 150, countMetrics: () => 1, isBusy: () => false };
  const saveProgress = () => engine.saveProgress();
  await new Packer({ ...packing, pool: database.pool, stats: createStats(), log, saveProgress }).packDue();
  return id;
}

/** Points of one metric, the last of all a spike. */
async function push(
  as: { url: string; key: string },
  from: number,
  count: number,
  metric = 'web.latency',
): Promise<void> {
  const points = Array.from({ length: count }, (_, i) => ({
    metric,
    timestamp: new Date(START_MS + (from + i) * STEP_MS),
    value: from + i === ROWS - 1 ? 900 : 50 + 10 * Math.sin(i / 20) + ((i * 7919) % 13) / 4,
  }));
  await read(
    as,
    'mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }',
    {
      points,
    },
  );
}

/** As if EC2 had been listed. */
async function putStack(): Promise<void> {
  const { id: resourceId } = await database.prisma.resource.create({
    data: {
      datasource: 'CLOUDWATCH',
      region: 'us-west-2',
      type: 'AWS::EC2::Instance',
      namespace: 'AWS/EC2',
      resourceId: 'i-1',
      tags: [{ key: 'env', value: 'prod' }],
    },
  });
  await database.prisma.autostack.create({
    data: {
      name: 'web',
      region: 'us-west-2',
      resourceType: 'AWS::EC2::Instance',
      filters: [{ key: 'env', values: ['prod'] }],
      members: { create: { resourceId, joinedAt: new Date(START_MS) } },
    },
  });
}

/** What follows the log has come to its end: nothing more is derived of it. */
async function settle({ pool }: TestDatabase): Promise<void> {
  await until(async () => {
    const { rows } = await pool.query(
      `SELECT bool_or(position < (SELECT last FROM score_log)) AS behind, (SELECT count(*) FROM incident)::int AS incidents
       FROM log_follower`,
    );
    expect(rows).toEqual([{ behind: false, incidents: 1 }]);
  });
}

describe('a backup', () => {
  it('restored into an empty database gives the same answers to every field of the API', async () => {
    const done = { code: 0, stdout: '', problems: [] };
    expect(await run(['backup', file], database)).toEqual(done);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await using empty = await withDatabase({ migrated: false });
    expect(await run(['restore', file], empty)).toEqual(done);
    const counts = await listCounts(empty);
    expect(counts).toEqual(await listCounts(database));
    expect(Math.min(counts.sample ?? 0, counts.sample_block ?? 0, counts.bar ?? 0)).toBeGreaterThan(0);
    const restored = await startLapwing(configure(empty), log, { onLost: () => undefined });
    try {
      const here = await askEverything(addressOf(restored).url, empty);
      const there = await askEverything(addressOf(original).url, database);
      expect(there.length).toBeGreaterThan(25);
      expect(there.filter(({ answer }) => answer.data === null)).toEqual([]);
      expect(here).toEqual(there);
      // Whoever goes on there gets new numbers and offsets.
      await push(addressOf(restored), ROWS, 1);
      await push(addressOf(restored), ROWS, 1, 'another.metric');
      const { rows } = await empty.pool.query(
        `SELECT (SELECT last::int FROM score_log) AS last, 
           (SELECT bool_and(epoch = (SELECT epoch FROM score_log)) FROM log_follower) AS follows`,
      );
      expect(rows).toEqual([{ last: ROWS + 1, follows: true }]);
    } finally {
      await restored.stop();
    }
  });

  it('of PostgreSQL’s own begins another log by the statement of docs/backup.md, and what follows it goes on', async () => {
    const page = await readFile(join(import.meta.dirname, '../../docs/backup.md'), 'utf8');
    const [, statement = ''] = /```sql\n(.*?)```/s.exec(page) ?? [];
    await using copy = await withDatabase();
    await copy.pool.query(
      `INSERT INTO log_follower (name, epoch, position, floor)
       SELECT 'follows', epoch, 7, 0 FROM score_log UNION ALL VALUES ('of another log', 'f', 7, 0)`,
    );
    const readLog = async () => {
      const { rows } = await copy.pool.query<{ epoch: string; following: readonly string[] }>(
        `SELECT epoch, ARRAY(SELECT name FROM log_follower WHERE epoch = score_log.epoch AND position = 7) AS following
         FROM score_log`,
      );
      return rows[0];
    };
    const before = await readLog();
    await copy.pool.query(statement);
    const after = await readLog();
    expect(after?.following).toEqual(['follows']);
    expect(after?.epoch).toMatch(/^[0-9a-f]{32}$/);
    expect(after?.epoch).not.toBe(before?.epoch);
  });

  it('taken while points arrive is of one moment: every score up to the last has its sample', async () => {
    await using empty = await withDatabase();
    const spec = '{ custom: { name: "busy" } }';
    await mutateAs(
      addressOf(original),
      `monitorMetric(input: { spec: ${spec}, model: { min: 0, max: 1000 } })`,
    );
    const pushing = (async () => {
      for (let round = 0; round < 20; round++) await push(addressOf(original), round * 20, 20, 'busy');
    })();
    await Promise.all([pushing, backUp(configure(database), log, join(folder, 'busy'))]);
    await restore(configure(empty), log, join(folder, 'busy'));
    const { rows } = await empty.pool.query<{ packed: number; scored: number }>(
      `SELECT (SELECT sum(rows) FROM sample_block)::int AS packed,
         (SELECT count(*) FROM sample WHERE seq IS NOT NULL)::int AS scored`,
    );
    const [{ packed, scored } = { packed: 0, scored: 0 }] = rows;
    expect(packed + scored).toBe(await readLast(empty));
    expect(await readLast(database)).toBe(ROWS + 400);
  });

  it('ends when it cannot be written, and lets go of its snapshot', async (context) => {
    await using large = await withDatabase();
    // Much more than the buffers on the way hold, also compressed.
    await large.pool.query(
      `INSERT INTO annotation ("timestamp", device, user_name, server, message)
       SELECT now(), 'd', 'u', 's', (SELECT string_agg(md5(n || '.' || i), '') FROM generate_series(1, 20) i)
       FROM generate_series(1, 20000) n`,
    );
    const failure = await withSmallDisk(1, (disk) =>
      backUp(configure(large), log, join(disk, 'b')).then(
        () => 'it was written',
        (error: unknown) => explainFailure(error),
      ),
    );
    if (failure === null) return context.skip('nothing can be mounted here');
    expect(failure).toMatch(/^cannot write .*b: ENOSPC.*the disk is full/);
    await until(async () => {
      const { rows } = await large.pool.query(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'lapwing backup' AND datname = current_database()`,
      );
      expect(rows).toEqual([]);
    });
  });

  it('is refused where it does not fit, and the database stays as it was', async () => {
    await backUp(configure(database), log, file);
    const whole = gunzipSync(await readFile(file)).toString('latin1');
    const [head = ''] = whole.split('\n', 1);
    const edit = (change: (header: Record<string, unknown>) => object) => {
      const header = JSON.parse(head) as Record<string, unknown>;
      return gzipSync(
        Buffer.from(JSON.stringify({ ...header, ...change(header) }) + whole.slice(head.length), 'latin1'),
      );
    };
    const zipped = await readFile(file);
    const list = (value: unknown) => value as readonly unknown[];
    const wrong: readonly (readonly [content: Buffer, message: RegExp])[] = [
      [Buffer.from('no backup'), /is no backup, or is damaged or cut short/],
      [gzipSync('{}\n'), /is no backup of this program/],
      [gzipSync('x'.repeat(2_000_000)), /is no backup of this program/],
      [zipped.subarray(0, zipped.length / 2), /damaged or cut short/],
      [gzipSync(Buffer.from(whole.slice(0, -15), 'latin1')), /cut short: its end is missing/],
      [gzipSync(Buffer.from(`${whole}more`, 'latin1')), /goes on where it should end/],
      [edit(() => ({ version: 2 })), /a version that this one cannot read/],
      [edit(({ migrations }) => ({ migrations: list(migrations).slice(0, -1) })), /of an older program/],
      [
        edit(({ migrations }) => ({ migrations: [...list(migrations), '29990101000000_later'] })),
        /of a newer program/,
      ],
      [
        edit(({ tables }) => ({ tables: list(tables).slice(1) })),
        /the tables of the backup are others than here/,
      ],
      [edit(() => ({ tables: [{ name: 'x"; DROP TABLE metric; --', columns: ['id'] }] })), /is no backup/],
      [edit(() => ({ months: ['2026-13'] })), /is no backup/],
    ];
    await using empty = await withDatabase();
    const before = await listCounts(empty);
    for (const [content, message] of wrong) {
      await writeFile(join(folder, 'wrong'), content);
      const refused: unknown = await restore(configure(empty), log, join(folder, 'wrong')).catch(
        (error: unknown) => error,
      );
      expect(refused).toBeInstanceOf(BackupError);
      expect(String(refused)).toMatch(message);
      expect(await listCounts(empty)).toEqual(before);
    }
    await expect(restore(configure(empty), log, join(folder, 'none'))).rejects.toThrow(/ENOENT/);
    await restore(configure(empty), log, file);
    await expect(restore(configure(empty), log, file)).rejects.toThrow(
      /the database is not empty: there are rows in .*metric/,
    );
    await using bare = await withDatabase({ migrated: false });
    await expect(backUp(configure(bare), log, join(folder, 'bare'))).rejects.toThrow(
      /there is nothing in it/,
    );
    expect(await readdir(folder)).not.toContain('bare.partial');
  });
});

async function readLast({ pool }: Pick<TestDatabase, 'pool'>): Promise<number> {
  const { rows } = await pool.query<{ last: number }>('SELECT last::int AS last FROM score_log');
  return rows[0]?.last ?? 0;
}

/** Each query with its answer; the name of the log, which is another in each database, is left out of cursors. */
async function askEverything(
  url: string,
  { pool }: Pick<TestDatabase, 'pool'>,
): Promise<readonly { readonly query: string; readonly answer: { readonly data: unknown } }[]> {
  const argument = writeArguments({
    metricId,
    startMs: START_MS,
    untilMs: START_MS + ROWS * STEP_MS,
  });
  const selections = listTypeQueries(createSchema(), argument)
    .filter(({ type, query }) => !OF_A_MOMENT.includes(type) && !OF_A_SERVER.test(query))
    .map(({ query }) => query.slice(1, -1));
  const { rows } = await pool.query<{ epoch: string }>('SELECT epoch FROM score_log');
  const epoch = rows[0]?.epoch ?? '';
  const answers: { query: string; answer: { data: unknown; messages: unknown } }[] = [];
  for (let i = 0; i < selections.length; i += QUERIES_AT_ONCE) {
    const query = `{ ${selections.slice(i, i + QUERIES_AT_ONCE).join(' ')} }`;
    const { data, errors } = await ask({ url, key: ADMIN }, query);
    const messages = errors.map(({ message }) => message);
    const text = JSON.stringify({ data, messages }).replaceAll(epoch, 'EPOCH');
    answers.push({ query, answer: JSON.parse(text) as { data: unknown; messages: unknown } });
  }
  return answers;
}

/** What a server counts, and types of failures that have no answer. */
const OF_A_MOMENT = ['ServerInfo', 'Counter', 'License'];
/** Links that end soon, what a server says of itself, and what none can answer here. */
const OF_A_SERVER =
  /exportMetricArchive|metricDataDownload|matchNotificationChannels|previewAutostack|serverInfo/;
/** Fields of one path are one field to the server. */
const QUERIES_AT_ONCE = 16;

async function listCounts({ pool }: Pick<TestDatabase, 'pool'>): Promise<Readonly<Record<string, number>>> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
       AND NOT relispartition AND relname <> '_prisma_migrations' ORDER BY relname`,
  );
  const counts: Record<string, number> = {};
  for (const { name } of rows) {
    const { rows: counted } = await pool.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM "${name}"`,
    );
    counts[name] = counted[0]?.count ?? 0;
  }
  return counts;
}
