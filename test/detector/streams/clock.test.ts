/** Time in steps, places on the circles of day and week, and a model's memory in bytes. */
import { describe, expect, it } from 'vitest';
import { advanceClock, createClock } from '../../../src/detector/streams/clock.ts';
import {
  createProfile,
  findPlace,
  fitsElsewhere,
  isKnown,
  learnProfile,
  readProfile,
} from '../../../src/detector/streams/profile.ts';
import { loadState, saveState } from '../../../src/detector/streams/snapshot.ts';
import { fc } from '../../helpers/property.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('the clock of a metric', () => {
  /** @returns what was said of the last of these intervals */
  function advanceBy(intervals: readonly number[]) {
    const clock = createClock();
    let at = 1_000_000;
    let tick = advanceClock(clock, at);
    for (const interval of intervals) tick = advanceClock(clock, (at += interval));
    return { clock, tick };
  }
  const minutes = (count: number) => Array.from({ length: count }, () => MINUTE_MS);

  it('says nothing of the first row', () => {
    expect(advanceBy([]).tick).toEqual({ steps: 1, days: 0, gap: false });
  });

  it.each([
    [MINUTE_MS, 1, false],
    [1, 1, false],
    [89_000, 1, false],
    [91_000, 2, false],
    [3 * MINUTE_MS, 3, false],
    [4 * MINUTE_MS, 4, true],
    [24 * HOUR_MS, 1440, true],
  ])('that ticked by the minute takes %d ms for %d steps, a gap: %s', (interval, steps, gap) => {
    expect(advanceBy([...minutes(20), interval]).tick).toEqual({
      steps,
      days: interval / (24 * HOUR_MS),
      gap,
    });
  });

  it('knows its step as the median of the last fifteen intervals, whatever the longest of them was', () => {
    const interval = fc.oneof(fc.constant(MINUTE_MS), fc.integer({ min: 1, max: 100 * HOUR_MS }));
    fc.assert(
      fc.property(fc.array(interval, { minLength: 1, maxLength: 50 }), (intervals) => {
        const last = intervals.slice(-15).toSorted((a, b) => a - b);
        const { clock, tick } = advanceBy(intervals);
        // Of an even number the upper one; one that does not change is not looked for again.
        const median = last[last.length >> 1];
        if (intervals.at(-1) !== clock.stepMs) expect(clock.stepMs).toBe(median);
        expect(last).toContain(clock.stepMs);
        expect(tick.steps).toBe(Math.max(1, Math.round((intervals.at(-1) ?? 0) / clock.stepMs)));
      }),
    );
  });

  it('takes eight rows to believe in another step', () => {
    const { clock } = advanceBy([...minutes(30), ...Array.from({ length: 7 }, () => HOUR_MS)]);
    expect(clock.stepMs).toBe(MINUTE_MS);
    advanceClock(clock, clock.lastMs + HOUR_MS);
    expect(clock.stepMs).toBe(HOUR_MS);
  });
});

describe('a place on a circle', () => {
  function find(nodes: number, localMs: number, stepMs = 1000) {
    const place = { before: NaN, after: NaN, part: NaN };
    findPlace(place, nodes, HOUR_MS, { localMs, stepMs });
    return place;
  }

  it('lies between the middles of two nodes, and comes again after a turn', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 41 }), fc.constantFrom(48, 168), (localMs, nodes) => {
        const place = find(nodes, localMs);
        expect(place.before).toBeGreaterThanOrEqual(0);
        expect(place.before).toBeLessThan(nodes);
        expect(place.after).toBe((place.before + 1) % nodes);
        expect(place.part).toBeGreaterThanOrEqual(0);
        expect(place.part).toBeLessThan(1);
        // The middle of the first node is half a node after the turn began.
        const fromMiddle = (localMs / HOUR_MS - 0.5 - place.before - place.part) / nodes;
        expect(fromMiddle).toBeCloseTo(Math.round(fromMiddle), 6);
        expect(find(nodes, localMs + nodes * HOUR_MS)).toMatchObject({
          before: place.before,
        });
      }),
    );
  });

  it('is a node itself where rows are as coarse as nodes', () => {
    for (let hour = 0; hour < 50; hour++)
      expect(find(48, hour * HOUR_MS + 7, HOUR_MS)).toMatchObject({
        before: hour % 48,
        after: (hour + 1) % 48,
      });
  });
});

describe('what is normal at a time of the day', () => {
  const place = (before: number, part: number) => ({ before, after: (before + 1) % 4, part });

  it('is not known before anything was seen there, and then what was seen', () => {
    const profile = createProfile(4);
    expect(readProfile(profile, place(0, 0.5), 7)).toBe(7);
    learnProfile(profile, place(0, 0), 10, 100);
    expect(readProfile(profile, place(0, 0), 7)).toBe(10);
    // Of two nodes the one that is known speaks for both.
    expect(readProfile(profile, place(0, 0.9), 7)).toBe(10);
    expect(readProfile(profile, place(1, 0.5), 7)).toBe(7);
    expect([isKnown(profile, place(0, 0)), isKnown(profile, place(0, 0.5))]).toEqual([true, false]);
  });

  it('lies on the straight line between two nodes', () => {
    const profile = createProfile(4);
    learnProfile(profile, place(0, 0), 10, 100);
    learnProfile(profile, place(1, 0), 20, 100);
    expect([0, 0.25, 0.5, 1].map((part) => readProfile(profile, place(0, part), 0))).toEqual([
      10, 12.5, 15, 20,
    ]);
    expect(fitsElsewhere(profile, 19, 8)).toBe(true);
    expect(fitsElsewhere(profile, 17, 8)).toBe(false);
  });

  it('is the mean of what was seen while that is little, and follows a new level later', () => {
    const profile = createProfile(4);
    for (const value of [1, 2, 6]) learnProfile(profile, place(2, 0), value, 100);
    expect(readProfile(profile, place(2, 0), 0)).toBeCloseTo(3);
    // A memory of ten rows: after ten of them a third of the old level is left, (9/10)^10.
    for (let row = 0; row < 100; row++) learnProfile(profile, place(3, 0), 0, 10);
    for (let row = 0; row < 10; row++) learnProfile(profile, place(3, 0), 1, 10);
    expect(readProfile(profile, place(3, 0), 0)).toBeCloseTo(1 - 0.9 ** 10);
  });
});

describe('a memory in bytes', () => {
  const make = () => ({
    a: 0,
    inner: { b: -0, cells: new Float64Array(3), deep: { narrow: new Float32Array(2) } },
    list: [{ c: 1 }, { c: 2 }],
    d: NaN,
  });

  it('comes back as it was, whatever numbers it holds', () => {
    const anyNumber = fc.oneof(fc.double(), fc.constantFrom(NaN, -0, Infinity, 5e-324));
    fc.assert(
      fc.property(fc.array(anyNumber, { minLength: 10, maxLength: 10 }), (numbers) => {
        const [a = 0, b = 0, c = 0, d = 0, ...cells] = numbers;
        const state = make();
        Object.assign(state, { a, d });
        state.inner.b = b;
        state.inner.cells.set(cells.slice(0, 3));
        state.inner.deep.narrow.set(cells.slice(3, 5));
        state.list = [{ c }, { c: -c }];
        const fresh = make();
        expect(loadState(7, fresh, saveState(7, state))).toBe(true);
        expect(fresh).toEqual(state);
      }),
    );
  });

  it('is refused, and nothing of it taken, with any bit changed, cut short, longer or of another version', () => {
    const state = make();
    state.inner.cells.set([1, 2, 3]);
    const bytes = saveState(7, state);
    const refuse = (given: Uint8Array, version = 7) => {
      const fresh = make();
      expect(loadState(version, fresh, given)).toBe(false);
      expect(fresh).toEqual(make());
    };
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      refuse(damaged);
    }
    for (const given of [
      bytes.subarray(1),
      bytes.subarray(0, -1),
      Uint8Array.of(...bytes, 0),
      new Uint8Array(),
    ])
      refuse(given);
    refuse(bytes, 8);
    const larger = { ...make(), more: 0 };
    expect(loadState(7, larger, bytes)).toBe(false);
    // Wherever the bytes lie in memory.
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(loadState(7, make(), shifted.subarray(3))).toBe(true);
  });

  it.each([[{ a: 'text' }], [{ a: { b: null } }], [{ a: true }], [{ a: undefined }]])(
    'cannot hold %j',
    (state) => {
      expect(() => saveState(7, state)).toThrow(/state field [ab] is neither/);
    },
  );
});
