import { describe, expect, it } from 'vitest';
import { CloudwatchError } from '../../../../src/core/cloudwatch-service/model/cloudwatch-error.ts';
import { QueryTurns } from '../../../../src/core/cloudwatch-service/model/query-turns.ts';
import { until } from '../../../helpers/until.ts';

// cortex#961: a tenant with large queries takes out the queriers one by one.
describe('the queries of an account', () => {
  it('leave a place to others, and are throttled once a hundred wait', async () => {
    const turns = new QueryTurns();
    const ends: (() => void)[] = [];
    const long = () => new Promise<void>((resolve) => ends.push(resolve));
    const flood = Array.from({ length: 103 }, () => turns.run({ accountId: 1 }, long));
    expect(await turns.run({ accountId: 2 }, () => Promise.resolve('answer'))).toBe('answer');
    expect(ends).toHaveLength(3);
    const refused = turns.run({ accountId: 1 }, long);
    await expect(refused).rejects.toThrow(CloudwatchError);
    await expect(refused).rejects.toMatchObject({ code: 'Throttling' });
    for (const one of flood) {
      // Of one account, the first to begin are the first to end.
      await until(() => expect(ends).not.toHaveLength(0));
      ends.shift()?.();
      await one;
    }
    expect(await turns.run({ accountId: 1 }, () => Promise.resolve('again'))).toBe('again');
  });
});
