/**
 * The database as a replica uses it: it reads, and cannot write by mistake. What any member may write at any time (who asked,
 * when a key was used) has connections of its own.
 */
import { ChangeChannels } from '../../platform/postgres/change-channels.ts';
import { createDatabase, type Database } from '../../platform/postgres/client.ts';
import { openClient } from '../../platform/postgres/connection.ts';
import { watchHealth } from '../../platform/postgres/health-probe.ts';
import { listPendingMigrations } from '../../platform/postgres/migrate.ts';
import type { Log } from '../../log.ts';
import type { Teardown } from '../../platform/runtime/shutdown-stack.ts';

export interface ReplicaDatabase extends Pick<Database, 'pool' | 'prisma'> {
  /** The same database, for the keys and the audit log. */
  readonly access: Pick<Database, 'pool' | 'prisma'>;
  readonly changes: ChangeChannels;
  /** False while PostgreSQL does not answer. */
  readonly isUp: () => boolean;
}

/** Few: requests wait for none of them. */
const ACCESS_CONNECTIONS = 2;

/** @param options.onSilent the database went silent; until it answers again, callers that need it fail at once */
export function openReplicaDatabase(options: {
  readonly connection: string;
  readonly log: Log;
  readonly teardown: Teardown;
  readonly onSilent: () => void;
}): ReplicaDatabase {
  const { connection, log, teardown } = options;
  const reads = createDatabase({ connection, log, use: 'lapwing replica', readOnly: true });
  teardown.add(reads.stop);
  const access = createDatabase({ connection, log, use: 'lapwing access', size: ACCESS_CONNECTIONS });
  teardown.add(access.stop);
  const changes = new ChangeChannels(['keys', 'changes', 'metrics', 'barrier']);
  const gates = [reads.gate, access.gate];
  const probe = watchHealth({
    connection,
    changes,
    log,
    onLost: () => {
      for (const gate of gates) gate.close();
      options.onSilent();
    },
    onFound: () => {
      for (const gate of gates) gate.open();
    },
  });
  teardown.add(probe.stop);
  return { pool: reads.pool, prisma: reads.prisma, access, changes, isUp: probe.isHealthy };
}

/**
 * Whether the database has the shape this program expects: the leader may be of another version, or not have made it yet.
 * @throws ConnectionError when the database cannot be reached, MigrationError when it is newer than this program
 */
export async function hasOwnSchema(connection: string): Promise<boolean> {
  const client = await openClient(connection, 'lapwing replica');
  try {
    return (await listPendingMigrations(client, connection)).length === 0;
  } finally {
    await client.end();
  }
}
