/**
 * Writes what a draft holds, in one transaction. When the database refuses that, the metric it is about is found half by
 * half: its neighbours are written as they are, and of the metric itself as much as the database takes.
 */
import type pg from 'pg';
import type { Log } from '../../log.ts';
import { isOutage } from '../../platform/postgres/outage.ts';
import { toError } from '../../platform/runtime/to-error.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { MetricEntry, Registry } from '../metrics/registry.ts';
import type { SampleMonths } from '../samples/month-partitions.ts';
import { LogMovedError, writeBatch } from '../samples/write-batch.ts';
import type { ScoreFeed } from '../score-log/score-feed.ts';
import { isUnsaved, markFailed, markUnsaved } from './metric-failure.ts';
import {
  createDraft,
  listDays,
  listMetricNumbers,
  selectMetrics,
  toBatch,
  withoutScores,
  type WriteSet,
} from './write-set.ts';

/** To be called after each transaction, in their order; it publishes the scores. @param before as of writeBatch */
export type OnWritten = (written: WriteSet, before: number) => void;

export interface WriteOutcome {
  /** Metrics of whose samples nothing is stored, with why. */
  readonly refused: ReadonlyMap<MetricEntry, Error>;
  /** Keys of the metrics that are not written as they were drafted, the refused ones included. */
  readonly changed: readonly number[];
}

/**
 * So many metrics of one write are looked for one by one; when more are refused the fault is not theirs, and what is
 * refused from then on is refused together.
 */
const MAX_SOUGHT = 100;

interface Findings {
  readonly refused: Map<MetricEntry, Error>;
  readonly changed: number[];
}

export class BatchWriter {
  readonly #pool: pg.Pool;
  readonly #months: SampleMonths;
  readonly #live: Pick<ScoreFeed, 'bounds'>;
  readonly #registry: Pick<Registry, 'all' | 'byNumber'>;
  readonly #stats: Stats;
  readonly #log: Log;
  /**
   * Metrics the database refused something of. Until it takes a transaction of theirs again they are written apart, so
   * that their neighbours need no second try.
   */
  readonly #suspects: Set<number>;

  constructor(options: {
    readonly pool: pg.Pool;
    readonly months: SampleMonths;
    readonly live: Pick<ScoreFeed, 'bounds'>;
    readonly registry: Pick<Registry, 'all' | 'byNumber'>;
    readonly stats: Stats;
    readonly log: Log;
  }) {
    this.#pool = options.pool;
    this.#months = options.months;
    this.#live = options.live;
    this.#registry = options.registry;
    this.#stats = options.stats;
    this.#log = options.log;
    this.#suspects = new Set([...this.#registry.all()].filter(isMarked).map(({ number }) => number));
  }

  /** @throws what the database throws while it is away, or LogMovedError: then it is not known how much is stored */
  async write(set: WriteSet, onWritten: OnWritten): Promise<WriteOutcome> {
    const findings: Findings = { refused: new Map(), changed: [] };
    for (const part of this.#setSuspectsApart(this.#clearSaved(set)))
      await this.#writePart(part, onWritten, findings);
    return findings;
  }

  #setSuspectsApart(set: WriteSet): readonly WriteSet[] {
    if (this.#suspects.size === 0) return [set];
    const numbers = listMetricNumbers(set);
    const apart = numbers.filter((number) => this.#suspects.has(number));
    if (apart.length === 0) return [set];
    const others = numbers.filter((number) => !this.#suspects.has(number));
    return [
      ...(others.length === 0 ? [] : [selectMetrics(set, new Set(others))]),
      ...apart.map((number) => this.#clearMessage(selectMetrics(set, new Set([number])), number)),
    ];
  }

  async #writePart(set: WriteSet, onWritten: OnWritten, findings: Findings): Promise<void> {
    try {
      await this.#transact(set, onWritten);
    } catch (error) {
      if (isAboutAll(error)) throw error;
      const numbers = listMetricNumbers(set);
      const [only] = numbers;
      if (only === undefined) throw error;
      if (findings.changed.length >= MAX_SOUGHT) {
        this.#refuse(set, toError(error), findings);
        return;
      }
      if (numbers.length === 1) return this.#writeSuspect(set, only, toError(error), onWritten, findings);
      const middle = Math.ceil(numbers.length / 2);
      for (const half of [numbers.slice(0, middle), numbers.slice(middle)]) {
        await this.#writePart(selectMetrics(set, new Set(half)), onWritten, findings);
      }
    }
  }

  async #transact(set: WriteSet, onWritten: OnWritten): Promise<void> {
    await this.#months.ensure(listDays(set.draft));
    const before = this.#live.bounds().last;
    await writeBatch(this.#pool, toBatch(set), before);
    this.#stats.count('batches_committed');
    for (const number of this.#suspects.size === 0 ? [] : listMetricNumbers(set)) {
      this.#suspects.delete(number);
    }
    onWritten(set, before);
  }

  /** Stores as much of the metric as the database takes, and shows on the metric what it does not. */
  async #writeSuspect(
    set: WriteSet,
    number: number,
    error: Error,
    onWritten: OnWritten,
    findings: Findings,
  ): Promise<void> {
    const entry = this.#registry.byNumber(number);
    this.#stats.countReason('metric_failures', 'store');
    this.#log.error({ err: error, metric: entry?.id, metricNumber: number }, 'metric could not be stored');
    findings.changed.push(number);
    const ways = entry === undefined ? [] : listLesserWays(set, entry, error);
    for (const way of ways) {
      try {
        await this.#transact(way, onWritten);
        this.#suspects.add(number);
        if (way.draft.progress.size < set.draft.progress.size) break;
        return;
      } catch (again) {
        if (isAboutAll(again)) throw again;
      }
    }
    this.#suspects.add(number);
    for (const touched of set.draft.progress.keys()) findings.refused.set(touched, error);
  }

  #refuse(set: WriteSet, error: Error, { refused, changed }: Findings): void {
    const numbers = listMetricNumbers(set);
    this.#stats.countReason('metric_failures', 'store', numbers.length);
    this.#log.error({ err: error, metrics: numbers.length }, 'metrics could not be stored');
    changed.push(...numbers);
    for (const entry of set.draft.progress.keys()) refused.set(entry, error);
  }

  /** A metric that is taken again shows nothing wrong any more; one in ERROR is for people to take out of it. */
  #clearMessage(set: WriteSet, number: number): WriteSet {
    const entry = this.#registry.byNumber(number);
    const isWrong = entry !== undefined && isMarked(entry) && !isUnsaved(entry);
    return isWrong ? withMessage(set, [entry], null) : set;
  }

  /** Those whose model could not be saved show it until it can. */
  #clearSaved(set: WriteSet): WriteSet {
    const saved = set.checkpoints.flatMap(({ metricNumber }) => {
      const entry = this.#registry.byNumber(metricNumber);
      return entry !== undefined && isUnsaved(entry) ? [entry] : [];
    });
    return saved.length === 0 ? set : withMessage(set, saved, null);
  }
}

/** Whether no metric of the write has to do with it. */
function isAboutAll(error: unknown): boolean {
  return isOutage(error) || error instanceof LogMovedError;
}

/** The set, that shows this on these metrics, unless they change their status with it. */
function withMessage(set: WriteSet, entries: readonly MetricEntry[], message: string | null): WriteSet {
  const statuses = new Map(set.draft.statuses);
  for (const entry of entries) {
    if (!statuses.has(entry)) statuses.set(entry, { status: entry.status, message });
  }
  return { ...set, draft: { ...set.draft, statuses } };
}

/** Whether something of it could not be stored, though it is not in ERROR. */
function isMarked({ status, message }: MetricEntry): boolean {
  return message !== null && status !== 'ERROR';
}

/** What may be stored of a metric when all of it is not: less and less, each with the reason. */
function listLesserWays(set: WriteSet, entry: MetricEntry, { message: reason }: Error): readonly WriteSet[] {
  const { draft, checkpoints } = set;
  const mark = (some: WriteSet, message: string): WriteSet => {
    const marked = { ...some.draft, statuses: new Map() };
    markFailed(marked, entry, message);
    return { ...some, draft: marked };
  };
  const ways: WriteSet[] = [];
  if (checkpoints.length > 0) {
    const statuses = new Map(draft.statuses);
    markUnsaved({ ...draft, statuses }, entry, reason);
    ways.push({ ...set, checkpoints: [], draft: { ...draft, statuses } });
  }
  if (draft.scored.length + draft.backlog.length > 0) {
    ways.push(mark(withoutScores(set), `scores could not be stored: ${reason}`));
  }
  const nothing = { draft: createDraft(draft.failuresBefore), progress: [], checkpoints: [] };
  ways.push(mark(nothing, `samples could not be stored: ${reason}`));
  return ways;
}
