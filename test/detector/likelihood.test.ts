import { describe, expect, it } from 'vitest';
import { classifyScore, scoreOfProbability, toLogScale } from '../../src/detector/likelihood.ts';

describe('the logarithmic scale', () => {
  it.each([
    [0, 0],
    [0.5, 0.0301],
    [0.9, 0.1],
    [0.99, 0.2],
    [0.999, 0.3],
    [0.9999, 0.4],
    [0.99999, 0.5],
    [1, 1],
  ])('puts a score of %d at %d', (score, expected) => {
    expect(toLogScale(score)).toBeCloseTo(expected, 4);
  });

  it('stays within its ends for what is no score', () => {
    expect(toLogScale(-1)).toBe(0);
    expect(toLogScale(2)).toBe(1);
  });
});

describe('the class of a score', () => {
  it.each([
    [null, 'NONE'],
    [0, 'NONE'],
    [0.3, 'GREEN'],
    [0.99989, 'GREEN'],
    [0.9999, 'YELLOW'],
    [0.999989, 'YELLOW'],
    [0.99999, 'RED'],
    [1, 'RED'],
  ])('of %d is %s', (score, expected) => {
    expect(classifyScore(score)).toBe(expected);
  });
});

describe('the score of a probability', () => {
  it('is one less it, never outside [0, 1]', () => {
    expect(scoreOfProbability(0.25)).toBe(0.75);
    expect(scoreOfProbability(3)).toBe(0);
    expect(scoreOfProbability(-1)).toBe(1);
  });
});
