import { describe, expect, it } from 'vitest';
import {
  stepIncident,
  type Course,
  type Patience,
  type RulePoint,
} from '../../../src/core/incidents/state-machine.ts';

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
