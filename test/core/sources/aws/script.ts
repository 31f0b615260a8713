/** What the imitation of AWS says. */

/** One series as a question names it; dimensions sorted by name. */
export interface ScriptedSeries {
  readonly region: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: readonly { readonly name: string; readonly value: string }[];
  readonly statistic: string;
  readonly periodSeconds: number;
}

export interface ScriptedInstance {
  readonly id: string;
  readonly state: string;
  readonly type?: string;
  readonly launchedAt?: string;
  readonly imageId?: string;
  readonly zone?: string;
  readonly subnetId?: string;
  readonly vpcId?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export type Fault = 'broken connection' | 'half page' | { readonly status: number; readonly code: string };

export interface Script {
  /** The value of the period that begins then; null where there is none (yet). */
  readonly valueAt: (series: ScriptedSeries, timestampMs: number) => number | null;
  /** What ListMetrics knows. */
  readonly metrics?: readonly Pick<ScriptedSeries, 'region' | 'namespace' | 'metric' | 'dimensions'>[];
  /** Empty pages each answer of ListMetrics begins with, as AWS may send them. */
  readonly emptyPages?: number;
  /** By region; may be changed while the imitation runs. */
  readonly instances?: Map<string, readonly ScriptedInstance[]>;
  /** Ids of volumes in use by region; each is its own Name. */
  readonly volumes?: ReadonlyMap<string, readonly string[]>;
  /** Points on one page, all series together; 100,800 as AWS has it. */
  readonly pagePoints?: number;
  /** Values of a page out of order. */
  readonly shuffled?: boolean;
  /** Asked before each call. */
  readonly nextFault?: (operation: string, region: string) => Fault | null;
}

export const THROTTLED: Fault = { status: 400, code: 'Throttling' };
export const BROKEN: Fault = { status: 500, code: 'InternalFailure' };
export const EXPIRED: Fault = { status: 403, code: 'ExpiredToken' };
