/** Incidents, put together: rules, the follower that holds scores against them, and the delivery of messages. */
import type pg from 'pg';
import { createIntervalJobs } from '../../platform/runtime/interval-jobs.ts';
import type { Labels } from '../annotations/labels.ts';
import type { ScoreFeed } from '../score-log/score-feed.ts';
import { gatherRows } from '../score-log/row-buffer.ts';
import { LogFollower } from '../score-log/log-follower.ts';
import type { MetricLookup } from '../metrics/registry.ts';
import { createStatusFeed, type StatusFeed } from '../../platform/runtime/change-feed.ts';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import type { Log } from '../../log.ts';
import { RESEND_SECONDS } from '../notify/alertmanager.ts';
import type { Mailer } from '../notify/email.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Tracing } from '../../platform/tracing/tracing.ts';
import type { Outbound } from '../../platform/outbound/outbound-client.ts';
import type { Seal } from '../../platform/outbound/sealed-secret.ts';
import { Dispatcher } from './delivery/dispatcher.ts';
import { followScores, NO_CHANGES } from './follow-scores.ts';
import { purgeOld } from './purge.ts';
import { createReceipts, type Receipts } from './delivery/acknowledgements.ts';
import { resendAlerts } from './delivery/resend-alerts.ts';
import { createRuleBook } from './rule-cache.ts';
import { createRules, type Rules } from './rules.ts';
import { Silences } from './silences.ts';
import { sweepIncidents, type Swept } from './close-stale.ts';
import { ReportingCheck } from './reporting/check-reporting.ts';

export interface IncidentsOptions {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly registry: MetricLookup;
  readonly live: ScoreFeed;
  readonly labels: Pick<Labels, 'thresholdAdjustmentOf'>;
  readonly stats: Stats;
  readonly log: Log;
  readonly seal: Seal;
  readonly outbound: Outbound;
  /** Null where no SMTP server is set. */
  readonly mailer: Mailer | null;
  readonly now: () => Date;
  /** Address of the page in messages; null or left out: no links. */
  readonly publicUrl?: string | null;
  /** Days an incident that has ended is kept; 0 for ever. */
  readonly retentionDays: number;
  readonly tracing?: Tracing | null;
  /** How long new scores wait for more of them, in milliseconds; the follower's own time when left out. */
  readonly lingerMs?: number;
}

export interface Incidents extends AsyncDisposable {
  readonly rules: Rules;
  readonly receipts: Receipts;
  readonly silences: Pick<Silences, 'create' | 'end'>;
  /** Ids of incidents that changed; of messages that were written or tried. */
  readonly incidentFeed: StatusFeed;
  readonly messageFeed: StatusFeed;
  /** Begins to follow the scores, and does everything below now and then. */
  start: () => void;
  /** Only follows the scores: for callers that set the clock by hand. */
  startFollowing: () => void;
  /** Resolves once every score committed so far was held against the rules. */
  catchUp: () => Promise<void>;
  /** Ends what no point will end. */
  sweep: () => Promise<void>;
  /** Opens incidents of metrics that stopped reporting. */
  checkReporting: () => Promise<void>;
  /** Delivers what is due. @returns how many messages */
  deliver: () => Promise<number>;
  /** Sends Alertmanagers again what fires. */
  resend: () => Promise<void>;
  purge: () => Promise<void>;
  /** Finishes what was begun; messages that wait are delivered after the next start. */
  stop: () => Promise<void>;
}

const SECOND_MS = 1000;

export async function createIncidents(options: IncidentsOptions): Promise<Incidents> {
  const { pool, prisma, registry, live, labels, stats, log, now } = options;
  const book = createRuleBook(prisma);
  await book.load();
  const incidentFeed = createStatusFeed();
  const messageFeed = createStatusFeed();
  const announce = (changes: { incidentIds: readonly string[]; notificationIds: readonly string[] }) => {
    for (const id of new Set(changes.incidentIds)) incidentFeed.publish(id);
    for (const id of new Set(changes.notificationIds)) messageFeed.publish(id);
  };
  let changes = NO_CHANGES;
  const follower = new LogFollower({
    name: 'incidents',
    // What was scored before there was anybody to notify is nobody's incident.
    beginAt: 'NEWEST',
    gather: () =>
      gatherRows(async (client, scores) => {
        changes = NO_CHANGES;
        changes = await followScores(client, scores, {
          book,
          thresholdAdjustmentOf: (metricId, point) => labels.thresholdAdjustmentOf(metricId, point),
          now,
        });
      }),
    onApplied: () => {
      stats.count('incidents_opened', changes.opened);
      stats.count('incidents_ended', changes.ended);
      announce(changes);
      changes = NO_CHANGES;
    },
    // The incidents of another log are not this one's.
    reset: async (client) => {
      await client.query('DELETE FROM incident');
    },
    lagGauge: 'incidents_lag',
    ...(options.lingerMs === undefined ? {} : { lingerMs: options.lingerMs }),
    pool,
    live,
    stats,
    log,
  });
  const tellEnded = (swept: Swept) => {
    stats.count('incidents_ended', swept.ended);
    announce(swept);
  };
  const sweep = async () => tellEnded(await sweepIncidents({ pool, book, registry, now }));
  const reporting = new ReportingCheck({ pool, book, registry, now, readyMs: now().getTime() });
  const checkReporting = async () => {
    const found = await reporting.check();
    stats.count('incidents_opened', found.opened);
    announce(found);
  };
  const dispatcher = new Dispatcher({ ...options, onTried: messageFeed.publish });
  const resend = () => resendAlerts(options);
  const purge = () => purgeOld({ pool, log, now, retentionDays: options.retentionDays });
  const jobs = createIntervalJobs(
    [
      { name: 'deliver messages', everyMs: SECOND_MS, run: () => dispatcher.dispatchDue() },
      { name: 'sweep incidents', everyMs: 30 * SECOND_MS, run: sweep },
      { name: 'find metrics without data', everyMs: 30 * SECOND_MS, run: checkReporting },
      { name: 'send alerts again', everyMs: RESEND_SECONDS * SECOND_MS, run: resend },
      { name: 'purge messages', everyMs: 3600 * SECOND_MS, run: purge },
    ],
    log,
  );
  const stop = async () => {
    await follower.stop();
    await jobs.stop();
    await dispatcher.stop();
    incidentFeed.close();
    messageFeed.close();
  };
  return {
    rules: createRules({ ...options, book, onEnded: tellEnded }),
    receipts: createReceipts({ prisma, now, incidentFeed, messageFeed }),
    silences: new Silences({ prisma, registry, now }),
    incidentFeed,
    messageFeed,
    start: () => {
      follower.start();
      jobs.start();
    },
    startFollowing: () => follower.start(),
    catchUp: () => follower.catchUp(),
    sweep,
    checkReporting,
    deliver: () => dispatcher.deliver(),
    resend,
    purge,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
