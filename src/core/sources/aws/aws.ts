/** Everything that asks AWS, over one set of clients. */
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import { createAwsClients, type AwsAccess } from './clients.ts';
import { createCloudwatchSource } from './cloudwatch.ts';
import { createConfirmMetric } from './confirm-metric.ts';
import { MathReader } from './math/read-math.ts';
import { createReadSeries, type ReadAccess, type ReadSeries } from './read-series.ts';
import type { WindowRules } from './window.ts';
import { createDiscover } from './discover.ts';
import type { Discover, Source } from '../source.ts';
import { createTryAccess, type TryAccess } from './try-access.ts';

export interface Aws {
  readonly cloudwatch: Source;
  readonly readSeries: ReadSeries;
  readonly discover: Discover;
  readonly tryAccess: TryAccess;
  readonly rules: WindowRules;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly stop: () => void;
}

const DAY_MS = 86_400_000;

/** @param options.historyDays how far back a new metric is read */
export function createAws(
  options: AwsAccess & {
    readonly stats: Stats;
    readonly historyDays: number;
    readonly settleSeconds: number;
    readonly now?: () => number;
  },
): Aws {
  const { stats, historyDays, settleSeconds, now = Date.now } = options;
  const clients = createAwsClients(options);
  const rules = { settleMs: settleSeconds * 1000, historyMs: historyDays * DAY_MS };
  const access: ReadAccess = {
    client: clients.cloudwatch,
    count: (name, by) => stats.count(name, by),
  };
  const readSeries = createReadSeries(access);
  return {
    cloudwatch: createCloudwatchSource({
      readSeries,
      math: new MathReader({ access, rules, now }),
      confirm: createConfirmMetric(clients.cloudwatch, {
        onUnconfirmed: () => stats.count('cloudwatch_names_unconfirmed'),
        now,
      }),
      rules,
      now,
    }),
    readSeries,
    discover: createDiscover(clients),
    tryAccess: createTryAccess({ clients, readSeries, now }),
    rules,
    now,
    stop: clients.stop,
  };
}
