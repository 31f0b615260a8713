import { describe, expect, it } from 'vitest';
import {
  stepIncident,
  type Course,
  type Patience,
  type RulePoint,
} from '../../../src/core/incidents/state-machine.ts';
import { fc } from '../../helpers/property.ts';

const AT_ONCE = { confirmSeconds: 0, confirmPoints: 1, recoverySeconds: 0 };

/** One letter a minute: `o` opens, `h` is hot, `l` lasts, `r` recovers, `.` is calm. The states it goes through, `-` for none. */
function walk(points: string, patience: Patience): string {
  let course: Course | null = null;
  const states = Array.from(points, (letter, minute) => {
    const point = pointAt(minute, letter);
    course = stepIncident(course?.state === 'ENDED' ? null : course, point, patience);
    return course?.state.charAt(0) ?? '-';
  });
  return states.join('');
}

function pointAt(minute: number, letter: string): RulePoint {
  return {
    timestampMs: minute * 60_000,
    isAnomalous: letter === 'o' || letter === 'h',
    opens: letter === 'o',
    lasts: letter === 'l',
    recovers: letter === 'r',
  };
}

describe('an incident', () => {
  it.each([
    ['fires at its first point and ends with the first calm one', '.o..', '-FE-', AT_ONCE],
    ['is one as long as it is hot', 'ohhhh.', 'FFFFFE', AT_ONCE],
    ['does not begin in the middle of something the detector had told of before', 'hhh', '---', AT_ONCE],
    ['waits for its points', 'ohh.', 'PPFE', { ...AT_ONCE, confirmPoints: 3 }],
    ['waits for its time', 'ohh.', 'PPFE', { ...AT_ONCE, confirmSeconds: 120 }],
    ['needs both, time and points', 'ohhh', 'PPPF', { ...AT_ONCE, confirmPoints: 2, confirmSeconds: 180 }],
    ['leaves nothing when it calms before', 'oh.h', 'PP--', { ...AT_ONCE, confirmPoints: 3 }],
    ['is over after its time of calm', 'o...', 'FRRE', { ...AT_ONCE, recoverySeconds: 120 }],
    ['goes on when it is hot again before', 'o.h...', 'FRFRRE', { ...AT_ONCE, recoverySeconds: 120 }],
    ['lasts while the metric is not back to normal', 'olll.', 'FFFFE', AT_ONCE],
    ['is not over while the metric recovers', 'orrrlr.', 'FRRRFRE', AT_ONCE],
    ['does not begin while another lasts', 'lll', '---', AT_ONCE],
    ['is another one after that', 'o..oh', 'FREFF', { ...AT_ONCE, recoverySeconds: 60 }],
  ])('%s', (_what, points, states, patience) => {
    expect(walk(points, patience)).toBe(states);
  });

  it('lasts from its first hot point to its first calm one', () => {
    const patience = { ...AT_ONCE, recoverySeconds: 60 };
    const first = stepIncident(null, pointAt(0, 'o'), patience);
    const calm = stepIncident(first, pointAt(1, '.'), patience);
    const over = stepIncident(calm, pointAt(2, '.'), patience);
    expect(over).toEqual({
      state: 'ENDED',
      startedMs: 0,
      lastPointMs: 120_000,
      lastHotMs: 0,
      hotPoints: 1,
      calmSinceMs: 60_000,
    });
  });
});

/**
 * The same, told of a whole history: an incident begins with a point that opens, is dropped by a normal one before it is
 * confirmed, and ends at the first normal point that lies `recoverySeconds` behind the first of its run of normal ones, unless
 * that one recovers.
 */
function tell(points: string, patience: Patience): readonly (readonly [number, number | null])[] {
  const told: [number, number | null][] = [];
  let at = 0;
  while (at < points.length) {
    const start = points.indexOf('o', at);
    if (start < 0) break;
    const isHot = (minute: number) => 'oh'.includes(points.charAt(minute) || '-');
    const run = points.slice(start).search(/[^oh]|$/);
    const needed = Math.max(patience.confirmPoints - 1, Math.ceil(patience.confirmSeconds / 60));
    if (run <= needed) {
      at = start + run;
      continue;
    }
    let calm: number | null = null;
    let end: number | null = null;
    for (let minute = start + needed + 1; minute < points.length && end === null; minute += 1) {
      const letter = points.charAt(minute);
      if (isHot(minute) || letter === 'l') calm = null;
      else calm ??= minute;
      const isCalmEnough = calm !== null && (minute - calm) * 60 >= patience.recoverySeconds;
      if (isCalmEnough && letter !== 'r') end = minute;
    }
    told.push([start, end]);
    if (end === null) break;
    at = end + 1;
  }
  return told;
}

it('incidents are those a whole history tells of, whatever it is and the patience of the rule', () => {
  const letters = fc.constantFrom('o', 'h', 'h', 'l', 'r', '.', '.');
  let count = 0;
  fc.assert(
    fc.property(
      fc.array(letters, { minLength: 20, maxLength: 40 }).map((all) => all.join('')),
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 5 }),
      (points, confirmMinutes, confirmPoints, recoveryMinutes) => {
        const patience = {
          confirmSeconds: confirmMinutes * 60,
          confirmPoints,
          recoverySeconds: recoveryMinutes * 60,
        };
        const states = walk(points, patience);
        const found: [number, number | null][] = [];
        let begun = -1;
        for (const [minute, state] of Array.from(states).entries()) {
          if (state === '-') begun = -1;
          else if (begun < 0) begun = minute;
          // A pending one is dropped by the very point at which another may not begin: both are told apart by firing.
          if (state === 'F' && found.at(-1)?.[0] !== begun) found.push([begun, null]);
          if (state !== 'E') continue;
          found[found.length - 1] = [begun, minute];
          begun = -1;
        }
        count += found.length;
        expect(found).toEqual(tell(points, patience));
      },
    ),
    { numRuns: 3_000 },
  );
  expect(count).toBeGreaterThan(1_000);
});
