/** Makes metrics of pushed names that are new: known, not monitored, their samples kept. */
import type pg from 'pg';
import type { Log } from '../../log.ts';
import type { ValueKind } from '../../model.ts';
import { isOutage } from '../../platform/postgres/outage.ts';
import { toError } from '../../platform/runtime/to-error.ts';
import type { Source } from '../sources/source.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { createNewNames, type NewNameLimits, type NewNames } from './new-names.ts';
import type { MetricEntry, Registry } from './registry.ts';
import { type ChooseMonitoring, findNumbers, insertMetrics } from './write-pushed-metrics.ts';

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
  /** The resource its sender says it is of; null for the one its tags name, if they do. */
  readonly resource: string | null;
  /** What its protocol says its values are; null where nothing was said. */
  readonly valueKind: ValueKind | null;
}

export function createCustomMetrics(options: {
  readonly pool: pg.Pool;
  readonly registry: Registry;
  readonly source: Source;
  readonly stats: Stats;
  readonly log: Log;
  readonly limits: NewNameLimits;
  /** How each of the metrics made together begins. */
  readonly chooseForBatch: () => ChooseMonitoring;
  /** Called with the metrics that were made. */
  readonly onMade: (entries: readonly MetricEntry[]) => void;
}): CustomMetrics {
  const { pool, registry, source, stats, log } = options;
  const newNames = createNewNames(registry, options.limits);

  const make = async (wanted: readonly WantedMetric[]) => {
    const rows = wanted.map(({ accountId, name, unit, resource, valueKind }) => ({
      ...source.describe({ name, resource }),
      accountId,
      unit,
      modelParams: valueKind === null ? {} : { valueKind },
    }));
    const made = await insertMetrics(pool, rows, options.chooseForBatch());
    stats.count('metrics_created', made.length);
    // A connection that broke at the end of this statement left them made, and the registry without them.
    const isAllMade = made.length === rows.length;
    await registry.load(isAllMade ? made : await findNumbers(pool, rows));
    options.onMade(made.flatMap((number) => registry.byNumber(number) ?? []));
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
