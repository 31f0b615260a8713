/** A throw-away database on which the schema engine plays the migrations to see where they lead. */
import { PrismaPg } from '@prisma/adapter-pg';
import {
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
  type SqlResultSet,
} from '@prisma/driver-adapter-utils';
import pg from 'pg';

/** @param connection URL of a database from which others may be created; itself only read */
export function createShadowAdapterFactory(connection: string): SqlMigrationAwareDriverAdapterFactory {
  const { provider, adapterName } = new PrismaPg(connection);
  return {
    provider,
    adapterName,
    connect: () => connectAdapter(connection),
    connectToShadowDb: () => connectShadow(connection),
  };
}

async function connectShadow(connection: string): Promise<SqlDriverAdapter> {
  const name = `shadow_${crypto.randomUUID().replaceAll('-', '')}`;
  await runOn(connection, `CREATE DATABASE ${name}`);
  const shadowUrl = new URL(connection);
  shadowUrl.pathname = name;
  const adapter = await connectAdapter(shadowUrl.href);
  const close = adapter.dispose.bind(adapter);
  adapter.dispose = async () => {
    await close();
    await runOn(connection, `DROP DATABASE ${name} WITH (FORCE)`);
  };
  return adapter;
}

async function connectAdapter(connection: string): Promise<SqlDriverAdapter> {
  const adapter = await new PrismaPg(connection).connect();
  const query = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = (request) => queryCatalog(query, request);
  // The adapter cuts scripts at every semicolon, also inside text and comments.
  adapter.executeScript = async (script) => {
    await adapter.underlyingDriver().query(script);
  };
  return adapter;
}

/**
 * The adapter does not know "char" (oid 18), which the catalog queries return; it looks its types up in pg's table, so
 * uuid, which no catalog query returns, stands in for it while such a query is read.
 */
async function queryCatalog(
  query: (request: SqlQuery) => Promise<SqlResultSet>,
  request: SqlQuery,
): Promise<SqlResultSet> {
  const { UUID, CHAR } = pg.types.builtins;
  Object.assign(pg.types.builtins, { UUID: CHAR });
  const result = await query(request).finally(() => Object.assign(pg.types.builtins, { UUID }));
  const columnTypes = result.columnTypes.map((type) =>
    type === ColumnTypeEnum.Uuid ? ColumnTypeEnum.Character : type,
  );
  return { ...result, columnTypes };
}

async function runOn(connection: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: connection });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
