/** The whole server on free ports, over a database of its own: `await using server = await startServer()`. */
import { readConfig } from '../../src/platform/config/read-config.ts';
import type { Engine } from '../../src/app/build-core.ts';
import { createLog, type Log } from '../../src/log.ts';
import { startLapwing, type Lapwing } from '../../src/app/start-server.ts';
import { type TestDatabase, withDatabase } from './database.ts';

export interface TestServer extends AsyncDisposable {
  readonly engine: Engine;
  readonly runConfiguration: Lapwing['runConfiguration'];
  readonly database: TestDatabase;
  /** http://127.0.0.1:port */
  readonly url: string;
  /** What it listens on, by protocol. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Stops the server; the database stays until disposal. */
  readonly stop: () => Promise<void>;
}

/** @param options.settings LAPWING_ variables over the defaults of tests: no Graphite, no host, no log */
export async function startServer(
  options: { readonly settings?: Readonly<Record<string, string>>; readonly log?: Log } = {},
): Promise<TestServer> {
  const database = await withDatabase();
  const config = readConfig({
    DATABASE_URL: database.connection,
    LAPWING_PORT: '0',
    LAPWING_GRAPHITE_PORT: '',
    LAPWING_HOST_METRICS: 'off',
    ...options.settings,
  });
  const lapwing = await startLapwing(config, options.log ?? createLog('silent'), {
    onLost: (error) => {
      throw error;
    },
  });
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= lapwing.stop());
  const dispose = async () => {
    await stop();
    await database[Symbol.asyncDispose]();
  };
  const { engine, addresses, runConfiguration } = lapwing;
  const url = (addresses.http ?? '').replace(/\/$/, '');
  return { engine, runConfiguration, addresses, database, url, stop, [Symbol.asyncDispose]: dispose };
}
