/** The server under measure: a process of its own over a database that waits for the disk, both temporary. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startTemporaryEmbedded } from '../src/platform/postgres/embedded/temporary.ts';
import { createLog } from '../src/log.ts';
import { isBuilt } from '../test/helpers/program.ts';
import { startServerProcess } from '../test/helpers/server-process.ts';

export interface MeasuredServer extends AsyncDisposable {
  readonly url: string;
  readonly graphite: string;
  /** The server's database, for peers of the same run. */
  readonly connection: string;
  readonly pid: number;
  /** Memory of the server's process without its database. */
  readMemoryMb(): Promise<number>;
  /** With a folder for profiles, what happens in the server meanwhile is profiled. */
  profile<T>(work: () => Promise<T>): Promise<T>;
}

const run = promisify(execFile);

const PROFILER = new URL('measure-profile.js', import.meta.url).href;

/**
 * @param options.profileDir a folder the server writes CPU profiles to
 * @param options.settings LAPWING_ variables, and others, over those of a bench
 */
export async function startMeasuredServer(
  options: {
    readonly profileDir?: string | undefined;
    readonly settings?: Readonly<Record<string, string>>;
  } = {},
): Promise<MeasuredServer> {
  const { profileDir, settings = {} } = options;
  await buildIfStale();
  const database = await startTemporaryEmbedded({ log: createLog('error'), settings: { fsync: 'on' } });
  const server = await startServerProcess({
    DATABASE_URL: database.connection,
    LAPWING_PORT: '0',
    LAPWING_GRAPHITE_PORT: '0',
    LAPWING_HOST_METRICS: 'off',
    LAPWING_LOG_LEVEL: 'error',
    // All load comes from one address.
    LAPWING_MAX_CONNECTIONS: '100000',
    LAPWING_MAX_OPERATIONS_PER_SECOND: '1000000',
    // As npm start and the image set it: graphql then asks less of its types.
    NODE_ENV: 'production',
    ...(profileDir === undefined
      ? {}
      : { NODE_OPTIONS: `--import ${PROFILER}`, BENCH_PROFILE_DIR: profileDir }),
    ...settings,
  });
  const { graphql, graphite } = server.addresses;
  const { pid } = server.child;
  if (graphql === undefined || graphite === undefined || pid === undefined) {
    throw new Error(`the server does not listen: ${JSON.stringify(server.addresses)}`);
  }
  return {
    url: graphql,
    graphite,
    connection: database.connection,
    pid,
    readMemoryMb: () => readMemoryMb(pid),
    profile: async (work) => {
      if (profileDir === undefined) return work();
      process.kill(pid, 'SIGUSR2');
      try {
        return await work();
      } finally {
        process.kill(pid, 'SIGUSR2');
      }
    },
    [Symbol.asyncDispose]: async () => {
      await server.terminate();
      await database.stop();
    },
  };
}

/** What is measured is what users run: from its sources the server starts too, and answers more slowly. */
async function buildIfStale(): Promise<void> {
  if (isBuilt()) return;
  console.error('dist is older than src: building it first');
  await run('npm', ['run', '--silent', 'build'], { cwd: new URL('..', import.meta.url) });
}

/** Resident memory of a process. */
async function readMemoryMb(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout) / 1024;
}

/** @throws Error with what the server answered when it is not data */
export async function ask<T>(url: string, query: string, variables: object = {}): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  const body = JSON.parse(text) as { data?: T; errors?: unknown };
  if (body.errors !== undefined || body.data === undefined) throw new Error(text.slice(0, 1000));
  return body.data;
}

/** As many mutations as go into one document. */
const MONITORED_AT_ONCE = 25;

/** Begins to watch pushed metrics of these names. */
export async function monitorAll(url: string, names: readonly string[]): Promise<void> {
  for (let from = 0; from < names.length; from += MONITORED_AT_ONCE) {
    const fields = names.slice(from, from + MONITORED_AT_ONCE).map(
      (name, index) =>
        `m${index}: monitorMetric(input: { spec: { custom: { name: ${JSON.stringify(name)} } },
          model: { min: 0, max: 100 } }) { ... on Metric { id } }`,
    );
    await ask(url, `mutation { ${fields.join('\n')} }`);
  }
}
