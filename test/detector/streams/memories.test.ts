/** What a model remembers of sizes: records, excursions, silence, the band, and what may be learned of a value. */
import { describe, expect, it } from 'vitest';
import { createBand, expectValue, learnBand, placeExpectation } from '../../../src/detector/streams/band.ts';
import { createExcursions, followExcursion } from '../../../src/detector/streams/excursions.ts';
import { createLimit, limitValue } from '../../../src/detector/streams/limit.ts';
import {
  ageRecords,
  compareWithRecords,
  createRecords,
  type Records,
} from '../../../src/detector/streams/records.ts';
import { createSilence, measureSilence } from '../../../src/detector/streams/silence.ts';
import { fc } from '../../helpers/property.ts';
import { createNoise, createRandom } from '../series.ts';

const DAY_STEPS = 288;
const TICK = { steps: 1, days: 1 / DAY_STEPS, gap: false };

describe('records', () => {
  const LIMITS = { resolution: 0, rowsPerDay: DAY_STEPS };
  const compare = (records: Records, size: number, limits = LIMITS) =>
    compareWithRecords(records, 1, size, 0, limits);
  /** Sizes of some days, of which none is a record later. */
  function learn(rows: number, sizeOf: (row: number) => number) {
    const records = createRecords(2);
    for (let row = 0; row < rows; row++) {
      ageRecords(records, 1 / DAY_STEPS);
      compare(records, sizeOf(row));
    }
    return records;
  }
  const makeUsual = () => {
    const noise = createNoise(4);
    return learn(3000, () => Math.abs(noise()));
  };

  it('are the four largest of a view, in order, of any sizes; other views have their own', () => {
    const size = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(fc.array(size, { maxLength: 30 }), (sizes) => {
        const records = learn(sizes.length, (row) => sizes[row] ?? 0);
        const wanted = [...sizes.toSorted((a, b) => b - a), 0, 0, 0, 0].slice(0, 4);
        expect([...records.largest]).toEqual([0, 0, 0, 0, ...wanted]);
      }),
    );
  });

  it('are no news where nothing exceeds the second of them, and more so the farther it is beyond', () => {
    const surpriseOf = (size: number) => compare(makeUsual(), size).surprise;
    expect(surpriseOf(1)).toBe(0);
    const surprises = [6, 10, 20, 50].map(surpriseOf);
    expect(surprises).toEqual(surprises.toSorted((a, b) => a - b));
    expect(surprises[0]).toBeGreaterThan(0);
    expect(surpriseOf(1e300)).toBeLessThanOrEqual(12);
  });

  it('hide nothing behind one absurd value: the next tenfold is news again', () => {
    const records = makeUsual();
    compare(records, 1e12);
    const next = compare(records, 30);
    expect(next.surprise).toBeGreaterThan(1);
  });

  it('are not believed in the first hour, nor where nothing ever moved, nor below the resolution', () => {
    const inTheFirstHour = learn(60, () => 1);
    expect(compare(inTheFirstHour, 100).surprise).toBe(0);
    const neverMoved = learn(5000, () => 0);
    expect(compare(neverMoved, 100).surprise).toBe(0);
    expect(compare(makeUsual(), 100, { ...LIMITS, resolution: 100 }).surprise).toBe(0);
  });

  it('are forgotten in one to two eras of ninety days', () => {
    const records = learn(1, () => 1000);
    const liveFor = (days: number) => {
      for (let day = 0; day < days; day++) {
        ageRecords(records, 1);
        compare(records, 1);
      }
    };
    liveFor(89);
    expect(records.largest[4]).toBe(1000);
    liveFor(91);
    expect(records.largest[4]).toBe(1);
  });
});

describe('excursions', () => {
  const OPTIONS = { floor: 0, rowsPerDay: 24 };

  it('are news while they are farther off than four times the second of those before', () => {
    const excursions = createExcursions();
    const follow = (size: number) => followExcursion(excursions, size, OPTIONS);
    // A bump of 2 every ten hours for a month.
    const before = Array.from({ length: 720 }, (_, row) => follow(row % 10 < 3 ? 2 : 0.1));
    expect(before).not.toContain(true);
    const creep = Array.from({ length: 40 }, (_, row) => follow(row / 2));
    // 8.5 is the first beyond 4 · 2; each later one is farther off again.
    expect(creep.indexOf(true)).toBe(17);
    expect(creep.slice(17)).not.toContain(false);
    // Staying there is none.
    expect(follow(19.5)).toBe(false);
    expect(follow(16)).toBe(false);
  });

  it('say nothing in the first days, nor of a metric that was never off', () => {
    const fresh = createExcursions();
    expect(Array.from({ length: 200 }, (_, row) => followExcursion(fresh, row ** 3, OPTIONS))).not.toContain(
      true,
    );
    const still = createExcursions();
    for (let row = 0; row < 1000; row++) followExcursion(still, 0, OPTIONS);
    expect(followExcursion(still, 1e9, OPTIONS)).toBe(false);
  });
});

describe('silence', () => {
  /** Rows that move, then rows that stand still. @returns what each of the latter says */
  function standStill(rows: number, repeats: number, movingRows = 2000) {
    const silence = createSilence();
    const random = createRandom(3);
    let [row, value] = [0, 0];
    const next = (given: number) => measureSilence(silence, (row += 1), given, TICK);
    for (let moving = 0; moving < movingRows; moving++) {
      if (random() >= repeats) value = random();
      next(value);
    }
    const still = Array.from({ length: rows }, () => next(value));
    return { still, wake: () => next(-1) };
  }

  it('is said of the third equal step of a metric that never repeats itself, and the longer the louder', () => {
    const { still } = standStill(10, 0);
    const rarities = still.map(({ rarity }) => rarity);
    expect(rarities.slice(0, 2)).toEqual([0, 0]);
    expect(rarities[2]).toBeGreaterThan(2);
    expect(rarities.slice(2)).toEqual(rarities.slice(2).toSorted((a, b) => a - b));
  });

  it('is not said of a metric that often repeats itself, nor before it is known', () => {
    expect(standStill(50, 0.5).still.every(({ rarity }) => rarity === 0)).toBe(true);
    expect(standStill(3, 0, 40).still.every(({ rarity }) => rarity === 0)).toBe(true);
  });

  it('is learned in two days: then it is no news, and moving again is', () => {
    const { still, wake } = standStill(2 * DAY_STEPS + 2, 0);
    const rarities = still.map(({ rarity }) => rarity);
    expect(rarities[DAY_STEPS - 2]).toBeGreaterThan(100);
    expect(rarities.at(-1)).toBe(0);
    expect(wake()).toEqual({ rarity: 0, wakes: true });
    const short = standStill(DAY_STEPS, 0);
    expect(short.wake()).toEqual({ rarity: 0, wakes: false });
  });
});

describe('silence at steps at which three of them are learned', () => {
  it('is never said, and so does not end: a week without rain, prices at Christmas', () => {
    for (const days of [1, 7, 30]) {
      const silence = createSilence();
      const said = Array.from({ length: 2000 }, (_, row) => {
        const value = row % 100 < 5 ? 0 : row;
        return measureSilence(silence, row + 1, value, { steps: 1, days, gap: false });
      });
      expect(new Set(said.map(({ rarity, wakes }) => `${rarity} ${wakes}`))).toEqual(new Set(['0 false']));
    }
  });
});

describe('the band', () => {
  it('holds 99 of 100 errors of any size, of the forecast that errs less', () => {
    for (const unit of [1e-9, 1, 1e9]) {
      const band = createBand();
      const noise = createNoise(8);
      let inside = 0;
      for (let row = 0; row < 6000; row++) {
        const value = unit * noise();
        // What was carried on is noise of its own.
        const carried = unit * noise();
        const { expected, low, high } = expectValue(band, 0, carried);
        if (row >= 1000 && value >= low && value <= high) inside += 1;
        if (row >= 1000) expect(expected).toBe(0);
        learnBand(band, 0, carried, value);
      }
      expect(inside / 5000).toBeGreaterThan(0.97);
      expect(inside / 5000).toBeLessThan(0.999);
    }
  });

  it('lies where the metric can be', () => {
    const number = fc.double({ noNaN: true });
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(
        number,
        number,
        number,
        finite,
        fc.tuple(number, number),
        (expected, low, high, origin, ends) => {
          const [lowest, highest] = [Math.min(...ends), Math.max(...ends)];
          for (const value of Object.values(
            placeExpectation({ expected, low, high }, origin, 1, lowest, highest),
          )) {
            expect(value).toBeGreaterThanOrEqual(lowest);
            expect(value).toBeLessThanOrEqual(highest);
          }
        },
      ),
    );
  });
});

describe('what is learned of a value', () => {
  function settle(rows = 300) {
    const limit = createLimit();
    const noise = createNoise(5);
    for (let row = 0; row < rows; row++) limitValue(limit, noise(), 0, 0);
    return limit;
  }

  it('is the value, as long as it is not far', () => {
    expect(limitValue(settle(), 10, 0, 0)).toBe(10);
    // In the first rows nothing is far.
    expect(limitValue(settle(10), 1e9, 0, 0)).toBe(1e9);
  });

  it('is nothing of one absurd value, and bounded steps of one that lasts', () => {
    const limit = settle();
    expect(Math.abs(limitValue(limit, 1e9, 0, 0))).toBeLessThan(5);
    const learned = Array.from({ length: 40 }, () => limitValue(limit, 1e9, 0, 0));
    expect(learned[0]).toBeLessThan(1000);
    expect(learned).toEqual(learned.toSorted((a, b) => a - b));
    expect(learned.at(-1)).toBe(1e9);
  });

  it('behind a gap is at most what is normal by now, where that is further than the level before', () => {
    const learned = [200, 1e9, -1e9].map((value) => limitValue(settle(), value, 0, 0, 300));
    expect(learned).toEqual([200, 300, 0]);
  });

  it('of a metric that stood still is what lasts for two rows', () => {
    const limit = createLimit();
    for (let row = 0; row < 100; row++) limitValue(limit, 5, 5, 0);
    expect([limitValue(limit, 9, 5, 0), limitValue(limit, 9, 5, 0)]).toEqual([5, 9]);
  });
});
