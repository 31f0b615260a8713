/** Asks InfluxDB in Flux through its official client. */
import {
  flux,
  fluxDateTime,
  fluxDuration,
  fluxExpression,
  HttpError,
  InfluxDB,
} from '@influxdata/influxdb-client';
import { SourceUnavailableError } from '../../../errors.ts';
import type { InfluxdbSpec } from './influxdb-spec.ts';

/** One row of an answer, by its columns. */
export type FluxRow = Readonly<Record<string, unknown>>;

/** @throws SourceUnavailableError whatever went wrong; its message names it */
export type QueryInfluxdb = (query: string, signal: AbortSignal) => Promise<readonly FluxRow[]>;

export interface InfluxdbConnection {
  readonly url: string;
  readonly org: string;
  readonly token: string | undefined;
}

const TIMEOUT_MS = 15_000;
/** An answer of more rows is cut off: none of our questions has so many. */
const MAX_ROWS = 50_000;

export function createQueryInfluxdb({ url, org, token }: InfluxdbConnection): QueryInfluxdb {
  const client = new InfluxDB({ url, timeout: TIMEOUT_MS, ...(token === undefined ? {} : { token }) });
  const api = client.getQueryApi({ org, gzip: true });
  return (query, signal) =>
    new Promise((resolve, reject) => {
      const rows: FluxRow[] = [];
      let cancel: () => void = () => undefined;
      // The signal outlives the question by far.
      const settle = () => signal.removeEventListener('abort', cancel);
      const fail = (error: unknown) => {
        settle();
        reject(describeFailure(error));
      };
      api.queryRows(query, {
        next: (values, table) => {
          // The client's type says any; every value of it is a column's.
          const row = table.toObject(values) as FluxRow;
          // InfluxDB reports an error that came late as a row of the answer.
          if (typeof row.error === 'string' && row.error !== '') fail(new Error(row.error));
          else if (rows.length < MAX_ROWS) rows.push(row);
        },
        error: fail,
        complete: () => {
          settle();
          resolve(rows);
        },
        useCancellable: (cancellable) => {
          cancel = () => {
            fail(new Error('the reading was cut short'));
            cancellable.cancel();
          };
          if (signal.aborted) cancel();
          else signal.addEventListener('abort', cancel, { once: true });
        },
      });
    });
}

/** The values of whole periods in [fromMs, toMs), each timed at its period's beginning; silent periods have none. */
export function writeWindowQuery(spec: InfluxdbSpec, fromMs: number, toMs: number): string {
  const { bucket, measurement, field, tags, aggregate, periodSeconds } = spec;
  const conditions = Object.entries(tags).map(([key, value]) => flux`r[${key}] == ${value}`.toString());
  const all = [flux`r._measurement == ${measurement} and r._field == ${field}`.toString(), ...conditions];
  return flux`from(bucket: ${bucket})
  |> range(start: ${fluxDateTime(new Date(fromMs).toISOString())}, stop: ${fluxDateTime(new Date(toMs).toISOString())})
  |> filter(fn: (r) => ${fluxExpression(all.join(' and '))})
  |> group()
  |> sort(columns: ["_time"])
  |> aggregateWindow(every: ${fluxDuration(`${periodSeconds}s`)}, fn: ${fluxExpression(aggregate)}, createEmpty: false, timeSrc: "_start")
  |> keep(columns: ["_time", "_value"])`.toString();
}

function describeFailure(error: unknown): SourceUnavailableError {
  const reason = error instanceof Error ? error.message : String(error);
  const status = error instanceof HttpError ? ` with ${error.statusCode}` : '';
  return new SourceUnavailableError(`InfluxDB answered${status === '' ? ' not' : status}: ${reason}`, {
    cause: error,
  });
}
