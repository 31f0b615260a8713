/**
 * Every metric, in memory: points are matched, filtered and numbered without asking the database. Loaded at start;
 * changed only by the holder of the write lock, after its transaction has committed.
 */
import type pg from 'pg';
import { DEFAULT_ACCOUNT, type Datasource, type MetricStatus, type ModelParams } from '../../model.ts';
import { toCanonicalName, toPushedIdentity } from '../sources/pushed-name.ts';

export interface MetricEntry {
  readonly id: string;
  /** The four-byte key of its samples. */
  readonly number: number;
  readonly accountId: number;
  readonly datasource: Datasource;
  readonly identity: string;
  name: string;
  server: string;
  location: string;
  /** Uuids of what it is a metric of; null where that is not known, or for a metric of no autostack. */
  resourceId: string | null;
  autostackId: string | null;
  status: MetricStatus;
  /** Why its status is ERROR, or what of it could not be stored. */
  message: string | null;
  spec: unknown;
  modelParams: ModelParams;
  periodSeconds: number;
  lastRowId: number;
  /** Time of the newest stored sample. */
  lastTimestampMs: number | null;
  scoredRows: number;
  /** Time of the newest sample its model has learned from. */
  scoredToMs: number | null;
  readToMs: number | null;
  /** Until when its source may fail before the metric is put in ERROR; null while all is well. */
  collectorErrorDeadlineMs: number | null;
}

/** What may be asked of the registry: of all metrics, or of those of one account. */
export type MetricLookup = Pick<
  Registry,
  'byId' | 'byNumber' | 'byIdentity' | 'byPushedName' | 'all' | 'size'
>;

/** What has the same name there. */
type SharedColumn = 'id' | 'number' | 'datasource' | 'identity' | 'name' | 'server' | 'location';

interface MetricRow extends Pick<MetricEntry, SharedColumn | 'status' | 'message' | 'spec'> {
  account_id: number;
  resource_id: string | null;
  autostack_id: string | null;
  model_params: ModelParams | null;
  period_seconds: number;
  last_row_id: number;
  last_timestamp_ms: number | null;
  scored_rows: number;
  scored_to_ms: number | null;
  read_to_ms: number | null;
  collector_error_deadline_ms: number | null;
}

/** Rows of progress are written late: samples scored since then, which are newer, complete them (progress-rows.ts). */
const SELECT_METRICS = `
  SELECT m.id, m.number, m.account_id, m.datasource, m.identity, m.name, m.server, m.location, m.resource_id,
         m.autostack_id, m.status, m.message, m.spec, m.model_params, m.period_seconds, greatest(p.last_row_id, since.last_row_id) AS last_row_id,
         p.scored_rows + since.rows AS scored_rows,
         (extract(epoch FROM greatest(p.last_timestamp, since.scored_to)) * 1000)::float8 AS last_timestamp_ms,
         (extract(epoch FROM greatest(p.scored_to, since.scored_to)) * 1000)::float8 AS scored_to_ms,
         (extract(epoch FROM p.read_to) * 1000)::float8 AS read_to_ms,
         (extract(epoch FROM (m.collector_error->>'deadline')::timestamptz) * 1000)::float8
           AS collector_error_deadline_ms
  FROM metric m JOIN metric_progress p ON p.metric_number = m.number
  CROSS JOIN LATERAL (
    SELECT max(row_id) AS last_row_id, max("timestamp") AS scored_to, count(*)::int AS rows
    FROM sample s
    WHERE s.metric_number = p.metric_number AND s."timestamp" > p.scored_to AND s.row_id > p.last_row_id
      AND s.seq IS NOT NULL
  ) since`;

export class Registry {
  readonly #pool: pg.Pool;
  readonly #byId = new Map<string, MetricEntry>();
  readonly #byNumber = new Map<number, MetricEntry>();
  /** By account, datasource and identity: one key of all would have to be put together for every point. */
  readonly #identities = new Map<number, Map<Datasource, Map<string, MetricEntry>>>();
  readonly #aliases = new AliasIndex();
  /** Metrics by account. */
  readonly #sizes = new Map<number, number>();
  readonly #listeners: ((entry: MetricEntry) => void)[] = [];

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  get size(): number {
    return this.#byNumber.size;
  }

  /** Metrics of one account. */
  sizeOf(accountId: number): number {
    return this.#sizes.get(accountId) ?? 0;
  }

  all(): Iterable<MetricEntry> {
    return this.#byNumber.values();
  }

  byId(id: string): MetricEntry | undefined {
    return this.#byId.get(id);
  }

  byNumber(number: number): MetricEntry | undefined {
    return this.#byNumber.get(number);
  }

  byIdentity(datasource: Datasource, identity: string, accountId = DEFAULT_ACCOUNT): MetricEntry | undefined {
    return this.#identities.get(accountId)?.get(datasource)?.get(identity);
  }

  /**
   * The metric points of this name belong to: the one that is called so, else the one whose series it is in another
   * way of writing it.
   */
  byPushedName(name: string, accountId = DEFAULT_ACCOUNT): MetricEntry | undefined {
    const known = this.byIdentity('CUSTOM', toPushedIdentity(name), accountId);
    if (known !== undefined) return known;
    const canonical = toCanonicalName(name);
    const sorted =
      canonical === name ? undefined : this.byIdentity('CUSTOM', toPushedIdentity(canonical), accountId);
    return sorted ?? this.#aliases.find(accountId, canonical);
  }

  /** Reads metrics again: all of them, or those of the given numbers (one that is gone is forgotten). */
  async load(numbers?: readonly number[]): Promise<void> {
    const { rows } =
      numbers === undefined
        ? await this.#pool.query<MetricRow>(SELECT_METRICS)
        : await this.#pool.query<MetricRow>(`${SELECT_METRICS} WHERE m.number = ANY($1)`, [numbers]);
    const found = new Set(rows.map((row) => row.number));
    for (const number of numbers ?? [...this.#byNumber.keys()]) if (!found.has(number)) this.forget(number);
    for (const row of rows) this.#remember(row);
  }

  forget(number: number): void {
    const entry = this.#byNumber.get(number);
    if (entry === undefined) return;
    this.#byNumber.delete(number);
    this.#sizes.set(entry.accountId, this.sizeOf(entry.accountId) - 1);
    this.#byId.delete(entry.id);
    this.#identitiesOf(entry.accountId, entry.datasource).delete(entry.identity);
    this.#aliases.delete(entry);
  }

  /** Calls back with each metric that is read again, from now on; not with those forgotten. */
  onLoaded(listener: (entry: MetricEntry) => void): void {
    this.#listeners.push(listener);
  }

  #remember(row: MetricRow): void {
    const fresh = toEntry(row);
    const known = this.#byNumber.get(row.number);
    // The same object for the life of a metric: batches in the making hold on to it.
    const entry = known === undefined ? fresh : Object.assign(known, fresh);
    this.#byNumber.set(entry.number, entry);
    if (known === undefined) this.#sizes.set(entry.accountId, this.sizeOf(entry.accountId) + 1);
    this.#byId.set(entry.id, entry);
    this.#identitiesOf(entry.accountId, entry.datasource).set(entry.identity, entry);
    this.#aliases.add(entry);
    for (const listener of this.#listeners) listener(entry);
  }

  #identitiesOf(accountId: number, datasource: Datasource): Map<string, MetricEntry> {
    const ofAccount = this.#identities.get(accountId) ?? new Map<Datasource, Map<string, MetricEntry>>();
    this.#identities.set(accountId, ofAccount);
    const ofDatasource = ofAccount.get(datasource) ?? new Map<string, MetricEntry>();
    ofAccount.set(datasource, ofDatasource);
    return ofDatasource;
  }
}

/** Pushed metrics that versions before made under a name that is not the canonical one of their series. */
class AliasIndex {
  /** By account and canonical name. */
  readonly #entries = new Map<string, Set<MetricEntry>>();

  add(entry: MetricEntry): void {
    const key = AliasIndex.#keyOf(entry);
    if (key === null) return;
    const known = this.#entries.get(key) ?? new Set();
    this.#entries.set(key, known.add(entry));
  }

  delete(entry: MetricEntry): void {
    const key = AliasIndex.#keyOf(entry);
    if (key === null) return;
    const known = this.#entries.get(key);
    known?.delete(entry);
    if (known?.size === 0) this.#entries.delete(key);
  }

  /** The oldest of them. */
  find(accountId: number, canonical: string): MetricEntry | undefined {
    if (this.#entries.size === 0) return undefined;
    const known = [...(this.#entries.get(`${accountId} ${canonical}`) ?? [])];
    return known.toSorted((a, b) => a.number - b.number)[0];
  }

  /** Null for a metric that has the canonical name, or is not pushed. */
  static #keyOf({ datasource, name, accountId }: MetricEntry): string | null {
    const canonical = datasource === 'CUSTOM' ? toCanonicalName(name) : name;
    return canonical === name ? null : `${accountId} ${canonical}`;
  }
}

function toEntry(row: MetricRow): MetricEntry {
  return {
    id: row.id,
    number: row.number,
    accountId: row.account_id,
    datasource: row.datasource,
    identity: row.identity,
    name: row.name,
    server: row.server,
    location: row.location,
    resourceId: row.resource_id,
    autostackId: row.autostack_id,
    status: row.status,
    message: row.message,
    spec: row.spec,
    modelParams: row.model_params ?? {},
    periodSeconds: row.period_seconds,
    lastRowId: row.last_row_id,
    lastTimestampMs: row.last_timestamp_ms,
    scoredRows: row.scored_rows,
    scoredToMs: row.scored_to_ms,
    readToMs: row.read_to_ms,
    collectorErrorDeadlineMs: row.collector_error_deadline_ms,
  };
}
