import type { Log } from '../log.ts';

export function applyMigrations(options: {
  readonly connection: string;
  readonly log: Log;
  readonly folder?: string;
}): Promise<readonly string[]> {
  throw new Error(`not built yet: ${options.connection}`);
}
