/** A rule as it is held in memory, and as its JSON columns are read. */
import { z } from 'zod';
import type { AlertPolicy } from '../metrics/alert-policy.ts';
import type { TagFilter } from '../metrics/tag-filter.ts';
import type {
  AnomalyRateGroup,
  ChannelKind,
  NotificationChannel,
  NotificationRule,
} from '../../generated/prisma/client.ts';
import type { Texts } from '../notify/write-message.ts';
import { WEEKDAYS, type MaintenanceWindow } from './maintenance-window.ts';
import type { Patience } from './state-machine.ts';

/** Which metrics: all parts that are given have to hold; none given is all of them. */
export interface RuleScope {
  /** Uuids. */
  readonly metricIds?: readonly string[] | undefined;
  /** Canonical names of resources. */
  readonly servers?: readonly string[] | undefined;
  readonly autostackId?: string | undefined;
  /** Of the metric's name, whole, with the wildcards of tag filters. */
  readonly namePattern?: string | undefined;
  /** Of the metric's resource. */
  readonly tags?: readonly TagFilter[] | undefined;
}

interface RuleChannel {
  readonly id: string;
  readonly kind: ChannelKind;
  readonly target: string;
}

/** How many metrics of a group have to be anomalous at once for an incident of its own. */
export interface AnomalyRate {
  /** Of the metrics of the group; above 0, at most 100. */
  readonly percent: number;
  readonly minMetrics: number;
  /** For so long. */
  readonly seconds: number;
  /** RESOURCE: of each resource or autostack by itself. SCOPE: of all that the rule looks at. */
  readonly group: AnomalyRateGroup;
}

/** When a metric that behaves unlike the others of its group is an incident. */
export interface OutlierAlert {
  /** How far back they are compared. */
  readonly seconds: number;
  /** Robust standard deviations from the median of the group that are too far; above 0. */
  readonly tolerance: number;
  /** Share of the time in which it has to be too far; in (0, 1]. */
  readonly minShare: number;
}

export interface Rule {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly scope: RuleScope;
  /** Least anomaly score. */
  readonly sensitivity: number;
  readonly policy: AlertPolicy;
  readonly patience: Patience;
  readonly quietSeconds: number;
  readonly staleSeconds: number;
  readonly learningGuard: boolean;
  readonly notifyEnd: boolean;
  readonly notifyNoData: boolean;
  /** Time without a sample before a metric can have stopped reporting. */
  readonly noDataSeconds: number;
  /** Null for a rule that does not ask for it. */
  readonly anomalyRate: AnomalyRate | null;
  /** Null for a rule that does not ask for it. */
  readonly outliers: OutlierAlert | null;
  /** Whether anomalies of single metrics are notified of: they are incidents all the same. */
  readonly notifyAnomalies: boolean;
  readonly windows: readonly MaintenanceWindow[];
  readonly texts: Texts;
  readonly channels: readonly RuleChannel[];
}

const tagFilter = z.object({ key: z.string(), values: z.array(z.string()) });
const ruleScope = z.object({
  metricIds: z.array(z.string()).optional(),
  servers: z.array(z.string()).optional(),
  autostackId: z.string().optional(),
  namePattern: z.string().optional(),
  tags: z.array(tagFilter).optional(),
});
const windows = z.array(
  z.union([
    z.object({ start: z.string(), end: z.string() }),
    z.object({ weekdays: z.array(z.enum(WEEKDAYS)), from: z.string(), to: z.string(), timeZone: z.string() }),
    z.object({ dates: z.array(z.string()), timeZone: z.string() }),
  ]),
);

const texts = z.object({
  subject: z.string().nullable(),
  body: z.string().nullable(),
  timeZone: z.string().nullable(),
  // Rules had none when the oldest of these were deleted.
  runbookUrl: z.string().nullable().default(null),
});

/** What a rule that was deleted left to its channels. @throws ZodError for a column we did not write */
export function readTexts(json: unknown): Texts {
  return texts.parse(json);
}

/** @throws ZodError for a column we did not write */
export function readScope(json: unknown): RuleScope {
  return ruleScope.parse(json);
}

/** @throws ZodError for a column we did not write */
export function readWindows(json: unknown): readonly MaintenanceWindow[] {
  return windows.parse(json);
}

export function readRule(
  row: NotificationRule & { readonly channels: readonly NotificationChannel[] },
): Rule {
  const { id, name, enabled, sensitivity, quietSeconds, staleSeconds, learningGuard, notifyEnd } = row;
  const { notifyNoData, noDataSeconds, notifyAnomalies } = row;
  const { direction, minDeviation, minDeviationRatio } = row;
  const { confirmSeconds, confirmPoints, recoverySeconds } = row;
  const { subject, body, timeZone, runbookUrl } = row;
  return {
    id,
    name,
    enabled,
    scope: readScope(row.scope),
    sensitivity,
    policy: { direction, minDeviation, minDeviationRatio },
    patience: { confirmSeconds, confirmPoints, recoverySeconds },
    quietSeconds,
    staleSeconds,
    learningGuard,
    notifyEnd,
    notifyNoData,
    noDataSeconds,
    anomalyRate: readAnomalyRate(row),
    outliers: readOutlierAlert(row),
    notifyAnomalies,
    windows: readWindows(row.maintenanceWindows),
    texts: { subject, body, timeZone, runbookUrl },
    channels: row.channels.map((channel) => ({
      id: channel.id,
      kind: channel.kind,
      target: channel.target,
    })),
  };
}

function readAnomalyRate(row: NotificationRule): AnomalyRate | null {
  const { anomalyRatePercent: percent, anomalyRateMinMetrics: minMetrics } = row;
  if (percent === null) return null;
  return { percent, minMetrics, seconds: row.anomalyRateSeconds, group: row.anomalyRateGroup };
}

function readOutlierAlert(row: NotificationRule): OutlierAlert | null {
  if (!row.notifyOutliers) return null;
  return { seconds: row.outlierSeconds, tolerance: row.outlierTolerance, minShare: row.outlierMinShare };
}
