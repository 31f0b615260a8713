/** What the streams of a series make of rows that are missing. */
import { describe, expect, it } from 'vitest';
import { createStreams, deriveStreams } from '../../src/detector/streams.ts';

const STEEP = 7;

/** The streams of a steep line at its last row, when the rows named are missing. */
function deriveLine(missing: readonly number[]): readonly number[] {
  const streams = createStreams();
  let last = 0;
  for (let row = 0; row < 60; row++) {
    if (missing.includes(row)) continue;
    const steps = row === 0 ? 1 : row - last;
    deriveStreams(streams, STEEP * row, { steps, days: 0, gap: steps > 3 }, row === 0);
    last = row;
  }
  return [...streams.now, ...streams.steadiness];
}

describe('the streams', () => {
  it.each([[[58]], [[57, 58]], [[10, 20, 21, 40, 58]]])(
    'are on a line what they are with the missing rows %j',
    (missing) => {
      const whole = deriveLine([]);
      for (const [i, value] of deriveLine(missing).entries()) expect(value).toBeCloseTo(whole[i] ?? NaN, 9);
    },
  );

  it('start changes anew behind a gap', () => {
    const behind = deriveLine([56, 57, 58]);
    expect(behind[0]).toBe(STEEP * 59);
    expect(behind.slice(5, 8)).toStrictEqual([0, 0, 0]);
  });
});
