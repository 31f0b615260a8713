/** The whole server on free ports, over a database of its own: `await using server = await startServer()`. */
import { readConfig } from '../../src/platform/config/read-config.ts';
import type { Engine } from '../../src/app/build-core.ts';
import { createLog, type Log } from '../../src/log.ts';
import { startLapwing, type Lapwing } from '../../src/app/start-server.ts';
import { type TestDatabase, withDatabase } from './database.ts';

export interface StartedServer extends AsyncDisposable {
  readonly engine: Engine;
  readonly runConfiguration: Lapwing['runConfiguration'];
  /** http://127.0.0.1:port */
  readonly url: string;
  /** What it listens on, by protocol. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Stops the server; the database stays until disposal. */
  readonly stop: () => Promise<void>;
}

export interface TestServer extends StartedServer {
  readonly database: TestDatabase;
}

interface StartOptions {
  /** LAPWING_ variables over the defaults of tests: no Graphite, no host. */
  readonly settings?: Readonly<Record<string, string>>;
  /** None when left out. */
  readonly log?: Log;
}

export async function startServer(options: StartOptions = {}): Promise<TestServer> {
  const database = await withDatabase();
  const started = await startServerOver(database, options);
  const dispose = async () => {
    await started.stop();
    await database[Symbol.asyncDispose]();
  };
  return { ...started, database, [Symbol.asyncDispose]: dispose };
}

/** Over a database that is there, which stays: after a restart, say. */
export async function startServerOver(
  database: Pick<TestDatabase, 'connection'>,
  options: StartOptions = {},
): Promise<StartedServer> {
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
  const { engine, addresses, runConfiguration } = lapwing;
  const url = (addresses.http ?? '').replace(/\/$/, '');
  return { engine, runConfiguration, addresses, url, stop, [Symbol.asyncDispose]: stop };
}
