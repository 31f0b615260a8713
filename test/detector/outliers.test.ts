/** Members of a group compared with each other. */
import { describe, expect, it } from 'vitest';
import { compareMembers, MAX_DEVIATION, type MemberSeries } from '../../src/detector/outliers.ts';
import { fc } from '../helpers/property.ts';

const INTERVALS = 30;
const options = { fromMs: 0, intervalMs: 60_000, intervals: INTERVALS, tolerance: 3 };

/** A sample at each interval. */
function makeMember(valueAt: (at: number) => number): MemberSeries {
  const places = Array.from({ length: INTERVALS }, (_, at) => at);
  return { timestampsMs: places.map((at) => at * 60_000), values: places.map(valueAt) };
}

/** Repeats itself at no interval and for no member. */
const noise = (member: number, at: number) => Math.sin(member * 12.9898 + at * 78.233) * 2;
const load = (at: number) => 50 + 20 * Math.sin(at / 5);
const group = (count: number, change: (member: number, at: number, value: number) => number) =>
  Array.from({ length: count }, (_, member) =>
    makeMember((at) => change(member, at, load(at) + noise(member, at))),
  );
const listFar = (members: readonly MemberSeries[], tolerance = 3) =>
  compareMembers(members, { ...options, tolerance }).flatMap((found, place) =>
    found !== null && found.share >= 0.5 ? place : [],
  );

describe('members of a group', () => {
  it('that move together are no outliers, however the group moves', () => {
    expect(listFar(group(10, (_member, _at, value) => value))).toEqual([]);
    expect(listFar(group(10, (_member, at, value) => value + at * at))).toEqual([]);
  });

  it('are outliers when they do not follow the others, although their own values are those of the group', () => {
    expect(listFar(group(10, (member, at, value) => (member === 3 ? 130 - value - at : value)))).toEqual([3]);
    expect(listFar(group(10, (member, at, value) => (member === 7 ? noise(7, at) + 75 : value)))).toEqual([
      7,
    ]);
  });

  it('are outliers together as long as they are fewer than half', () => {
    const far = listFar(group(9, (member, _at, value) => (member < 3 ? value + 40 : value)));
    expect(far).toEqual([0, 1, 2]);
  });

  it('are not outliers for one strange interval', () => {
    expect(listFar(group(8, (member, at, value) => (member === 2 && at === 10 ? 1e6 : value)))).toEqual([]);
  });

  it('are compared where most are equal, too', () => {
    const errors = group(12, (member) => (member === 5 ? 3 : 0));
    const [, , , , , found] = compareMembers(errors, options);
    expect(listFar(errors)).toEqual([5]);
    expect(found).toMatchObject({ value: 3, expected: 0, share: 1, compared: INTERVALS });
    expect(found?.deviation).toBeGreaterThan(3);
  });

  it('with a gap are compared where they have samples, and those without any are left out', () => {
    const members = group(6, (member, _at, value) => (member === 0 ? value + 60 : value));
    const [first, ...others] = members;
    const half: MemberSeries = {
      timestampsMs: first?.timestampsMs.slice(20) ?? [],
      values: first?.values.slice(20) ?? [],
    };
    const [found, ...rest] = compareMembers([half, ...others, { timestampsMs: [], values: [] }], options);
    expect(found).toMatchObject({ compared: 10, share: 1 });
    expect(rest.at(-1)).toBeNull();
  });

  it('fewer than four are not compared', () => {
    expect(
      compareMembers(
        group(3, (_member, _at, value) => value),
        options,
      ),
    ).toEqual([null, null, null]);
  });

  it('of any finite values give finite numbers, the same for every scale and order', () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(
        fc.array(fc.array(value, { minLength: INTERVALS, maxLength: INTERVALS }), { maxLength: 8 }),
        (rows) => {
          const members = rows.map((row) => makeMember((at) => row[at] ?? 0));
          const found = compareMembers(members, options);
          const reversed = compareMembers([...members].reverse(), options);
          for (const [place, member] of found.entries()) {
            if (member === null) continue;
            expect(Math.abs(member.deviation)).toBeLessThanOrEqual(MAX_DEVIATION);
            expect(Number.isFinite(member.value) && Number.isFinite(member.expected)).toBe(true);
            expect(member.share).toBe(reversed[members.length - 1 - place]?.share);
          }
        },
      ),
    );
  });

  it('are the same outliers at every scale', () => {
    for (const power of [-200, -12, -3, 3, 12, 200]) {
      const scale = 10 ** power;
      const members = group(10, (member, _at, value) => scale * (member === 4 ? value + 30 : value));
      expect(listFar(members)).toEqual([4]);
    }
  });
});
