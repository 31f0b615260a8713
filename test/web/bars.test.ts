import { describe, expect, it } from 'vitest';
import { barHeight } from '../../src/detector/bar-height.ts';
import { classifyScore } from '../../src/detector/likelihood.ts';
import { classOf, heightOf } from '../../src/web/parts/bar-height.ts';
import { BAR_MS, type Bar, classOfBar, listStarts, weighBars, worseBar } from '../../src/web/wall/bars.ts';

const bar = (score: number | null, provisional = false): Bar => ({ score, provisional });

describe('bars of the page', () => {
  it('are as high and of the class the server says', () => {
    for (const score of [0, 0.3, 0.9, 0.999, 0.9999, 0.99995, 0.99999, 0.9999999, 1]) {
      expect(heightOf(score), String(score)).toBeCloseTo(barHeight(score), 9);
      expect(classOf(score), String(score)).toBe(classifyScore(score));
    }
  });

  it('end with the stretch of now, counted from 1970', () => {
    const starts = listStarts(Date.parse('2026-11-23T04:07:00Z'), 'HOURS');
    expect(starts).toHaveLength(24);
    expect(new Date(starts.at(-1) ?? 0).toISOString()).toBe('2026-11-23T04:05:00.000Z');
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBe(BAR_MS.HOURS);
  });

  it('keep the worst score, and what is sure before what was said while learning', () => {
    expect(worseBar(undefined, bar(0.2))).toEqual(bar(0.2));
    expect(worseBar(bar(0.9), bar(0.2))).toEqual(bar(0.9));
    expect(worseBar(bar(1, true), bar(0.1))).toEqual(bar(0.1));
    expect(worseBar(bar(null), bar(0))).toEqual(bar(0));
  });

  it('say nothing while learning, and that all is usual where a model that has learned finds nothing', () => {
    expect(classOfBar(bar(1, true))).toBe('NONE');
    expect(classOfBar(bar(0))).toBe('GREEN');
    expect(classOfBar(undefined)).toBe('NONE');
  });

  it('weigh one red more than all the yellows of a window', () => {
    const starts = listStarts(Date.now(), 'DAYS');
    const yellows = new Map(starts.map((start) => [start, bar(0.99995)]));
    expect(weighBars(new Map([[starts[3] ?? 0, bar(0.999999)]]), starts)).toBeGreaterThan(
      weighBars(yellows, starts),
    );
  });
});
