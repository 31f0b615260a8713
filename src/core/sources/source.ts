/**
 * The contract of everything points are fetched from, and the list of the kinds. A source knows how to talk to the
 * outside; it knows nothing of the database, of models or of the API.
 */
import type { Datasource, ModelParams, Sample } from '../../model.ts';
import type { ResourceAttributes } from './resource-attributes.ts';

export interface SeriesTag {
  readonly key: string;
  readonly value: string;
}

/** The thing a metric belongs to, as its source knows it. */
export interface SourceResource {
  readonly region: string;
  readonly type: string;
  readonly namespace: string;
  readonly resourceId: string;
  readonly name: string | null;
  /** running, available, …; null where the source knows none. */
  readonly state: string | null;
  readonly tags: readonly SeriesTag[];
}

/** What a valid spec means. */
export interface MetricDescription {
  /** The same for two specs exactly when they name the same metric within the datasource. */
  readonly identity: string;
  readonly name: string;
  readonly description: string;
  readonly unit: string | null;
  /** Canonical resource name: region/namespace/id. */
  readonly server: string;
  readonly location: string;
  readonly tagName: string | null;
  readonly periodSeconds: number;
  /** Where its values are expected, so that scoring starts at once; without min and max after the first rows. */
  readonly modelParams: ModelParams;
  readonly resource: SourceResource | null;
  /** Of the series itself, such as dimensions; those of its resource are not repeated. None when left out. */
  readonly tags?: readonly SeriesTag[];
  /** The autostack it is a metric of. */
  readonly autostackId?: string;
}

/** A metric a source can watch, for the catalogue. */
export interface SupportedMetric {
  readonly namespace: string;
  readonly metric: string;
  readonly unit: string | null;
  readonly statistic: string;
  readonly periodSeconds: number;
  readonly dimensions: readonly string[];
  readonly defaultMin: number | null;
  readonly defaultMax: number | null;
  /** Monitored when its whole resource is. */
  readonly isDefault: boolean;
}

export interface SupportedResourceType {
  readonly name: string;
  readonly namespace: string;
  /** Whether autostacks can be made of it. */
  readonly aggregatable: boolean;
  readonly metrics: readonly SupportedMetric[];
}

/** One metric to be read, from `fromMs` (null: as far back as a new metric should start) up to now. */
export interface ReadRequest {
  readonly metricId: string;
  readonly spec: unknown;
  readonly periodSeconds: number;
  readonly fromMs: number | null;
  /** Time of its newest stored sample, null for none; not known when left out. */
  readonly newestMs?: number | null;
}

/** Samples in time order, and up to where the outside has now been read: the next `fromMs`. */
export interface ReadResult {
  readonly metricId: string;
  readonly samples: readonly Sample[];
  readonly readToMs: number;
}

/** A metric that could not be read; the others of the same call are not harmed. */
export interface ReadFailure {
  readonly metricId: string;
  readonly error: Error;
}

export interface Source {
  readonly datasource: Datasource;
  /**
   * Checks a spec and says what it means. No network.
   * @throws InvalidInputError naming the field; NotSupportedError for a metric this source cannot watch
   */
  describe: (spec: unknown) => MetricDescription;
  /**
   * Asks the outside whether there is such a metric, for a few seconds at most; silence is taken for yes.
   * @throws InvalidInputError, NotSupportedError naming what there is instead
   */
  readonly confirm?: (spec: unknown) => Promise<void>;
  /** Resource types and metrics it can watch. */
  catalogue: () => readonly SupportedResourceType[];
  /**
   * Specs of the metrics that are monitored when a whole resource is, or of those of these names. A metric that takes
   * more than the resource to be chosen is left out. Left out by sources without resources to choose.
   */
  readonly resourceSpecs?: (
    resource: Pick<SourceResource, 'region' | 'type' | 'resourceId'>,
    metrics: readonly string[] | null,
  ) => readonly { readonly metric: string }[];
  /** Null for sources that are only pushed to. */
  readonly polling: Polling | null;
}

export interface Polling {
  /** Delay after a period's end before its value can be trusted, in seconds. */
  readonly settleSeconds: number;
  /** How many metrics one `read` may ask for. */
  readonly maxBatch: number;
  /** Reads many metrics in as few calls as the outside allows. A failure of one is a ReadFailure, never a throw. */
  read: (
    requests: readonly ReadRequest[],
    signal: AbortSignal,
  ) => Promise<readonly (ReadResult | ReadFailure)[]>;
}

export interface FoundResource extends SourceResource {
  readonly attributes: ResourceAttributes;
  /** For comparing resources of one type; 0 where nothing is known. */
  readonly sizeRank: number;
  /** Since when it runs. */
  readonly startedMs: number | null;
}

interface Discovery {
  readonly resources: readonly FoundResource[];
  /** Types of which all were listed: what is not among them is gone. */
  readonly wholeTypes: readonly string[];
  /** What could not be listed, and why. Everything when `resources` is empty because of it. */
  readonly problems: readonly string[];
}

/** Never rejects. */
export type Discover = (region: string, signal: AbortSignal) => Promise<Discovery>;
