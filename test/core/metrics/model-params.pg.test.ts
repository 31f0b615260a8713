import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkModelParams, countMissingRows, learnBounds } from '../../../src/core/metrics/model-params.ts';
import { EMPTY_BATCH, writeBatch } from '../../../src/core/samples/write-batch.ts';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import type { ModelParams } from '../../../src/model.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { makeScoredSample } from '../../helpers/scored-sample.ts';

const START_MS = Date.parse('2026-11-01T00:00:00Z');
const HUGE = Number.MAX_VALUE;

let database: TestDatabase;

beforeAll(async () => {
  database = await withDatabase();
  await createSampleMonths(database.pool).ensure([START_MS]);
});
afterAll(() => database[Symbol.asyncDispose]());

async function learn(values: readonly number[]): Promise<ModelParams | null> {
  await database.pool.query('DELETE FROM sample');
  const unscored = values.map((value, row) => {
    return { ...makeScoredSample(0), value, rowId: row + 1, timestampMs: START_MS + row * 1000 };
  });
  await writeBatch(database.pool, { ...EMPTY_BATCH, unscored });
  const [first] = unscored;
  return learnBounds(database.pool, first?.metricNumber ?? 0);
}

describe('bounds learned from the first samples', () => {
  it.each<readonly [readonly number[], number, number]>([
    [[0, 10], -2, 12],
    [[-5, 5, 0], -7, 7],
    // One value: as if another one stood one above it.
    [[3], 2.8, 4.2],
    [[-HUGE, HUGE], -HUGE, HUGE],
  ])('of %j have a fifth of the range to spare', async (values, min, max) => {
    const bounds = await learn(values);
    expect(bounds?.min).toBeCloseTo(min);
    expect(bounds?.max).toBeCloseTo(max);
    expect(bounds?.boundsFrom).toBe('LEARNED');
  });

  it('are none without a sample', async () => {
    expect(await learn([])).toBeNull();
  });

  it('of any values can be exported to another server: it takes them', async () => {
    const anyValue = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(0, -0, HUGE, -HUGE, 5e-324, 2 ** 53, -(2 ** 60)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyValue, { minLength: 1, maxLength: 5 }), async (values) => {
        const bounds = (await learn(values)) ?? {};
        const [min, max] = [bounds.min ?? NaN, bounds.max ?? NaN];
        expect(min).toBeLessThanOrEqual(Math.min(...values));
        expect(max).toBeGreaterThanOrEqual(Math.max(...values));
        expect(checkModelParams(bounds, ['model'])).toMatchObject({ min });
      }),
      { numRuns: 50 },
    );
  });
});

it.each([
  [null, 10, 278],
  [60_000, 10, 278],
  [7_200_000, 10, 159],
  [86_400_000, 10, 20],
  [7 * 86_400_000, 29, 1],
  // Uneven ones may be no fortnight yet.
  [86_400_000, 31, 1],
  [60_000, 288, 0],
])(
  'at steps of %s ms, of %i samples %i are missing before the first is scored',
  (stepMs, lastRowId, missing) => {
    expect(countMissingRows({ status: 'PENDING_DATA', lastRowId }, stepMs)).toBe(missing);
    expect(countMissingRows({ status: 'ACTIVE', lastRowId }, stepMs)).toBe(0);
  },
);

describe('bounds that are given', () => {
  it.each<readonly [ModelParams, string]>([
    [{ min: 1 }, 'max: expected together with min, or neither of them'],
    [{ min: 2, max: 1 }, 'max: expected at least min (2), got 1'],
    [{ min: -HUGE, max: HUGE }, 'max: expected max − min to be a finite number'],
    [{ minResolution: 0 }, 'minResolution: expected more than 0, got 0'],
    [{ min: NaN, max: 1 }, 'min: expected a finite number, got NaN'],
    [{ timeZone: 'Mars/Olympus' }, 'timeZone: expected an IANA name such as Europe/Berlin'],
  ])('%j are refused', (params, message) => {
    expect(() => checkModelParams(params, ['model'])).toThrow(message);
  });
});
