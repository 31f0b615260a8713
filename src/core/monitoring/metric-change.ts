/** What may be changed of a metric. */
import type { TimeSpan, ValueKind } from '../../model.ts';
import type { AlertPolicy } from '../metrics/alert-policy.ts';

/** What is left out stays; null clears. */
export interface MetricChange {
  readonly unit?: string | null;
  /** The friendly name shown before the server. */
  readonly displayName?: string | null;
  readonly policy?: Partial<AlertPolicy>;
  readonly model?: ModelChange;
}

/** What is left out stays; null makes it unknown. */
export interface ModelChange {
  readonly min?: number | null | undefined;
  readonly max?: number | null | undefined;
  readonly minResolution?: number | null | undefined;
  readonly timeZone?: string | null | undefined;
  /** All of them anew. */
  readonly excludedTimes?: readonly TimeSpan[] | null | undefined;
  readonly valueKind?: ValueKind | null | undefined;
}
