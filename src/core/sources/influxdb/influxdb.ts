/** Series of InfluxDB 2, read in Flux. What it has is listed at start and now and then. */
import type { Log } from '../../../log.ts';
import { listInfluxdb } from './influxdb-catalogue.ts';
import { createInfluxdbPolling } from './influxdb-polling.ts';
import { createQueryInfluxdb, type InfluxdbConnection } from './influxdb-query.ts';
import { describeInfluxdbMetric } from './influxdb-spec.ts';
import type { Source, SupportedResourceType } from '../source.ts';

export interface InfluxdbSource extends Source {
  /** Lists what there is; the list of before is kept when InfluxDB cannot be asked. Never rejects. */
  readonly refresh: () => Promise<void>;
  /** Begins to list now and then. */
  readonly start: () => void;
  readonly stop: () => void;
}

const REFRESH_MS = 600_000;

export function createInfluxdbSource(options: {
  readonly connection: InfluxdbConnection;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}): InfluxdbSource {
  const { connection, log, now = Date.now } = options;
  const query = createQueryInfluxdb(connection);
  const stopping = new AbortController();
  let types: readonly SupportedResourceType[] = [];
  /** Why the last listing failed; null after one that did not. */
  let problem: string | null = null;
  let timer: NodeJS.Timeout | undefined;

  const refresh = async () => {
    try {
      types = await listInfluxdb(query, stopping.signal);
      problem = null;
    } catch (error) {
      if (stopping.signal.aborted) return;
      // A database that is only written to never lets itself be listed: saying so once is enough.
      const reason = error instanceof Error ? error.message : String(error);
      const isNew = reason !== problem;
      problem = reason;
      log[isNew ? 'warn' : 'debug'](
        { err: error },
        'InfluxDB series cannot be listed; writing is not affected',
      );
    }
  };

  return {
    datasource: 'INFLUXDB',
    describe: describeInfluxdbMetric,
    catalogue: () => types,
    polling: createInfluxdbPolling({ query, now }),
    refresh,
    start: () => {
      void refresh();
      timer = setInterval(() => void refresh(), REFRESH_MS);
    },
    stop: () => {
      clearInterval(timer);
      stopping.abort();
    },
  };
}
