import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { SlowFirst } from './slow-first.ts';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  resolve: {
    // graphql 16 has no exports map: Vite would load its ESM build while Node loads the CJS one, and two copies
    // of graphql refuse each other's schemas.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // They need Chromium: `npm run test:page`.
    exclude: [...configDefaults.exclude, 'test/web/**/*.browser.test.ts'],
    globalSetup: ['test/helpers/global-database.ts'],
    setupFiles: [
      'test/helpers/protect-prototypes.ts',
      'test/helpers/put-back-environment.ts',
      'test/helpers/refuse-warnings.ts',
    ],
    // They only end what hangs: a busy machine may take many times as long as a quiet one.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // One more than a small machine has cores: tests wait for sockets, processes and PostgreSQL a third of their time.
    maxWorkers: 3,
    pool: 'forks',
    // Modules hold no state at import: files share what is loaded, which spares a fifth of the time. What a test changes
    // beside its own objects is put back after it.
    isolate: false,
    restoreMocks: true,
    unstubEnvs: true,
    sequence: { sequencer: SlowFirst },
  },
});
