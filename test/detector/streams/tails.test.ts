import { describe, expect, it } from 'vitest';
import { createTail, learnSize, measureRarity, type Tail } from '../../../src/detector/streams/tails.ts';
import { createNoise, createRandom } from '../series.ts';

const MEMORY_ROWS = 5000;
const LEARNING = { rowsPerDay: 288, ageDays: 14 };

function learnAll(sizes: readonly number[]): Tail {
  const tail = createTail();
  for (const size of sizes) learnSize(tail, size, MEMORY_ROWS, LEARNING);
  return tail;
}

function rarityOf(tail: Tail, size: number): number {
  const { counted, beyond } = measureRarity(tail, size);
  return counted + beyond;
}

function gaussian(rows: number, unit = 1): number[] {
  const noise = createNoise(1);
  return Array.from({ length: rows }, () => unit * Math.abs(noise()));
}

describe('the rarity of a deviation', () => {
  const tail = learnAll(gaussian(4000));

  it('is the share of rows that are larger, as long as there are such rows', () => {
    expect(rarityOf(tail, 1)).toBe(0);
    expect(rarityOf(tail, 2.576)).toBeCloseTo(2, 0.3);
  });

  it('grows without a plateau: a deviation of 20 is rarer than one of 8, and one of 10⁶ rarer than both', () => {
    const rarities = [4, 6, 8, 12, 20, 100, 1e6].map((size) => rarityOf(tail, size));
    expect(rarities).toStrictEqual(rarities.toSorted((a, b) => a - b));
    expect(new Set(rarities).size).toBe(rarities.length);
    expect(rarities.every(Number.isFinite)).toBe(true);
  });

  it('is smaller for a metric with a heavy tail', () => {
    const random = createRandom(2);
    const heavy = learnAll(Array.from({ length: 4000 }, () => (1 - random()) ** -0.8));
    const outer = (of: Tail): number => 2 ** (of.outer + of.origin);
    expect(rarityOf(heavy, 5 * outer(heavy))).toBeLessThan(rarityOf(tail, 5 * outer(tail)) - 1);
  });

  it('means the same in every unit', () => {
    for (const unit of [1e-30, 1e-3, 7, 1e9, 1e30]) {
      expect(rarityOf(learnAll(gaussian(1000, unit)), 6 * unit)).toBeCloseTo(
        rarityOf(learnAll(gaussian(1000)), 6),
        9,
      );
    }
  });

  it('is not lost behind one absurd deviation, nor behind a long incident', () => {
    const before = rarityOf(tail, 10);
    const absurd = learnAll([...gaussian(2000), 1e300, ...gaussian(2000)]);
    expect(rarityOf(absurd, 10)).toBeGreaterThan(before - 0.7);
    const incident = learnAll([...gaussian(2000), ...new Array<number>(100).fill(1000), ...gaussian(2000)]);
    expect(rarityOf(incident, 10)).toBeGreaterThan(before - 1.5);
  });

  it('sinks when as large a deviation was seen often', () => {
    const spikes = gaussian(4000).map((size, row) => (row % 144 === 143 ? 30 : size));
    expect(rarityOf(learnAll(spikes), 30)).toBeLessThan(rarityOf(tail, 30) - 0.8);
  });

  it('of the first deviation ever is the number of rows without one', () => {
    expect(rarityOf(learnAll(new Array<number>(1000).fill(0)), 5)).toBeCloseTo(Math.log10(1001), 1);
  });
});
