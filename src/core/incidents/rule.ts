/** A rule as it is held in memory, and as its JSON columns are read. */
import { z } from 'zod';
import type { AlertPolicy } from '../metrics/alert-policy.ts';
import type { TagFilter } from '../metrics/tag-filter.ts';
import type { ChannelKind, NotificationChannel, NotificationRule } from '../../generated/prisma/client.ts';
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
  const { notifyNoData, noDataSeconds } = row;
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
    windows: readWindows(row.maintenanceWindows),
    texts: { subject, body, timeZone, runbookUrl },
    channels: row.channels.map((channel) => ({
      id: channel.id,
      kind: channel.kind,
      target: channel.target,
    })),
  };
}
