/** Makes metrics of pushed names nobody has told us of: known, not monitored, their samples kept. */
import type pg from 'pg';
import type { Source } from '../source/source.ts';
import type { Stats } from '../observe/stats.ts';
import type { Registry } from './registry.ts';

export interface CustomMetrics {
  /** In a turn: makes those that are not known, up to the limit of metrics. Names are checked already. */
  ensure: (wanted: readonly { readonly name: string; readonly unit: string | null }[]) => Promise<void>;
}

export function createCustomMetrics(options: {
  readonly pool: pg.Pool;
  readonly registry: Registry;
  readonly source: Source;
  readonly stats: Stats;
  /** Metrics there may be in all before new names are refused. */
  readonly limit: number;
}): CustomMetrics {
  const { pool, registry, source, stats } = options;
  return {
    ensure: async (wanted) => {
      const units = new Map<string, string | null>();
      for (const { name, unit } of wanted) {
        if (units.has(name) || registry.byIdentity('CUSTOM', name) !== undefined) continue;
        if (registry.size + units.size < options.limit) units.set(name, unit);
      }
      if (units.size === 0) return;
      const rows = [...units].map(([name, unit]) => ({ ...source.describe({ name }), unit }));
      const { rows: made } = await pool.query<{ number: number }>(
        `WITH made AS (
           INSERT INTO metric (datasource, identity, name, description, unit, server, location, period_seconds)
           SELECT 'CUSTOM', n.* FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
             $7::int[]) AS n
           ON CONFLICT (datasource, identity) DO NOTHING RETURNING number)
         INSERT INTO metric_progress (metric_number) SELECT number FROM made RETURNING metric_number AS number`,
        [
          rows.map((row) => row.identity),
          rows.map((row) => row.name),
          rows.map((row) => row.description),
          rows.map((row) => row.unit),
          rows.map((row) => row.server),
          rows.map((row) => row.location),
          rows.map((row) => row.periodSeconds),
        ],
      );
      stats.count('metrics_created', made.length);
      await registry.load(made.map(({ number }) => number));
    },
  };
}
