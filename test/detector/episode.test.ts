/** When an incident opens, from surprises alone. */
import { describe, expect, it } from 'vitest';
import { createIncident, judgeIncident, RED_SURPRISE } from '../../src/detector/episode.ts';
import { RED_SCORE } from '../../src/detector/likelihood.ts';

const TICK = { steps: 1, days: 1 / 288, gap: false };

/** The rows that open red. */
function findOpenings(surprises: readonly number[]): number[] {
  const incident = createIncident();
  return surprises.flatMap((surprise, row) => {
    const { opens, score } = judgeIncident(incident, surprise, TICK);
    return opens && score >= RED_SCORE ? [row] : [];
  });
}

const calm = (rows: number): number[] => new Array<number>(rows).fill(0);

describe('a red incident', () => {
  it('opens once while a surprise grows slowly past the bar that its own alarm raised', () => {
    const growing = Array.from({ length: 60 }, (_, row) => Math.min(6, RED_SURPRISE + row / 10));
    expect(findOpenings(growing)).toStrictEqual([0]);
  });

  it('opens again at once for something far rarer than what opened it', () => {
    expect(findOpenings([RED_SURPRISE, ...calm(10), 6 * RED_SURPRISE])).toStrictEqual([0, 11]);
  });

  it('opens again for something as rare once some hours have passed', () => {
    const again = 2 * RED_SURPRISE;
    expect(findOpenings([RED_SURPRISE, ...calm(20), again])).toStrictEqual([0]);
    expect(findOpenings([RED_SURPRISE, ...calm(100), again])).toStrictEqual([0, 101]);
  });
});
