/** Incidents, put together: rules, the follower that holds scores against them, and the delivery of messages. */
import type pg from 'pg';
import { createIntervalJobs, type IntervalJobs } from '../../platform/runtime/interval-jobs.ts';
import type { Labels } from '../annotations/labels.ts';
import type { ScoreFeed } from '../score-log/score-feed.ts';
import { gatherRows } from '../score-log/row-buffer.ts';
import { LogFollower } from '../score-log/log-follower.ts';
import type { MetricLookup } from '../metrics/registry.ts';
import type { ScoredSample } from '../samples/stored-sample.ts';
import { createStatusFeed, type StatusFeed } from '../../platform/runtime/change-feed.ts';
import { RESEND_SECONDS } from '../notify/alertmanager.ts';
import { Dispatcher } from './delivery/dispatcher.ts';
import { followScores, NO_CHANGES, type Changes } from './follow-scores.ts';
import { purgeOld } from './purge.ts';
import { ChannelTurns } from './delivery/channel-turns.ts';
import { createReceipts, type Receipts } from './delivery/acknowledgements.ts';
import { resendAlerts } from './delivery/resend-alerts.ts';
import { createRuleBook, type RuleBook } from './rule-cache.ts';
import { createRules, type Rules } from './rules.ts';
import { Silences } from './silences.ts';
import { sweepIncidents, type Swept } from './close-stale.ts';
import { RateCheck } from './rates/check-rates.ts';
import { OutlierCheck } from './outliers/check-outliers.ts';
import { ReportingCheck } from './reporting/check-reporting.ts';
import type { DeliverContext } from './delivery/deliver-message.ts';

export interface IncidentsOptions extends Omit<DeliverContext, 'onTried' | 'random' | 'turns'> {
  readonly registry: MetricLookup;
  readonly live: ScoreFeed;
  readonly labels: Pick<Labels, 'thresholdAdjustmentOf'>;
  /** Days an incident that has ended is kept; 0 for ever. */
  readonly retentionDays: number;
  /** How long new scores wait for more of them, in milliseconds; the follower's own time when left out. */
  readonly lingerMs?: number;
}

const SECOND_MS = 1000;

export class Incidents implements AsyncDisposable {
  readonly rules: Rules;
  readonly receipts: Receipts;
  readonly silences: Pick<Silences, 'create' | 'end'>;
  /** Ids of incidents that changed; of messages that were written or tried. */
  readonly incidentFeed: StatusFeed = createStatusFeed();
  readonly messageFeed: StatusFeed = createStatusFeed();
  readonly #options: IncidentsOptions;
  readonly #book: RuleBook;
  readonly #follower: LogFollower;
  readonly #reporting: ReportingCheck;
  readonly #rates: RateCheck;
  readonly #outliers: OutlierCheck;
  readonly #dispatcher: Dispatcher;
  readonly #turns = new ChannelTurns();
  readonly #jobs: IntervalJobs;
  /** Of the batch that is being stored. */
  #changes: Changes = NO_CHANGES;

  private constructor(options: IncidentsOptions, book: RuleBook) {
    const { prisma, registry, now } = options;
    const { incidentFeed } = this;
    const messageFeed = { publish: (id: string) => this.#announceMessage(id) };
    this.#options = options;
    this.#book = book;
    this.rules = createRules({ ...options, book, onEnded: (swept) => this.#announceEnded(swept) });
    this.receipts = createReceipts({ prisma, now, incidentFeed, messageFeed });
    this.silences = new Silences({ prisma, registry, now });
    this.#follower = this.#createFollower();
    this.#reporting = new ReportingCheck({ ...options, book, readyMs: now().getTime() });
    this.#rates = new RateCheck({ ...options, book });
    this.#outliers = new OutlierCheck({ ...options, book });
    this.#dispatcher = new Dispatcher({
      ...options,
      turns: this.#turns,
      onTried: (id) => this.messageFeed.publish(id),
    });
    this.#jobs = this.#createJobs();
  }

  /** Reads the rules. Nothing runs before `start`. */
  static async open(options: IncidentsOptions): Promise<Incidents> {
    const book = createRuleBook(options.prisma);
    await book.load();
    return new Incidents(options, book);
  }

  #createFollower(): LogFollower {
    const { pool, live, stats, log, lingerMs } = this.#options;
    return new LogFollower({
      name: 'incidents',
      // What was scored before there was anybody to notify is nobody's incident.
      beginAt: 'NEWEST',
      gather: () => gatherRows((client, scores) => this.#followScores(client, scores)),
      onApplied: () => this.#announceFollowed(),
      // The incidents of another log are not this one's.
      reset: async (client) => {
        await client.query('DELETE FROM incident');
      },
      lagGauge: 'incidents_lag',
      ...(lingerMs === undefined ? {} : { lingerMs }),
      pool,
      live,
      stats,
      log,
    });
  }

  #createJobs(): IntervalJobs {
    return createIntervalJobs(
      [
        { name: 'deliver messages', everyMs: SECOND_MS, run: () => this.#dispatcher.dispatchWhenDue() },
        { name: 'sweep incidents', everyMs: 30 * SECOND_MS, run: () => this.sweep() },
        { name: 'find metrics without data', everyMs: 30 * SECOND_MS, run: () => this.checkReporting() },
        { name: 'check anomaly rates', everyMs: 5 * SECOND_MS, run: () => this.checkRates() },
        { name: 'find outliers', everyMs: 60 * SECOND_MS, run: () => this.checkOutliers() },
        { name: 'send alerts again', everyMs: RESEND_SECONDS * SECOND_MS, run: () => this.resend() },
        {
          name: 'purge messages',
          everyMs: 3600 * SECOND_MS,
          needsSteadyClock: true,
          run: () => this.purge(),
        },
      ],
      this.#options,
    );
  }

  async #followScores(client: pg.PoolClient, scores: readonly ScoredSample[]): Promise<void> {
    const { labels, now } = this.#options;
    this.#changes = NO_CHANGES;
    this.#changes = await followScores(client, scores, {
      book: this.#book,
      thresholdAdjustmentOf: (metricId, point) => labels.thresholdAdjustmentOf(metricId, point),
      now,
    });
  }

  /** The batch was committed. */
  #announceFollowed(): void {
    const changes = this.#changes;
    this.#changes = NO_CHANGES;
    this.#announceChanges(changes);
  }

  #announceChanges(changes: Changes): void {
    this.#options.stats.count('incidents_opened', changes.opened);
    this.#options.stats.count('incidents_ended', changes.ended);
    this.#announce(changes);
  }

  #announceEnded(swept: Swept): void {
    this.#options.stats.count('incidents_ended', swept.ended);
    this.#announce(swept);
  }

  #announce({ incidentIds, notificationIds }: Pick<Changes, 'incidentIds' | 'notificationIds'>): void {
    for (const id of new Set(incidentIds)) this.incidentFeed.publish(id);
    for (const id of new Set(notificationIds)) this.#announceMessage(id);
  }

  /** It was written, or is to be tried again. */
  #announceMessage(id: string): void {
    this.#dispatcher.lookAgain();
    this.messageFeed.publish(id);
  }

  /** Begins to follow the scores, and does everything below now and then. */
  start(): void {
    this.#follower.start();
    this.#jobs.start();
  }

  /** Reads the rules again: another server has changed them. */
  reloadRules(): Promise<void> {
    return this.#book.load();
  }

  /** Only follows the scores: for callers that set the clock by hand. */
  startFollowing(): void {
    this.#follower.start();
  }

  /** Resolves once every score committed so far was held against the rules. */
  catchUp(): Promise<void> {
    return this.#follower.catchUp();
  }

  /** Ends what no point will end. */
  async sweep(): Promise<void> {
    this.#announceEnded(await sweepIncidents({ ...this.#options, book: this.#book }));
  }

  /** Opens incidents of metrics that stopped reporting. */
  async checkReporting(): Promise<void> {
    this.#announceChanges(await this.#reporting.check());
  }

  /** Opens and ends incidents of groups of which many metrics are anomalous at once. */
  async checkRates(): Promise<void> {
    this.#announceChanges(await this.#rates.check());
  }

  /** Opens and ends incidents of metrics that behave unlike the others of their group. */
  async checkOutliers(): Promise<void> {
    this.#announceChanges(await this.#outliers.check());
  }

  /** Delivers what is due. @returns how many messages */
  deliver(): Promise<number> {
    return this.#dispatcher.deliver();
  }

  /** Sends Alertmanagers again what fires. */
  resend(): Promise<void> {
    return resendAlerts({ ...this.#options, turns: this.#turns });
  }

  purge(): Promise<void> {
    return purgeOld(this.#options);
  }

  /** Finishes what was begun; messages that wait are delivered after the next start. */
  async stop(): Promise<void> {
    await this.#follower.stop();
    await this.#jobs.stop();
    await this.#dispatcher.stop();
    this.incidentFeed.close();
    this.messageFeed.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
