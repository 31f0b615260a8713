import type pg from 'pg';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Log } from '../log.ts';

export interface Database extends AsyncDisposable {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  stop(): Promise<void>;
}

export function createDatabase(options: { readonly connection: string; readonly log: Log }): Database {
  throw new Error(`not built yet: ${options.connection}`);
}
