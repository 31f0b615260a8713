import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FairLimit } from '../../../src/platform/runtime/concurrency-limit.ts';
import { fc } from '../../helpers/property.ts';

/** Jobs that end when they are told to, each named by its caller. */
function openJobs(width: number) {
  const limit = new FairLimit(width);
  const running: { readonly caller: string; readonly end: () => void; readonly fail: () => void }[] = [];
  const begun: string[] = [];
  const results: Promise<string>[] = [];
  return {
    limit,
    running,
    begun,
    results,
    add: (caller: string) => {
      const job = () =>
        new Promise<string>((resolve, reject) => {
          begun.push(caller);
          running.push({ caller, end: () => resolve(caller), fail: () => reject(new Error(caller)) });
        });
      results.push(limit.run(caller, job).catch((error: unknown) => String(error)));
    },
  };
}

describe('a limit that callers share', () => {
  it('lets each in turn, whoever came first with however many', async () => {
    const { add, running, begun, results, limit } = openJobs(2);
    for (const caller of ['a', 'a', 'a', 'a', 'b', 'b', 'c']) add(caller);
    await setImmediate();
    expect(begun).toEqual(['a', 'b']);
    expect(['a', 'b', 'c', 'd'].map((caller) => limit.countWaiting(caller))).toEqual([3, 1, 1, 0]);
    while (running.length > 0) {
      running.shift()?.end();
      await setImmediate();
    }
    expect(begun).toEqual(['a', 'b', 'a', 'b', 'c', 'a', 'a']);
    expect(await Promise.all(results)).toEqual(['a', 'a', 'a', 'a', 'b', 'b', 'c']);
  });

  it('lets the only caller of one place in', async () => {
    const { add, running, results } = openJobs(1);
    add('a');
    await setImmediate();
    running[0]?.end();
    expect(await Promise.all(results)).toEqual(['a']);
  });

  it('never has more than its places, all of them of one, or one that is free for somebody who waits', async () => {
    const actions = fc.array(fc.tuple(fc.constantFrom('add', 'end', 'fail'), fc.nat(3)), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 4 }), actions, async (width, plan) => {
        const { add, running, results, limit, begun } = openJobs(width);
        const names = ['a', 'b', 'c', 'd'];
        const check = () => {
          expect(running.length).toBeLessThanOrEqual(width);
          for (const name of names) {
            const held = running.filter(({ caller }) => caller === name).length;
            expect(held).toBeLessThan(width);
            const isKept = limit.countWaiting(name) > 0 && held < width - 1;
            if (isKept) expect(running).toHaveLength(width);
          }
        };
        for (const [action, which] of plan) {
          if (action === 'add') add(names[which] ?? '');
          else
            running.splice(which % Math.max(1, running.length), 1)[0]?.[action === 'end' ? 'end' : 'fail']();
          await setImmediate();
          check();
        }
        while (running.length > 0) {
          running.shift()?.end();
          await setImmediate();
        }
        expect(begun).toHaveLength(results.length);
        await Promise.all(results);
      }),
      { numRuns: 100 },
    );
  });
});
