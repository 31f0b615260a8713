import { describe, expect, it } from 'vitest';
import { NotFoundError, RetryLaterError } from '../../../../src/errors.ts';
import { createLog } from '../../../../src/log.ts';
import { doEach } from '../../../../src/api/graphql/builder/for-each-item.ts';
import { createDeferred } from '../../../helpers/deferred.ts';

const log = createLog('silent');

describe('a mutation of many', () => {
  it('does the others while one item is slow, and answers in the order of the items', async () => {
    const slow = createDeferred<string>();
    const done: number[] = [];
    const othersDone = createDeferred<null>();
    const outcomes = doEach([0, 1, 2, 3, 4, 5, 6, 7], ['input'], log, async (item) => {
      if (item === 0) return slow.promise;
      done.push(item);
      if (done.length === 7) othersDone.resolve(null);
      return `item ${item}`;
    });
    await othersDone.promise;
    slow.resolve('item 0');
    const answer = await outcomes;
    expect(answer.map(({ value }) => value)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((item) => `item ${item}`));
  });

  it('has at most four items under way', async () => {
    let running = 0;
    let most = 0;
    await doEach(Array.from({ length: 50 }), ['input'], log, async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    });
    expect(most).toBe(4);
  });

  it('gives each item its own failure, but fails as a whole when it is nobody’s', async () => {
    const outcomes = await doEach([1, 2], ['input'], log, (item) =>
      item === 1 ? Promise.reject(new NotFoundError('no such thing')) : Promise.resolve(item),
    );
    expect(outcomes).toMatchObject([
      { index: 0, value: null, error: { code: 'NOT_FOUND' } },
      { index: 1, value: 2, error: null },
    ]);
    for (const error of [new RetryLaterError('in a moment'), new Error('Connection terminated')]) {
      await expect(doEach([1], ['input'], log, () => Promise.reject(error))).rejects.toBe(error);
    }
  });

  it('gives a bug that one item meets to that item, without its words', async () => {
    const outcomes = await doEach([1, 2], ['input'], log, (item) =>
      item === 1 ? Promise.reject(new TypeError('secret is undefined')) : Promise.resolve(item),
    );
    expect(outcomes).toMatchObject([
      { value: null, error: { code: 'INTERNAL_SERVER_ERROR' } },
      { value: 2, error: null },
    ]);
    expect(outcomes[0]?.error?.message).not.toContain('secret');
  });

  it('refuses more than a thousand items before any is done', async () => {
    const items = Array.from({ length: 1001 }, () => 1);
    const outcomes = doEach(items, ['input', 'ids'], log, () => {
      throw new Error('nothing may be done');
    });
    await expect(outcomes).rejects.toThrow('input.ids: expected at most 1000 items, got 1001');
  });
});
