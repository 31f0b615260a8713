/** Subqueries: cases of Prometheus' manual, and of promqltest/testdata/subquery.test. */
import { describe, expect, it } from 'vitest';
import { ask, type Data } from './memory-queries.ts';

/** One more each minute, from the beginning on. */
const DATA = {
  'm{}': Array.from({ length: 31 }, (_, minute) => minute).join(' '),
  'gap{}': '1 _ _ 4 5 _ 7',
};

async function at(query: string, minute: number, data: Data = DATA): Promise<Data> {
  const found = await ask(query, data, minute + 1);
  if (typeof found === 'string') throw new Error(`expected a vector, got ${found}`);
  const last = Object.entries(found).map(
    ([name, values]) => [name, values.split(' ')[minute] ?? ''] as const,
  );
  return Object.fromEntries(last.filter(([, value]) => value !== '_'));
}

describe('a subquery', () => {
  it.each([
    // At 16, 18 and 20: steps are whole multiples of two minutes, and the range begins behind the fifteenth.
    ['sum_over_time(m[5m:2m])', 20, '54'],
    ['count_over_time(m[5m:2m])', 20, '3'],
    // At 16, 17, 18, 19 and 20: a minute is what is taken where none is named.
    ['sum_over_time(m[5m:])', 20, '90'],
    // A step at the very beginning of the range is not in it.
    ['count_over_time(m[4m:2m])', 20, '2'],
    ['sum_over_time(m[5m:2m])', 21, '38'],
    ['sum_over_time(m[5m:2m] offset 1m)', 21, '54'],
    ['sum_over_time((m * 2)[5m:2m])', 20, '108'],
    ['max_over_time(sum(m)[10m:5m] offset 5m)', 20, '15'],
    // The mean of 18 and 20, and that of 14 and 16.
    ['max_over_time(avg_over_time(m[4m:2m])[8m:4m])', 20, '19'],
    ['min_over_time(avg_over_time(m[4m:2m])[8m:4m])', 20, '15'],
    ['count_over_time(gap[6m:1m])', 6, '3'],
    ['sum_over_time(vector(1)[5m:1m])', 20, '5'],
    ['sum_over_time((m > 18)[5m:1m])', 20, '39'],
  ])('%s at minute %i is %s', async (query, minute, value) => {
    expect(await at(query, minute)).toEqual({ '{}': value });
  });

  it('that has no step in its range gives nothing', async () => {
    expect(await at('sum_over_time(m[30s:7m])', 20)).toEqual({});
    expect(await at('sum_over_time(nothing[5m:1m])', 20)).toEqual({});
  });

  it.each([
    ['sum_over_time(1[5m:1m])', 'expected type instant vector in subquery, got scalar'],
    ['sum_over_time(m[1m][5m:1m])', 'expected type instant vector in subquery, got range vector'],
    ['sum_over_time(m + m[5m:1m])', 'subquery is only allowed on instant vector'],
    ['sum_over_time(m[5m:0s])', 'duration must be greater than 0'],
    ['m[5m:1m] + 1', 'got range vector'],
    ['sum_over_time(m[1y:1s])', 'a subquery may have 200000 steps'],
  ])('%s is refused', async (query, message) => {
    await expect(ask(query, DATA, 21)).rejects.toThrow(message);
  });
});
