/** `lapwing check`: whether a server could start with these settings. */
import type { Config } from '../platform/config/read-config.ts';
import type { Log } from '../log.ts';
import { openDatabase } from '../app/open-database.ts';

/** Reads the settings (done by then), opens the database as the server would, and closes it again. */
export async function checkSettings(config: Config, log: Log): Promise<void> {
  process.stdout.write('settings: ok\n');
  const database = await openDatabase({ config, log, onLost: () => undefined });
  try {
    const { rows } = await database.pool.query<{ version: string }>(
      `SELECT current_setting('server_version') AS version`,
    );
    process.stdout.write(`database: ok (${database.description}, PostgreSQL ${rows[0]?.version ?? '?'})\n`);
  } finally {
    await database.stop();
  }
}
