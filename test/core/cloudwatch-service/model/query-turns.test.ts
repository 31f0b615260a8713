import { describe, expect, it } from 'vitest';
import { CloudwatchError } from '../../../../src/core/cloudwatch-service/model/cloudwatch-error.ts';
import { QueryTurns } from '../../../../src/core/cloudwatch-service/model/query-turns.ts';
import { until } from '../../../helpers/until.ts';

const GIGABYTE = 2 ** 30;

// cortex#961: a tenant with large queries takes out the queriers one by one.
describe('the queries of an account', () => {
  it('leave a place to others, and are throttled once a hundred wait', async () => {
    let throttled = 0;
    const turns = new QueryTurns(() => (throttled += 1), GIGABYTE);
    const ends: (() => void)[] = [];
    const long = () => new Promise<void>((resolve) => ends.push(resolve));
    const flood = Array.from({ length: 103 }, () => turns.run({ accountId: 1 }, long));
    expect(await turns.run({ accountId: 2 }, () => Promise.resolve('answer'))).toBe('answer');
    expect(ends).toHaveLength(3);
    const refused = turns.run({ accountId: 1 }, long);
    await expect(refused).rejects.toThrow(CloudwatchError);
    await expect(refused).rejects.toMatchObject({ code: 'Throttling' });
    expect(throttled).toBe(1);
    for (const one of flood) {
      // Of one account, the first to begin are the first to end.
      await until(() => expect(ends).not.toHaveLength(0));
      ends.shift()?.();
      await one;
    }
    expect(await turns.run({ accountId: 1 }, () => Promise.resolve('again'))).toBe('again');
  });

  it.each([
    [128, 1],
    [600, 2],
    [4096, 4],
  ])(
    'of several accounts run as many at once as a heap of %d MB has room for: %d',
    async (megabytes, most) => {
      const turns = new QueryTurns(() => undefined, megabytes * 2 ** 20);
      let [running, peak] = [0, 0];
      const ends: (() => void)[] = [];
      const query = async () => {
        running += 1;
        peak = Math.max(peak, running);
        await new Promise<void>((resolve) => ends.push(resolve));
        running -= 1;
      };
      const all = Array.from({ length: 12 }, (_, accountId) => turns.run({ accountId }, query));
      for (const one of all) {
        await until(() => expect(ends).not.toHaveLength(0));
        ends.shift()?.();
        await one;
      }
      expect(peak).toBe(most);
    },
  );
});
