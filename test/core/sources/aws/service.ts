/** What the contract asks of anything that speaks AWS: values go in, and the engine reads them out. */
import type { ScriptedInstance } from './script.ts';

export interface PutSeries {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: readonly { readonly name: string; readonly value: string }[];
}

export interface AwsService extends AsyncDisposable {
  readonly url: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Region everything is put in. */
  readonly region: string;
  /** Several values of one time are of one period: statistics are made of them. */
  readonly put: (
    series: PutSeries,
    data: readonly { readonly timestampMs: number; readonly values: readonly number[] }[],
  ) => Promise<void>;
  /** The instances there are from now on; all others are gone. */
  readonly setInstances: (instances: readonly ScriptedInstance[]) => Promise<void>;
  /** Volumes with a Name each; left out by a service that has none. */
  readonly setVolumes?: (ids: readonly string[]) => void;
  /** What fails from now on; left out by a service that does not fail to order. */
  readonly setFault?: (fault: 'throttled' | null) => void;
}

/** Cases not every service can have. */
export type OptionalCase = 'AWS namespaces' | 'volumes' | 'faults';
