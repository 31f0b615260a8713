import { defineConfig } from 'prisma/config';

// generate, validate and format never run the schema engine, yet the command line fetches its binary first: naming
// any file that exists as the binary keeps an installation free of downloads.
if (['generate', 'validate', 'format'].includes(process.argv[2] ?? '')) {
  process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= 'package.json';
}

export default defineConfig({
  schema: '.',
  migrations: { path: './migrations' },
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://localhost:5432/unused' },
});
