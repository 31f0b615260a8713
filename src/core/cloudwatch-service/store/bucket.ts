/** Stored aggregates of a series, summed into the periods of a question. */
import { AggregateSum, type Aggregate } from '../model/aggregate.ts';

/** One series over one range: from `startMs`, before `endMs`, in periods counted from the start. */
export interface BucketQuestion {
  readonly hash: Buffer;
  readonly startMs: number;
  readonly endMs: number;
  readonly periodSeconds: number;
  /** Only data of this unit; null for every unit, kept apart. */
  readonly unit: number | null;
}

export interface Bucket {
  /** Start of the period. */
  readonly startMs: number;
  readonly unit: number;
  /** `pairs` is null unless asked for. */
  readonly aggregate: Aggregate;
}

/**
 * What the statements for buckets share: $1 to $5 are the columns of the questions, `place` counts them from 1, and of
 * each the rows of `KEPT_ROWS` are looked at.
 */
export const ASKED_SERIES = `
  unnest($1::bytea[], $2::float8[], $3::float8[], $4::float8[], $5::smallint[]) WITH ORDINALITY
    AS asked (hash, start, "end", period, unit, place)
  JOIN cloudwatch_series AS series ON series.hash = asked.hash`;

export const KEPT_ROWS = `
  FROM cloudwatch_aggregate AS kept
  WHERE kept.series_id = series.id
    AND kept.timestamp >= to_timestamp(asked.start) AND kept.timestamp < to_timestamp(asked."end")
    AND (asked.unit IS NULL OR kept.unit = asked.unit)`;

/** $1 to $5. */
export function listParameters(questions: readonly BucketQuestion[]): unknown[] {
  return [
    questions.map((question) => question.hash),
    questions.map((question) => question.startMs / 1000),
    questions.map((question) => question.endMs / 1000),
    questions.map((question) => question.periodSeconds),
    questions.map((question) => question.unit),
  ];
}

/** In their order, into as few parts as keep the size of each within the bound; what is larger alone is a part. */
export function splitBySize<Question>(
  questions: readonly Question[],
  most: number,
  sizeOf: (question: Question) => number,
): readonly (readonly Question[])[] {
  const parts: Question[][] = [];
  let room = 0;
  for (const question of questions) {
    const size = sizeOf(question);
    if (parts.length === 0 || size > room) {
      parts.push([]);
      room = most;
    }
    parts.at(-1)?.push(question);
    room -= size;
  }
  return parts;
}

/** Takes what comes in time order; buckets of one period, one for each unit, follow each other. */
export class BucketList {
  readonly #buckets: Bucket[] = [];
  /** Of those that were added to, by their place. */
  readonly #sums = new Map<number, AggregateSum>();

  add(next: Bucket): void {
    for (let i = this.#buckets.length - 1; this.#buckets[i]?.startMs === next.startMs; i -= 1) {
      const bucket = this.#buckets[i];
      if (bucket?.unit !== next.unit) continue;
      const sum = this.#sums.get(i) ?? new AggregateSum(bucket.aggregate);
      sum.add(next.aggregate);
      this.#sums.set(i, sum);
      return;
    }
    this.#buckets.push(next);
  }

  list(): readonly Bucket[] {
    return this.#buckets.map((bucket, i) => {
      const sum = this.#sums.get(i);
      return sum === undefined ? bucket : { ...bucket, aggregate: sum.total };
    });
  }
}
