/** What every operation of the service is handed beside its request. */
import type pg from 'pg';
import type { PrismaClient } from '../../../generated/prisma/client.ts';
import type { Log } from '../../../log.ts';
import type { PngRenderer } from '../../../platform/chart/render-png.ts';
import type { WriteLock } from '../../../platform/runtime/write-lock.ts';
import type { Intake } from '../store/intake.ts';
import type { DetectorConfiguration } from '../metrics/detector-configuration.ts';
import type { CloudwatchLimits } from './limits.ts';
import type { SeriesName } from './metric-name.ts';
import type { QueryTurns } from './query-turns.ts';

/** Whose request it is. */
export interface Caller {
  readonly accountId: number;
  readonly accessKeyId: string;
}

/** How Lapwing watches a series of this service. Handed in by the composer, which has Lapwing's core. */
export interface SeriesWatch {
  /**
   * Begins to monitor the series; one that is monitored already gets the configuration.
   * @param how.region as in the scope of the request's signature
   * @returns the uuid of the metric
   * @throws CloudwatchError when it cannot be monitored
   */
  monitor(
    series: SeriesName,
    how: {
      readonly statistic: string;
      readonly region: string;
      readonly configuration: DetectorConfiguration;
    },
  ): Promise<string>;
  /** A metric that is gone is no failure. */
  unmonitor(metricId: string): Promise<void>;
}

export interface OperationContext extends Caller {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly intake: Intake;
  readonly limits: CloudwatchLimits;
  readonly now: () => Date;
  readonly log: Log;
  readonly renderer: PngRenderer;
  readonly queryTurns: QueryTurns;
  /** Of what is changed by operations that look at the rest of it first: they come one at a time. */
  readonly locks: Readonly<Record<'alarms' | 'detectors' | 'tags', WriteLock>>;
  /** As in the scope of the signature; part of ARNs. */
  readonly region: string;
  /** Called after what may change alarms, or their states, is stored. */
  readonly onAlarmChange: (change: 'configuration' | 'state') => void;
  /** Null where nothing can be monitored. */
  readonly watch: SeriesWatch | null;
}

/** What reading and computing with series needs of it. */
export type EvaluationContext = Pick<OperationContext, 'pool' | 'accountId' | 'limits' | 'now'> & {
  /** For labels; absent where nothing is labelled. */
  readonly region?: string;
};
