/**
 * The stored log in the order of its offsets. The newest part of it are rows; older ones are packed by metric, so that a
 * window of the log is read whole, once, and its pages are taken from memory for a while.
 */
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import {
  isScored,
  readSampleArray,
  readStoredSample,
  SAMPLE_ARRAY,
  SAMPLE_COLUMNS,
  type SampleArray,
  type SampleRow,
  type ScoredSample,
} from '../samples/stored-sample.ts';
import { PackedWindow, type WindowBounds } from './packed-window.ts';

/** A part of the log: offsets in (after, upTo], at most `limit` of them. */
export interface LogRange {
  readonly after: number;
  readonly upTo: number;
  readonly limit: number;
}

/** Two windows of the largest size. */
const MAX_WINDOW_BYTES = 64_000_000;
/** Nobody reads it any more. */
const WINDOW_TTL_MS = 60_000;

type FirstRow = SampleRow & {
  readonly window_first: number | null;
  readonly window_last: number | null;
  readonly window_version: number | null;
};

/** Either the rows of a range, or a block. */
interface WholeRow {
  readonly version: number | null;
  readonly samples: readonly SampleArray[] | null;
  readonly metric_number: number;
  readonly data: Buffer | null;
}

/** Rows, and the window whose blocks hold others of the same range. */
const READ_ROWS = `
  WITH packed AS MATERIALIZED (
    SELECT first, last, version FROM log_window WHERE last > $1 AND first <= $2 ORDER BY last LIMIT 1
  )
  SELECT packed.first::float8 AS window_first, packed.last::float8 AS window_last, packed.version AS window_version,
    chosen.*
  FROM (SELECT) AS once LEFT JOIN packed ON true LEFT JOIN LATERAL (
    SELECT ${SAMPLE_COLUMNS} FROM sample
    WHERE seq > $1 AND seq <= least($2, (SELECT last FROM packed)) ORDER BY sample.seq LIMIT $3
  ) AS chosen ON true`;

/** The rows of a range within a window, and all blocks of that. */
const READ_WHOLE = `
  SELECT (SELECT version FROM log_window WHERE first = $4) AS version,
    (SELECT json_agg(${SAMPLE_ARRAY} ORDER BY seq) FROM (
      SELECT * FROM sample WHERE seq > $1 AND seq <= $2 ORDER BY sample.seq LIMIT $3
    ) AS chosen) AS samples,
    NULL::int AS metric_number, NULL::bytea AS data
  UNION ALL
  SELECT NULL, NULL, metric_number, data FROM sample_block WHERE window_first = $4`;

export class StoredLog {
  readonly #pool: pg.Pool;
  /** By their first offsets. */
  readonly #windows = new LRUCache<number, PackedWindow>({
    maxSize: MAX_WINDOW_BYTES,
    sizeCalculation: (window) => window.bytes,
    ttl: WINDOW_TTL_MS,
    ttlAutopurge: true,
  });
  /** What is being read, by the first offsets. */
  readonly #reading = new Map<number, Promise<unknown>>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** In the order of their offsets. Fewer than the limit are all there are in the range. */
  async read({ after, upTo, limit }: LogRange): Promise<readonly ScoredSample[]> {
    const found: ScoredSample[] = [];
    let from = after;
    while (from < upTo && found.length < limit) {
      const part = await this.#readPart({ after: from, upTo, limit: limit - found.length });
      for (const sample of part.samples) found.push(sample);
      from = part.upTo;
    }
    return found;
  }

  /** No further than the first window of the range. */
  async #readPart(
    range: LogRange,
  ): Promise<{ readonly samples: readonly ScoredSample[]; readonly upTo: number }> {
    for (;;) {
      const { rows } = await this.#pool.query<FirstRow>(READ_ROWS, [range.after, range.upTo, range.limit]);
      const [first] = rows;
      const samples = rows
        .flatMap((row) => (row.seq === null ? [] : [readStoredSample(row)]))
        .filter(isScored);
      const bounds = first === undefined ? null : readBounds(first);
      if (bounds === null) return { samples, upTo: range.upTo };
      const part = { ...range, upTo: Math.min(range.upTo, bounds.last) };
      const known = this.#windows.get(bounds.first);
      if (known?.bounds.version === bounds.version) return joinParts(part, samples, known);
      const reading = this.#reading.get(bounds.first);
      if (reading === undefined) return this.#readWhole(part, bounds);
      await reading;
    }
  }

  async #readWhole(part: LogRange, bounds: WindowBounds) {
    const reading = this.#queryWhole(part, bounds);
    // Those that wait look for the window afterwards; the failure is of the one that reads.
    const settled = reading.then(
      () => undefined,
      () => undefined,
    );
    this.#reading.set(bounds.first, settled);
    try {
      return await reading;
    } finally {
      this.#reading.delete(bounds.first);
    }
  }

  async #queryWhole(part: LogRange, { first, last }: WindowBounds) {
    const { rows } = await this.#pool.query<WholeRow>(READ_WHOLE, [part.after, part.upTo, part.limit, first]);
    const version = rows.find((row) => row.data === null)?.version ?? -1;
    const samples = rows
      .flatMap((row) => row.samples ?? [])
      .map(readSampleArray)
      .filter(isScored);
    const blocks = rows.flatMap(({ metric_number: metricNumber, data }) =>
      data === null ? [] : [{ metricNumber, data }],
    );
    const window = await PackedWindow.read({ first, last, version }, blocks);
    this.#windows.set(first, window);
    return joinParts(part, samples, window);
  }
}

function readBounds(row: FirstRow): WindowBounds | null {
  const { window_first: first, window_last: last, window_version: version } = row;
  return first === null || last === null || version === null ? null : { first, last, version };
}

/** @param rows those of the part, at most its limit */
function joinParts({ after, upTo, limit }: LogRange, rows: readonly ScoredSample[], window: PackedWindow) {
  const packed = window.list(after, upTo, limit);
  const samples =
    rows.length === 0 ? packed : [...rows, ...packed].sort((a, b) => a.seq - b.seq).slice(0, limit);
  return { samples, upTo };
}
