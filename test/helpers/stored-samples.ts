/**
 * Samples of any kind in the database, some as rows and some in blocks, put there without an engine: what is read of them
 * can be compared with the list they were made of.
 */
import type pg from 'pg';
import { copySamples } from '../../src/core/samples/copy-samples.ts';
import { toColumns } from '../../src/core/samples/packed/sample-columns.ts';
import { insertBlocks, makeBlock } from '../../src/core/samples/packed/write-blocks.ts';
import { isScored, type ScoredSample, type StoredSample } from '../../src/core/samples/stored-sample.ts';
import { ANOMALY_PHASES, VIEWS } from '../../src/model.ts';
import { inTransaction } from '../../src/platform/postgres/transaction.ts';
import { fc } from './property.ts';

/** The month changes within these days. */
export const FIRST_MS = Date.parse('2026-02-26T00:00:00Z');
export const LAST_MS = FIRST_MS + 5 * 86_400_000;
export const METRICS = [1, 2, 3] as const;

/** Where samples are. */
export interface Layout {
  /** Scored samples of one block; blocks also end with their month. */
  readonly blockSize: number;
  /** By block, over and over: whether it is one, or rows. */
  readonly packed: readonly boolean[];
}

const EVERYTHING_ELSE = { expected: null, low: null, high: null, rawScore: null, view: null, phase: null };

/** Few times of each kind, so that ends of ranges and neighbours meet. */
export const anyTime = fc.oneof(
  fc.integer({ min: FIRST_MS, max: LAST_MS }),
  fc.integer({ min: 0, max: 120 }).map((hour) => FIRST_MS + hour * 3_600_000),
  fc.constantFrom(-2, -1, 0, 1).map((aside) => Date.parse('2026-03-01T00:00:00Z') + aside),
);
export const anyEnd = fc.option(
  fc.oneof(anyTime, fc.constantFrom(FIRST_MS - 1, LAST_MS + 1, Date.parse('2026-02-28T12:00:00Z'))),
);

const anySample = fc.record({
  metricNumber: fc.constantFrom(...METRICS),
  timestampMs: anyTime,
  value: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
  score: fc.constantFrom(null, 0, 0.5, 0.9, 0.99, 1),
  phase: fc.constantFrom(null, ...ANOMALY_PHASES),
  view: fc.constantFrom(null, ...VIEWS),
});

/** In the order of their metrics and times; scored ones have offsets in the order of their times. */
export const anySamples: fc.Arbitrary<readonly StoredSample[]> = fc
  .uniqueArray(anySample, {
    selector: ({ metricNumber, timestampMs }) => `${metricNumber} ${timestampMs}`,
    maxLength: 90,
    size: 'max',
  })
  .map((list) => {
    const ordered = list.toSorted((a, b) => a.metricNumber - b.metricNumber || a.timestampMs - b.timestampMs);
    return ordered.map(({ score, phase, view, ...sample }, index): StoredSample => {
      const own = { ...sample, rowId: index + 1, provisional: index % 5 === 0, episode: index % 7 === 0 };
      if (score === null)
        return { ...own, seq: null, score, ...EVERYTHING_ELSE, provisional: false, episode: false };
      const range = { expected: index / 4, low: index / 4 - 1, high: index / 4 + 1, rawScore: 0.25 };
      return { ...own, seq: index + 1, score, ...range, view, phase };
    });
  });

export const anyLayout: fc.Arbitrary<Layout> = fc.record({
  blockSize: fc.integer({ min: 1, max: 15 }),
  packed: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
});

/** Scored samples of one metric and one month, as many as a block has. */
function cutChunks(scored: readonly ScoredSample[], size: number): readonly (readonly ScoredSample[])[] {
  const chunks: ScoredSample[][] = [];
  const placeOf = ({ metricNumber, timestampMs }: ScoredSample) =>
    `${metricNumber} ${new Date(timestampMs).toISOString().slice(0, 7)}`;
  for (const sample of scored) {
    const last = chunks.at(-1);
    const [first] = last ?? [];
    if (last !== undefined && first !== undefined && last.length < size && placeOf(first) === placeOf(sample))
      last.push(sample);
    else chunks.push([sample]);
  }
  return chunks;
}

/** Stores these samples, and no others. The months of anyTime have to be there. @param samples in the order of anySamples */
export async function storeSamples(
  pool: pg.Pool,
  samples: readonly StoredSample[],
  { blockSize, packed }: Layout,
): Promise<void> {
  const chunks = cutChunks(samples.filter(isScored), blockSize);
  const isPacked = (index: number) => packed[index % packed.length] === true;
  const blocks = chunks.filter((_, index) => isPacked(index)).map((chunk) => makeBlock(toColumns(chunk), 1));
  const scored = chunks.filter((_, index) => !isPacked(index)).flat();
  const unscored = samples.filter((sample) => !isScored(sample));
  await inTransaction(pool, async (client) => {
    await client.query('DELETE FROM sample');
    await client.query('DELETE FROM sample_block');
    await copySamples(client, { scored, unscored }, null);
    if (blocks.length > 0) await insertBlocks(client, blocks);
  });
}

export function isWithin({ timestampMs }: StoredSample, fromMs: number | null, toMs: number | null): boolean {
  return timestampMs >= (fromMs ?? -Infinity) && timestampMs <= (toMs ?? Infinity);
}
