import type pg from 'pg';
import type { PrismaClient } from '../../src/generated/prisma/client.ts';

export interface TestDatabase extends AsyncDisposable {
  readonly connection: string;
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
}

export function withDatabase(): Promise<TestDatabase> {
  throw new Error('not built yet');
}
