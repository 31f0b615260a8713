/** Asks InfluxDB in Flux through its official client. */
import {
  flux,
  fluxDateTime,
  fluxDuration,
  fluxExpression,
  HttpError,
  InfluxDB,
  linesToTables,
  type QueryApi,
} from '@influxdata/influxdb-client';
import { SourceUnavailableError } from '../../../errors.ts';
import { PAUSING, readRetryAfter } from '../../../platform/outbound/retry-after.ts';
import { runWithin } from '../../../platform/outbound/time-limit.ts';
import { messageOf } from '../../../platform/runtime/to-error.ts';
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

/** Without a byte for so long. */
const TIMEOUT_MS = 15_000;
/** For all of an answer: one that trickles would keep its lane for ever. */
const TIME_LIMIT_MS = 60_000;
/** An answer of more rows is cut off: none of our questions has so many. */
const MAX_ROWS = 50_000;
const MAX_SHOWN_TEXT = 300;
/** Annotations, a row, or a failure; an answer without tables is empty. */
const ANNOTATED_CSV = /^(?:#|,|error\b)/;

/**
 * @param options.limitMs for all of an answer
 * @param options.now milliseconds since 1970
 */
export function createQueryInfluxdb(
  { url, org, token }: InfluxdbConnection,
  {
    limitMs = TIME_LIMIT_MS,
    now = Date.now,
  }: { readonly limitMs?: number; readonly now?: () => number } = {},
): QueryInfluxdb {
  // A question that was cut short lasts as long as this in the client, and keeps a command from ending.
  const timeout = Math.min(TIMEOUT_MS, limitMs);
  const client = new InfluxDB({ url, timeout, ...(token === undefined ? {} : { token }) });
  const api = client.getQueryApi({ org, gzip: true });
  let pausedUntilMs = 0;
  return async (query, stopped) => {
    if (now() < pausedUntilMs) {
      const until = new Date(pausedUntilMs).toISOString();
      throw new SourceUnavailableError(`InfluxDB asked to be left alone until ${until}`);
    }
    try {
      return await runWithin({ limitMs, stopped }, (signal) => readRows(api, query, signal));
    } catch (error) {
      // Whatever asks meanwhile makes the limit last longer, for all series.
      pausedUntilMs = Math.max(pausedUntilMs, now() + readPauseMs(error));
      throw describeFailure(error);
    }
  };
}

function readPauseMs(error: unknown): number {
  if (!(error instanceof HttpError) || !PAUSING.has(error.statusCode)) return 0;
  const header = error.headers?.['retry-after'];
  return readRetryAfter(typeof header === 'string' ? header : null) ?? 0;
}

function readRows(api: QueryApi, query: string, signal: AbortSignal): Promise<readonly FluxRow[]> {
  return new Promise((resolve, reject) => {
    const rows: FluxRow[] = [];
    const tables = linesToTables({
      next: (values, table) => {
        // The client's type says any; every value of it is a column's.
        const row = table.toObject(values) as FluxRow;
        // InfluxDB reports an error that came late as a row of the answer.
        if (typeof row.error === 'string' && row.error !== '') reject(new Error(row.error));
        else if (rows.length < MAX_ROWS) rows.push(row);
      },
      error: reject,
      complete: () => resolve(rows),
    });
    let isFirst = true;
    api.response(query).consumeLines({
      next: (line) => {
        // The page of a proxy in one line would be an answer without a row, and its time would count as read.
        if (isFirst && line !== '' && !ANNOTATED_CSV.test(line)) {
          reject(new Error(`something else than annotated CSV: ${line}`));
        }
        if (line !== '') isFirst = false;
        return tables.next(line);
      },
      error: (error) => tables.error(error),
      complete: () => tables.complete(),
      useCancellable: (cancellable) => {
        const cancel = () => {
          const reason: unknown = signal.reason;
          const isLate = reason instanceof DOMException && reason.name === 'TimeoutError';
          reject(isLate ? reason : new Error('the reading was cut short'));
          cancellable.cancel();
        };
        if (signal.aborted) cancel();
        else signal.addEventListener('abort', cancel, { once: true });
      },
    });
  });
}

/**
 * The values of whole periods in [fromMs, toMs), each timed at its period's beginning; silent periods have none. As floats, so
 * that truth values are 0 and 1, and series whose field is an integer here and a float there are one; what is counted may be text.
 */
export function writeWindowQuery(spec: InfluxdbSpec, fromMs: number, toMs: number): string {
  const { bucket, measurement, field, tags, aggregate, periodSeconds } = spec;
  const conditions = Object.entries(tags).map(([key, value]) => flux`r[${key}] == ${value}`.toString());
  const convert = aggregate === 'count' ? '' : '\n  |> toFloat()';
  const all = [flux`r._measurement == ${measurement} and r._field == ${field}`.toString(), ...conditions];
  return flux`from(bucket: ${bucket})
  |> range(start: ${fluxDateTime(new Date(fromMs).toISOString())}, stop: ${fluxDateTime(new Date(toMs).toISOString())})
  |> filter(fn: (r) => ${fluxExpression(all.join(' and '))})${fluxExpression(convert)}
  |> group()
  |> sort(columns: ["_time"])
  |> aggregateWindow(every: ${fluxDuration(`${periodSeconds}s`)}, fn: ${fluxExpression(aggregate)}, createEmpty: false, timeSrc: "_start")
  |> keep(columns: ["_time", "_value"])`.toString();
}

function describeFailure(error: unknown): SourceUnavailableError {
  const said =
    error instanceof HttpError ? `InfluxDB answered with ${error.statusCode}` : 'InfluxDB did not answer';
  return new SourceUnavailableError(`${said}: ${nameReason(error).slice(0, MAX_SHOWN_TEXT)}`, {
    cause: error,
  });
}

function nameReason(error: unknown): string {
  if (!(error instanceof HttpError)) return messageOf(error);
  const version = findVersionWithoutFlux(error);
  if (version !== null) {
    return `it is version ${version}, without Flux: series are read from InfluxDB 2, or 1.8 with flux-enabled = true`;
  }
  const isPage = error.body?.trimStart().startsWith('<') === true;
  return isPage ? `${error.statusMessage ?? ''}, with a web page` : messageOf(error);
}

/** Versions before 1.7, and version 3, do not know the address of questions in Flux. Version 2 answers 404 for a bucket, too. */
function findVersionWithoutFlux({ statusCode, headers }: HttpError): string | null {
  const version = headers?.['x-influxdb-version'];
  return statusCode === 404 && typeof version === 'string' && !/^v?2\./.test(version) ? version : null;
}
