/** What `/ready` answers: whether senders and readers should be sent to this server now. */
import { statfs } from 'node:fs/promises';
import type { Readiness } from '../api/http/health.ts';
import { readSqlState } from '../platform/postgres/outage.ts';
import type { Engine } from './build-core.ts';
import type { OpenDatabase } from './open-database.ts';
import type { SecretCheck } from './sealing-keys.ts';

/** A queue as full as this is about to refuse points. */
const FULL_QUEUE = 0.9;
/** Two of PostgreSQL's log segments: with less room it cannot go on writing. */
const MIN_FREE_BYTES = 32 * 1024 * 1024;
/** A write that failed says so for as long; a load balancer sends no more points that could show that it is over. */
const FAILURE_HOLDS_MS = 15_000;
const DISK_FULL_STATE = '53100';

/** @returns not ready while points cannot be stored; ready with problems where they can, and an operator should know */
export async function checkReadiness(options: {
  readonly engine: Pick<Engine, 'pool' | 'stats' | 'accept'>;
  readonly database: Pick<OpenDatabase, 'isUp' | 'isEmbedded'>;
  readonly secrets: Pick<SecretCheck, 'findProblem'>;
  readonly dataDir: string;
  readonly queueLimit: number;
}): Promise<Readiness> {
  const { engine, database, secrets } = options;
  try {
    // Where PostgreSQL has no room left for its log it ends, and cannot be started again before there is some.
    const full = database.isEmbedded ? await findFullDisk(options.dataDir) : null;
    if (full !== null) return notReady(full);
    if (!database.isUp()) return notReady('the database is being started again, or does not answer');
    await engine.pool.query('SELECT 1');
    const waiting = engine.stats.read('ingest_queue_points');
    if (waiting > FULL_QUEUE * options.queueLimit) return notReady(`${waiting} points wait to be written`);
    const problem = describeFailure(engine.accept.lastFailure);
    if (problem !== null) return notReady(problem);
    const secret = await secrets.findProblem();
    return { ready: true, problems: secret === null ? [] : [secret] };
  } catch {
    return notReady('the database does not answer');
  }
}

async function findFullDisk(dataDir: string): Promise<string | null> {
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  if (free >= MIN_FREE_BYTES) return null;
  return `the disk of ${dataDir} is full (${Math.floor(free / 1024 / 1024)} MB left): points cannot be stored`;
}

function describeFailure(failure: Engine['accept']['lastFailure']): string | null {
  if (failure === null || performance.now() - failure.atMs > FAILURE_HOLDS_MS) return null;
  const { error } = failure;
  return error instanceof Error && readSqlState(error) === DISK_FULL_STATE
    ? 'the disk of the database is full: points cannot be stored'
    : 'the last points could not be stored: see the log';
}

function notReady(problem: string): Readiness {
  return { ready: false, problems: [problem] };
}
