import { expect, it } from 'vitest';
import { scoreHistory, type WhatIfSample } from '../../../src/core/models/score-history.ts';
import type { ModelParams } from '../../../src/model.ts';

const STEP_MS = 300_000;
const policy = { direction: 'BOTH', minDeviation: 0, minDeviationRatio: 0 } as const;
const isOutage = (row: number) => row >= 400 && row < 410;
const history = Array.from({ length: 500 }, (_, row) => ({
  timestampMs: row * STEP_MS,
  value: 50 + ((row * 7919) % 13) / 4 + (isOutage(row) ? 900 : 0),
}));

async function score(samples: typeof history, model: ModelParams): Promise<readonly WhatIfSample[]> {
  const results: WhatIfSample[] = [];
  for await (const part of scoreHistory({ parts: [samples], model, policy, path: [] })) results.push(...part);
  return results;
}

it('scores a history as a metric with the same excluded times would have been', async () => {
  const excludedTimes = [{ startMs: 400 * STEP_MS, endMs: 410 * STEP_MS }];
  const results = await score(history, { excludedTimes });
  const excluded = results.filter((_, row) => isOutage(row));
  expect(excluded.map(({ phase, alarms, provisional }) => [phase, alarms, provisional])).toEqual(
    excluded.map(() => ['EXCLUDED', false, true]),
  );
  expect(excluded[0]?.why.length).toBeGreaterThan(0);
  const learned = history.filter((_, row) => !isOutage(row));
  expect(results.filter((_, row) => !isOutage(row))).toEqual(await score(learned, {}));
  expect((await score(history, {})).some(({ alarms }) => alarms)).toBe(true);
});
