/**
 * Prisma's schema engine from its WebAssembly package: compares the *.prisma files with the migrations without the native
 * binary, which Prisma would download.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';
import type { Migration } from '../src/platform/postgres/migration-files.ts';
import { createShadowAdapterFactory } from './shadow-database.ts';

// TypeScript declares WebAssembly in its browser library only.
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: object,
  ): Promise<{
    instance: { exports: { __wbindgen_start(): void } };
  }>;
};

const SCHEMA_PATH = 'prisma/schema.prisma';

/**
 * SQL that takes a database the migrations made to what the schema says.
 * @param connection URL of a PostgreSQL where a shadow database may be created and dropped
 * @returns null when they agree
 */
export async function diffMigrations(
  connection: string,
  schema: string,
  migrations: readonly Migration[],
  lockfile: string,
): Promise<string | null> {
  await loadEngineOnce();
  const factory = bindMigrationAwareSqlAdapterFactory(createShadowAdapterFactory(connection));
  const ignoreLog = () => undefined;
  const engine = await glue.SchemaEngine.new({ datamodels: [[SCHEMA_PATH, schema]] }, ignoreLog, factory);
  try {
    const { exitCode, stdout } = await engine.diff({
      from: {
        tag: 'migrations',
        baseDir: 'prisma/migrations',
        shadowDbInitScript: '',
        lockfile: { path: 'migration_lock.toml', content: lockfile },
        migrationDirectories: migrations.map(({ name, sql }) => ({
          path: name,
          migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
        })),
      },
      to: { tag: 'schemaDatamodel', files: [{ path: SCHEMA_PATH, content: schema }] },
      script: true,
      exitCode: true,
      filters: { externalTables: [], externalEnums: [] },
    });
    return exitCode === 0 ? null : (stdout ?? '');
  } finally {
    engine.free();
  }
}

let loading: Promise<void> | undefined;

/** Once per process: the package's glue remembers the memory of one instance, and reads garbage from a second. */
function loadEngineOnce(): Promise<void> {
  return (loading ??= loadEngine());
}

/** The package's own entry imports the .wasm file as a module, which Node only does behind a flag. */
async function loadEngine(): Promise<void> {
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: { set_message: (message: string) => console.error(message) },
  });
  const glueFile = fileURLToPath(import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
  const bytes = readFileSync(join(dirname(glueFile), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': { ...glue } });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}
