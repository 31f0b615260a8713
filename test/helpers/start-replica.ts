/** A member of a cluster that follows another one, within this process: `await using replica = await startReplica(database, settings)`. */
import { startLapwing, type Lapwing } from '../../src/app/start-server.ts';
import { createLog } from '../../src/log.ts';
import { toError } from '../../src/platform/runtime/to-error.ts';
import { readConfig } from '../../src/platform/config/read-config.ts';
import type { TestDatabase } from './database.ts';
import { createDeferred } from './deferred.ts';
import { until } from './until.ts';

export interface TestReplica extends AsyncDisposable {
  /** http://127.0.0.1:port, also once it leads. */
  readonly url: string;
  /** Resolves once it leads. */
  readonly leading: Promise<Lapwing>;
}

/**
 * Resolves once it answers as a replica.
 * @param settings those of the leader: the same sealing key, among others
 */
export async function startReplica(
  database: Pick<TestDatabase, 'connection'>,
  settings: Readonly<Record<string, string>>,
): Promise<TestReplica> {
  const config = readConfig({
    DATABASE_URL: database.connection,
    LAPWING_PORT: '0',
    LAPWING_GRAPHITE_PORT: '',
    LAPWING_CLUSTER: 'on',
    ...settings,
  });
  const stopping = new AbortController();
  const waiting = createDeferred<string>();
  const leading = startLapwing(config, createLog('silent'), {
    onLost: (error) => {
      throw error;
    },
    onStandby: waiting.resolve,
    signal: stopping.signal,
  });
  leading.catch((error: unknown) => waiting.reject(toError(error)));
  const address = await waiting.promise;
  await until(async () => {
    const response = await fetch(`${address}/ready`);
    if (!response.ok) throw new Error(await response.text());
  });
  const dispose = async () => {
    stopping.abort();
    // One that leads is stopped; the wait of one that does not has ended.
    const lapwing = await leading.catch(() => null);
    await lapwing?.stop();
  };
  return { url: address, leading, [Symbol.asyncDispose]: dispose };
}
