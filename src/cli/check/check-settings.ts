/**
 * `lapwing check`: whether a server could start with these settings. Only looks: it makes no folder, no database and no
 * key, and migrates nothing. Beside a running server it reports that server.
 */
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type pg from 'pg';
import { countUnreadableSecrets, describeUnreadable } from '../../app/sealing-keys.ts';
import { checkPorts } from '../../app/start-server.ts';
import { OperatorError } from '../../errors.ts';
import { createSchema } from '../../api/graphql/schema.ts';
import { readTrustedDocuments } from '../../api/graphql/server/trusted-documents.ts';
import { formatHost } from '../../api/http/format-host.ts';
import type { Log } from '../../log.ts';
import { findIdleSettings, type Config } from '../../platform/config/read-config.ts';
import { createDatabase } from '../../platform/postgres/client.ts';
import { describeConnection, openClient } from '../../platform/postgres/connection.ts';
import { findPostgresBinaries } from '../../platform/postgres/embedded/binaries.ts';
import { findRunningEmbedded } from '../../platform/postgres/embedded/find-running.ts';
import { listPendingMigrations } from '../../platform/postgres/migrate.ts';
import { checkSession, findLockHolder } from '../../platform/postgres/lock-session.ts';
import { readLicense } from '../../platform/telemetry/license-watch.ts';
import { loadConfiguration } from '../apply/load-file.ts';
import { explainFailure } from '../explain-failure.ts';
import {
  ANSWER_LIMIT_MS,
  checkAws,
  checkInfluxdb,
  checkPrometheus,
  checkProvider,
  checkRemoteWrite,
  checkSmtp,
  NONE,
} from './check-services.ts';

/** Something would keep a server from starting; what it is was printed. */
class CheckError extends OperatorError {
  override readonly name = 'CheckError';
}

/**
 * Prints a line per thing looked at.
 * @throws CheckError when something would keep a server from starting
 */
export async function checkSettings(config: Config, log: Log, environment: NodeJS.ProcessEnv): Promise<void> {
  const checks: readonly (readonly [string, () => Promise<string>])[] = [
    ['settings', () => Promise.resolve(describeSettingsGiven(environment))],
    ['database', () => checkDatabase(config, log)],
    ['ports', () => checkListeners(config)],
    ['AWS', () => checkAws(config, environment)],
    ['InfluxDB', () => checkInfluxdb(config)],
    ['Prometheus', () => checkPrometheus(config)],
    ['remote write', () => checkRemoteWrite(config)],
    ['SMTP', () => checkSmtp(config)],
    ['OpenID Connect', () => checkProvider(config)],
    ['licence', () => checkLicense(config)],
    ['configuration file', () => checkFile(config, environment)],
    ['trusted documents', () => checkDocuments(config)],
  ];
  let failed = 0;
  for (const [name, check] of checks) {
    try {
      process.stdout.write(`${name}: ${await check()}\n`);
    } catch (error) {
      failed += 1;
      process.stdout.write(`${name}: FAILED: ${explainFailure(error)}\n`);
    }
  }
  if (failed > 0)
    throw new CheckError(`${failed} of ${checks.length} checks failed: a server would not start`);
}

/** Beside the log, which may be silent. */
function describeSettingsGiven(environment: NodeJS.ProcessEnv): string {
  const idle = findIdleSettings(environment);
  return idle.length === 0 ? 'ok' : `ok (WARNING: no effect: ${idle.join('; ')})`;
}

async function checkDatabase(config: Config, log: Log): Promise<string> {
  const connection = config.databaseUrl ?? (await findRunningEmbedded(config.dataDir));
  if (connection === null) return describeStopped(config.dataDir);
  const client = await openClient(connection, 'lapwing check');
  try {
    await checkSession(client, connection);
    const pending = await listPendingMigrations(client, connection);
    const holder = await findLockHolder(client);
    if (pending.length > 0) await checkRights(client);
    const parts = [
      describeConnection(connection),
      await describeVersion(client),
      pending.length === 0 ? 'schema up to date' : `${pending.length} migrations to apply at the next start`,
      holder === null ? 'no server uses it' : `in use by a running server (${holder})`,
    ];
    if (pending.length === 0) parts.push(await describeSecrets(connection, config, log));
    return `ok (${parts.join('; ')})`;
  } finally {
    await client.end();
  }
}

async function describeVersion(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ version: string }>(
    `SELECT current_setting('server_version') AS version`,
  );
  return `PostgreSQL ${rows[0]?.version ?? 'of an unknown version'}`;
}

/** @throws CheckError when the migrations could not be applied */
async function checkRights(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string; may: boolean }>(
    `SELECT current_user AS name, has_schema_privilege('public', 'CREATE') AS may`,
  );
  const user = rows[0];
  if (user?.may === true) return;
  throw new CheckError(
    `the database user ${user?.name ?? ''} may not create tables: make it the owner of the database, or ` +
      `GRANT CREATE, USAGE ON SCHEMA public TO it`,
  );
}

async function describeSecrets(connection: string, settings: Config, log: Log): Promise<string> {
  const { prisma, stop } = createDatabase({ connection, log, use: 'lapwing check' });
  try {
    const problem = describeUnreadable(await countUnreadableSecrets(prisma, settings), settings);
    return problem === null ? 'stored secrets can be read' : `WARNING: ${problem}`;
  } finally {
    await stop();
  }
}

/** The embedded database while no server runs it. @throws when it could not be started or made */
async function describeStopped(dataDir: string): Promise<string> {
  await findPostgresBinaries();
  const folder = resolve(dataDir);
  // A server also writes keys and a log beside the database.
  await access(await findExisting(folder), constants.W_OK | constants.X_OK);
  const version = await readFile(join(folder, 'postgres', 'PG_VERSION'), 'utf8').catch(() => null);
  if (version !== null) {
    return `ok (embedded, in ${folder}, made by PostgreSQL ${version.trim()}; no server runs it now)`;
  }
  return `ok (embedded, made in ${folder} at the first start)`;
}

/** The folder itself, or the nearest above it that exists. */
async function findExisting(folder: string): Promise<string> {
  const exists = await access(folder).then(
    () => true,
    () => false,
  );
  return exists || folder === dirname(folder) ? folder : findExisting(dirname(folder));
}

/** Ports that a running Lapwing has are no failure. @throws ListenError for one that cannot be had otherwise */
async function checkListeners(config: Config): Promise<string> {
  const { host, port } = config;
  const isRunning = port !== 0 && (await answersAsLapwing(host, port));
  if (isRunning) return `a Lapwing answers on port ${port} already`;
  await checkPorts(config);
  return 'ok';
}

async function answersAsLapwing(host: string, port: number): Promise<boolean> {
  const url = `http://${formatHost(host)}:${port}/ready`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) }).catch(() => null);
  const body: unknown = await answer?.json().catch(() => null);
  return typeof body === 'object' && body !== null && 'status' in body && 'problems' in body;
}

async function checkFile({ configFile }: Config, environment: NodeJS.ProcessEnv): Promise<string> {
  if (configFile === undefined) return NONE;
  const { entries } = await loadConfiguration(configFile, environment);
  return `ok (${configFile}: ${entries.length} entries)`;
}

/** @throws TrustedDocumentsError */
async function checkDocuments(config: Config): Promise<string> {
  const documents = await readTrustedDocuments(config, createSchema());
  return documents === null ? 'none, and none are needed' : `ok (${config.trustedDocuments ?? ''})`;
}

async function checkLicense({ licenseFile, licensePublicKey }: Config): Promise<string> {
  if (licenseFile === undefined) return NONE;
  const { status, warnings, errors } = await readLicense(licenseFile, licensePublicKey ?? null, new Date());
  return [status, ...warnings, ...errors].join('; ');
}
