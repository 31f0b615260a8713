/** The newest part of the log of scores, in memory: one buffer that every live subscriber reads from. */
import type { SpanContext } from '@opentelemetry/api';
import type { ScoredSample } from '../samples/stored-sample.ts';

/** The transaction a part of the log came with. */
export interface LogCommit {
  /** Milliseconds of `performance.now`. */
  readonly atMs: number;
  /** Its span; null where it is not traced. */
  readonly span: SpanContext | null;
}

export interface ScoreRing {
  /** Places held are `first` to `last`; empty when last < first. */
  readonly first: number;
  readonly last: number;
  /** Undefined for a sample whose metric was deleted or unmonitored since. */
  get: (seq: number) => ScoredSample | undefined;
  /** Appends what was committed. After places that were missed (an unclear commit) the ring begins anew. */
  append: (scores: readonly ScoredSample[], commit: LogCommit) => void;
  /** Commits of these scores, each once, oldest first; none of those that are not held. */
  commitsOf: (scores: readonly ScoredSample[]) => readonly LogCommit[];
  forget: (metricNumber: number) => void;
  /** The log goes further than what was appended: what lies between is left to the database. */
  skipTo: (last: number) => void;
}

/** @param last the log's last place so far */
export function createScoreRing(capacity: number, last: number): ScoreRing {
  const slots: (ScoredSample | undefined)[] = [];
  const commits: LogCommit[] = [];
  let first = last + 1;
  return {
    get first() {
      return first;
    },
    get last() {
      return last;
    },
    get: (seq) => (seq < first || seq > last ? undefined : slots[seq % capacity]),
    append: (scores, commit) => {
      for (const score of scores) {
        if (score.seq <= last) continue;
        if (score.seq !== last + 1) first = score.seq;
        slots[score.seq % capacity] = score;
        commits[score.seq % capacity] = commit;
        last = score.seq;
        first = Math.max(first, last - capacity + 1);
      }
    },
    commitsOf: (scores) => {
      const found = new Set<LogCommit>();
      for (const { seq } of scores) {
        const commit = seq < first || seq > last ? undefined : commits[seq % capacity];
        if (commit !== undefined) found.add(commit);
      }
      return [...found];
    },
    skipTo: (newLast) => {
      if (newLast <= last) return;
      last = newLast;
      first = newLast + 1;
    },
    forget: (metricNumber) => {
      for (const [index, slot] of slots.entries()) {
        if (slot?.metricNumber === metricNumber) slots[index] = undefined;
      }
    },
  };
}

/** The rows after an offset, at most so many offsets of them. */
export function readRing(
  ring: ScoreRing,
  after: number,
  most: number,
): { readonly samples: readonly ScoredSample[]; readonly upTo: number } {
  const upTo = Math.min(ring.last, after + most);
  const samples: ScoredSample[] = [];
  for (let seq = after + 1; seq <= upTo; seq++) {
    const sample = ring.get(seq);
    if (sample !== undefined) samples.push(sample);
  }
  return { samples, upTo };
}
