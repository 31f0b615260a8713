/** Makes metrics of pushed names nobody has told us of: known, not monitored, their samples kept. */
import type pg from 'pg';
import type { Log } from '../../log.ts';
import { isOutage } from '../../platform/postgres/outage.ts';
import { toError } from '../../platform/runtime/to-error.ts';
import { toCanonicalName } from '../sources/pushed-name.ts';
import type { MetricDescription, Source } from '../sources/source.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { createNewNames, type NewNameLimits, type NewNames } from './new-names.ts';
import type { Registry } from './registry.ts';

export interface CustomMetrics {
  /**
   * In the write lock: makes those that are not known, as far as their accounts may add names. Names are canonical and checked already.
   * @returns those the database does not take, with why: the others are made
   * @throws what the database throws while it is away
   */
  ensure: (wanted: readonly WantedMetric[]) => Promise<ReadonlyMap<WantedMetric, Error>>;
  readonly explainRefusal: NewNames['explain'];
}

export interface WantedMetric {
  readonly accountId: number;
  readonly name: string;
  readonly unit: string | null;
}

export function createCustomMetrics(options: {
  readonly pool: pg.Pool;
  readonly registry: Registry;
  readonly source: Source;
  readonly stats: Stats;
  readonly log: Log;
  readonly limits: NewNameLimits;
}): CustomMetrics {
  const { pool, registry, source, stats, log } = options;
  const newNames = createNewNames(registry, options.limits);

  const make = async (wanted: readonly WantedMetric[]) => {
    const rows = wanted.map(({ accountId, name, unit }) => ({
      ...source.describe({ name }),
      accountId,
      unit,
    }));
    const made = await insertMetrics(pool, rows);
    stats.count('metrics_created', made.length);
    // A connection that broke at the end of this statement left them made, with nobody told.
    const isAllMade = made.length === rows.length;
    await registry.load(isAllMade ? made : await findNumbers(pool, rows));
  };

  /** By one statement; the one the database does not take is found half by half. */
  const makeEach = async (wanted: readonly WantedMetric[], failed: Map<WantedMetric, Error>) => {
    try {
      await make(wanted);
    } catch (error) {
      if (isOutage(error)) throw error;
      const [only] = wanted;
      if (only === undefined) throw error;
      if (wanted.length === 1) {
        stats.countReason('metric_failures', 'create');
        log.error({ err: error, name: only.name, accountId: only.accountId }, 'metric could not be made');
        failed.set(only, toError(error));
        return;
      }
      const middle = Math.ceil(wanted.length / 2);
      await makeEach(wanted.slice(0, middle), failed);
      await makeEach(wanted.slice(middle), failed);
    }
  };

  return {
    explainRefusal: newNames.explain,
    ensure: async (wanted) => {
      const fresh = new Map<string, WantedMetric>();
      const pending = new Map<number, number>();
      for (const metric of wanted) {
        const key = `${metric.accountId} ${metric.name}`;
        const isKnown = registry.byPushedName(metric.name, metric.accountId) !== undefined;
        if (fresh.has(key) || isKnown) continue;
        const ofAccount = pending.get(metric.accountId) ?? 0;
        if (!newNames.take(metric.accountId, ofAccount)) continue;
        fresh.set(key, metric);
        pending.set(metric.accountId, ofAccount + 1);
      }
      const failed = new Map<WantedMetric, Error>();
      if (fresh.size > 0) await makeEach([...fresh.values()], failed);
      return failed;
    },
  };
}

type NewMetric = MetricDescription & Pick<WantedMetric, 'accountId'>;

/** @returns the keys of those that were not there yet */
async function insertMetrics(pool: pg.Pool, rows: readonly NewMetric[]): Promise<readonly number[]> {
  const { rows: made } = await pool.query<{ number: number }>(
    `WITH made AS (
       INSERT INTO metric (datasource, identity, name, description, unit, server, location, period_seconds, account_id)
       SELECT 'CUSTOM', n.* FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
         $7::int[], $8::int[]) AS n
       ON CONFLICT (account_id, datasource, identity) DO NOTHING RETURNING number)
     INSERT INTO metric_progress (metric_number) SELECT number FROM made RETURNING metric_number AS number`,
    [
      rows.map((row) => row.identity),
      rows.map((row) => row.name),
      rows.map((row) => row.description),
      rows.map((row) => row.unit),
      rows.map((row) => row.server),
      rows.map((row) => row.location),
      rows.map((row) => row.periodSeconds),
      rows.map((row) => row.accountId),
    ],
  );
  return made.map(({ number }) => number);
}

async function findNumbers(
  pool: pg.Pool,
  metrics: readonly { readonly accountId: number; readonly identity: string }[],
): Promise<readonly number[]> {
  const { rows } = await pool.query<{ number: number }>(
    `SELECT number FROM metric JOIN unnest($1::int[], $2::text[]) AS n (account_id, identity)
       USING (account_id, identity) WHERE datasource = 'CUSTOM'`,
    [metrics.map(({ accountId }) => accountId), metrics.map(({ identity }) => identity)],
  );
  return rows.map(({ number }) => number);
}

/** The spec with the name its series has here: that of the metric it is already, else the canonical one. */
export function resolvePushedSpec(
  spec: unknown,
  registry: Pick<Registry, 'byPushedName'>,
  accountId: number,
): unknown {
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) return spec;
  const resolve = (name: unknown) =>
    typeof name === 'string' ? (registry.byPushedName(name, accountId)?.name ?? toCanonicalName(name)) : name;
  const entries: readonly [string, unknown][] = Object.entries(spec);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, key === 'name' || key === 'metric' ? resolve(value) : value]),
  );
}
