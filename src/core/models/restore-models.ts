/**
 * Brings cold models back: from their checkpoints, and the stored samples behind those. The detector is deterministic,
 * so what is replayed must give the stored scores again. After a crash all models come at once: they are restored many
 * by one statement.
 */
import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import { readCheckpoints, replayMany, replaySamples, type ReplayedSample } from './read-checkpoints.ts';
import { roundJudgement, type Rounded } from '../samples/round-judgement.ts';
import type { Checkpoint } from '../samples/write-batch.ts';
import type { Log } from '../../log.ts';
import type { Judgement } from '../../model.ts';
import { isOutage } from '../../platform/postgres/outage.ts';
import { toError } from '../../platform/runtime/to-error.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { createGuardJudgement, type GuardJudgement } from './guard-judgement.ts';
import { type HeldModel, resumeModel, startModel } from './cached-model.ts';
import type { MetricEntry } from '../metrics/registry.ts';

/** A model that cannot be brought back: what is wrong is its own, and the others of the call are not harmed. */
interface NotRestored {
  readonly entry: MetricEntry;
  readonly error: Error;
}

/** Whose checkpoints are read at once: some 12 kB each. */
const MODELS_AT_ONCE = 500;
/** Samples read at once, of as many models as these belong to. */
const ROWS_AT_ONCE = 20_000;
/** Some milliseconds of replay: requests are read in between. */
const ROWS_PER_SLICE = 500;
/** A model whose checkpoint cannot be continued learns anew from this many of its newest samples. */
const REBUILD_ROWS = 20_000;

/** A model as its checkpoint left it, and what it has not learned from since. */
interface Behind {
  readonly model: HeldModel;
  /** Null when it starts from nothing. */
  readonly afterMs: number | null;
  readonly rows: number;
  readonly isRebuild: boolean;
}

export class ModelRestorer {
  readonly #pool: pg.Pool;
  readonly #log: Log;
  readonly #stats: Stats;
  readonly #guard: GuardJudgement;

  constructor(options: { readonly pool: pg.Pool; readonly log: Log; readonly stats: Stats }) {
    this.#pool = options.pool;
    this.#log = options.log;
    this.#stats = options.stats;
    this.#guard = createGuardJudgement(options);
  }

  /**
   * One answer for each entry. @param evicted checkpoints that are newer than the stored ones
   * @throws what the database throws while it is away
   */
  async *restore(
    entries: readonly MetricEntry[],
    evicted: ReadonlyMap<number, Checkpoint>,
  ): AsyncGenerator<HeldModel | NotRestored> {
    for (let from = 0; from < entries.length; from += MODELS_AT_ONCE) {
      for (const one of await this.#restorePortion(entries.slice(from, from + MODELS_AT_ONCE), evicted)) {
        if (one.entry.scoredRows > 0 && !('error' in one)) this.#stats.count('models_restored');
        yield one;
      }
    }
  }

  /** Together they cost a statement or two: only when that fails, half by half, is the one looked for that it is about. */
  async #restorePortion(
    entries: readonly MetricEntry[],
    evicted: ReadonlyMap<number, Checkpoint>,
  ): Promise<readonly (HeldModel | NotRestored)[]> {
    try {
      return await this.#restoreTogether(entries, evicted);
    } catch (error) {
      if (isOutage(error)) throw error;
      const [entry] = entries;
      if (entries.length === 1 && entry !== undefined) return [{ entry, error: toError(error) }];
      const middle = Math.ceil(entries.length / 2);
      const before = await this.#restorePortion(entries.slice(0, middle), evicted);
      return [...before, ...(await this.#restorePortion(entries.slice(middle), evicted))];
    }
  }

  async #restoreTogether(
    entries: readonly MetricEntry[],
    evicted: ReadonlyMap<number, Checkpoint>,
  ): Promise<readonly HeldModel[]> {
    const stored = await readCheckpoints(this.#pool, listStored(entries, evicted));
    const all = entries.map((entry) =>
      this.#begin(entry, evicted.get(entry.number) ?? stored.get(entry.number)),
    );
    for (const portion of groupByRows(all)) {
      const [first] = portion;
      if (portion.length === 1 && first !== undefined) await this.#replayAlone(first);
      else await this.#replayTogether(portion);
    }
    return all.map(({ model }) => model);
  }

  #begin(entry: MetricEntry, checkpoint: Checkpoint | undefined): Behind {
    const resumed =
      checkpoint === undefined || entry.scoredRows === 0 ? null : resumeModel(entry, checkpoint, this.#guard);
    const isRebuild = checkpoint !== undefined && entry.scoredRows > 0 && resumed === null;
    if (isRebuild)
      this.#log.warn({ metric: entry.id }, 'checkpoint cannot be continued; model learns anew from samples');
    const model = resumed ?? startModel(entry, this.#guard);
    const afterMs = resumed === null ? null : (checkpoint?.timestampMs ?? null);
    return { model, afterMs, rows: entry.scoredRows - model.rows, isRebuild };
  }

  async #replayAlone(behind: Behind): Promise<void> {
    const { number } = behind.model.entry;
    const newest = behind.isRebuild ? REBUILD_ROWS : null;
    for await (const samples of replaySamples(this.#pool, number, { afterMs: behind.afterMs, newest })) {
      await this.#replay(behind, samples);
    }
  }

  async #replayTogether(some: readonly Behind[]): Promise<void> {
    const wanted = some.map(({ model, afterMs }) => ({ metricNumber: model.entry.number, afterMs }));
    const samples = await replayMany(this.#pool, wanted);
    for (const behind of some) await this.#replay(behind, samples.get(behind.model.entry.number) ?? []);
  }

  async #replay({ model, isRebuild }: Behind, samples: readonly ReplayedSample[]): Promise<void> {
    for (const [index, sample] of samples.entries()) {
      if (index % ROWS_PER_SLICE === 0) await setImmediate();
      // Learning anew, a model excludes what is excluded now.
      const judgement = isRebuild ? model.judge(sample) : model.replay(sample, sample.excluded);
      if (!isRebuild && !gives(judgement, sample)) this.#stats.count('replay_mismatches');
    }
    this.#stats.count('models_replayed_rows', samples.length);
  }
}

/** Whose checkpoint may be in the database, and no newer one here. */
function listStored(entries: readonly MetricEntry[], evicted: ReadonlyMap<number, Checkpoint>): number[] {
  return entries
    .filter(({ number, scoredRows }) => scoredRows > 0 && !evicted.has(number))
    .map(({ number }) => number);
}

/**
 * Those that have samples to learn from, in portions of bounded memory; one that is long, or learns anew, by itself.
 * A model saved at its last sample, as at every orderly stop, has nothing to look for.
 */
function groupByRows(all: readonly Behind[]): Behind[][] {
  const portions: Behind[][] = [];
  let open: Behind[] = [];
  let rows = 0;
  for (const behind of all) {
    if (behind.isRebuild || behind.rows > ROWS_AT_ONCE) portions.push([behind]);
    if (behind.isRebuild || behind.rows === 0 || behind.rows > ROWS_AT_ONCE) continue;
    if (rows + behind.rows > ROWS_AT_ONCE) {
      portions.push(open);
      open = [];
      rows = 0;
    }
    open.push(behind);
    rows += behind.rows;
  }
  return open.length > 0 ? [...portions, open] : portions;
}

/** Versions before this one stored judgements as they were made. */
function gives(judgement: Judgement, stored: ReplayedSample): boolean {
  return equals(roundJudgement(judgement), stored) || equals(judgement, stored);
}

function equals(judgement: Rounded, stored: ReplayedSample): boolean {
  return (
    judgement.score === stored.score &&
    judgement.expected === stored.expected &&
    judgement.low === stored.low &&
    judgement.high === stored.high
  );
}
