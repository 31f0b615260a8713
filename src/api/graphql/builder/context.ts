/** What resolvers are given: the parts of the server the API reads and changes, and this request's loaders. */
import type pg from 'pg';
import type { Caller } from '../../../core/access/caller.ts';
import type { Keys } from '../../../core/access/keys.ts';
import type { PanelLinks } from '../../../core/access/panel-links/panel-links.ts';
import type { Cloudwatch } from '../../../core/cloudwatch-service/service.ts';
import type { Ingest } from '../../../core/ingest/ingest.ts';
import type { Changes } from '../../../core/changes/read-changes.ts';
import type { Annotations } from '../../../core/annotations/annotations.ts';
import type { ArchiveUploads } from '../../../core/transfer/archive-upload.ts';
import type { Autostacks } from '../../../core/monitoring/autostacks.ts';
import type { Labels } from '../../../core/annotations/labels.ts';
import type { ScoreFeed } from '../../../core/score-log/score-feed.ts';
import type { LogFollower } from '../../../core/score-log/log-follower.ts';
import type { PolicyActions } from '../../../core/monitoring/policies/policies.ts';
import type { MonitorActions } from '../../../core/monitoring/monitor.ts';
import type { Quota } from '../../../core/inventory/quota.ts';
import type { DownloadLinks } from '../../../core/transfer/download-link.ts';
import type { Inventory } from '../../../core/inventory/inventory.ts';
import type { MetricLookup } from '../../../core/metrics/registry.ts';
import type { SaveProgress } from '../../../core/ingest/save-progress.ts';
import type { ClusterMember } from '../../../platform/cluster/cluster-directory.ts';
import type { StatusFeed } from '../../../platform/runtime/change-feed.ts';
import type { Transfer } from '../../../core/transfer/transfer.ts';
import type { PrismaClient } from '../../../generated/prisma/client.ts';
import type { Incidents } from '../../../core/incidents/incidents.ts';
import type { Log } from '../../../log.ts';
import type { Datasource } from '../../../model.ts';
import type { FlushPeriod } from '../../../platform/telemetry/influxdb-writer.ts';
import type { LicenseState } from '../../../platform/telemetry/license.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { Source } from '../../../core/sources/source.ts';
import type { Loaders } from './loaders.ts';

/** Handed in by the composer. */
export interface ApiParts {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly registry: MetricLookup;
  readonly accept: Pick<Ingest, 'acceptNamed'>;
  readonly monitor: MonitorActions;
  readonly transfer: Pick<Transfer, 'exportModels' | 'writeModel' | 'importModel'>;
  readonly annotations: Annotations;
  readonly labels: Pick<
    Labels,
    'labelAnomaly' | 'labelIncident' | 'deleteLabel' | 'thresholdAdjustmentOf' | 'previewAdjustment'
  >;
  readonly downloadLinks: DownloadLinks;
  readonly panelLinks: Pick<PanelLinks, 'create' | 'revoke' | 'stateOf' | 'tokenOf'>;
  readonly archiveUploads: ArchiveUploads;
  readonly inventory: Pick<Inventory, 'ensure' | 'ageOf'>;
  readonly autostacks: Pick<Autostacks, keyof Autostacks>;
  readonly policies: PolicyActions;
  /** The regions of AWS by name, with what people call them. */
  readonly awsRegions: Readonly<Record<string, string>>;
  readonly live: Pick<
    ScoreFeed,
    'awaitCursor' | 'subscribe' | 'readPage' | 'cursorOf' | 'head' | 'bounds' | 'subscriberCount'
  >;
  /** Makes what the database holds of times and row ids of metrics as new as what is committed. */
  readonly saveProgress: SaveProgress;
  readonly bars: Pick<LogFollower, 'offset'>;
  readonly statusFeed: StatusFeed;
  /** Of incidents, messages and the status of metrics. */
  readonly changes: Pick<Changes, 'cursorOf' | 'newest' | 'parse'>;
  readonly sources: ReadonlyMap<Datasource, Source>;
  readonly stats: Stats;
  readonly quota: Quota;
  /** What the last look at the licence saw. */
  readonly readLicense: () => LicenseState;
  /** Null where no InfluxDB takes the server's own points. */
  readonly flushPeriod: FlushPeriod | null;
  readonly cloudwatch: Cloudwatch;
  readonly incidents: Pick<Incidents, 'rules' | 'receipts' | 'silences' | 'incidentFeed' | 'messageFeed'>;
  readonly keys: Keys;
  /** Servers of the cluster, the leader first; none where there is no cluster. */
  readonly listMembers: () => Promise<readonly ClusterMember[]>;
  readonly facts: ServerFacts;
  readonly log: Log;
}

/** What does not change once the server is ready. */
interface ServerFacts {
  /** Where Graphite listens; null where it does not, or not yet. */
  readonly graphiteAddress: () => string | null;
  readonly version: string;
  readonly startedAt: Date;
  /** "embedded PostgreSQL", or where DATABASE_URL points to, without password. */
  readonly database: string;
  /** Where people reach the page, without a slash at its end; null where the settings do not say. */
  readonly publicUrl: string | null;
  /** Whose pages may embed panels, beside those of this server; `*` for any. */
  readonly embedOrigins: readonly string[];
  /** Name and version of the detector new metrics get. */
  readonly detector: string;
  /** Points before scores stop being provisional, at a step. */
  readonly learningRows: (stepMs: number | null) => number;
}

export interface Context extends ApiParts {
  /** Who asks. */
  readonly caller: Caller;
  /** The request over HTTP; none over WebSocket. */
  readonly request?: { readonly url: string; readonly headers: { get: (name: string) => string | null } };
  readonly loaders: Loaders;
}
