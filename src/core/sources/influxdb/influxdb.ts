/** Series of InfluxDB 2, read in Flux. */
import type { Log } from '../../../log.ts';
import { listInfluxdb } from './influxdb-catalogue.ts';
import { createInfluxdbPolling } from './influxdb-polling.ts';
import { createQueryInfluxdb, type InfluxdbConnection } from './influxdb-query.ts';
import { describeInfluxdbMetric } from './influxdb-spec.ts';
import { ListedCatalogue } from '../listed-catalogue.ts';
import type { Source } from '../source.ts';

export interface InfluxdbSource extends Source {
  readonly listing: ListedCatalogue;
}

export function createInfluxdbSource(options: {
  readonly connection: InfluxdbConnection;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}): InfluxdbSource {
  const { connection, log, now = Date.now } = options;
  const query = createQueryInfluxdb(connection, { now });
  const listing = new ListedCatalogue({
    list: (signal) => listInfluxdb(query, signal),
    database: 'InfluxDB',
    log,
  });
  return {
    datasource: 'INFLUXDB',
    describe: describeInfluxdbMetric,
    catalogue: () => listing.types,
    polling: createInfluxdbPolling({ query, now }),
    listing,
  };
}
