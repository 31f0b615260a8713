import { describe, expect, it } from 'vitest';
import { runKillHarness } from './helpers/kill-harness.ts';

describe('a server that is killed', () => {
  it(
    'loses nothing it acknowledged, doubles nothing, and gives every score again',
    { timeout: 120_000 },
    async () => {
      // Four lives of different lengths; `npm run bench:kill` gives as many as one likes.
      const lives = [0.1, 0.9, 0.4, 0.6];
      const report = await runKillHarness({ cycles: lives.length, pick: () => lives.shift() ?? 0.5 });
      expect(report.acknowledged).toBeGreaterThan(0);
      expect(report).toMatchObject({
        lost: 0,
        wrongValues: 0,
        rowIdGaps: 0,
        wrongScores: 0,
        streamedTwice: 0,
        missedByStream: 0,
        brokenCursorChains: 0,
      });
    },
  );
});
