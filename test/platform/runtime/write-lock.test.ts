import { describe, expect, test } from 'vitest';
import { WriteLock } from '../../../src/platform/runtime/write-lock.ts';
import { collectGarbage } from '../../helpers/collect-garbage.ts';
import { createDeferred } from '../../helpers/deferred.ts';

/** Runs a job and forgets what it gave. */
async function runAndForget(writeLock: WriteLock): Promise<WeakRef<object>> {
  const given = { rejected: ['a point'] };
  await writeLock.runPipelined(() => Promise.resolve(() => Promise.resolve(given))).result;
  return new WeakRef(given);
}

/** A job in two steps that tells what it does, and whose second step waits for its leave. */
function createJob(name: string, told: string[]) {
  const leave = createDeferred<undefined>();
  const begun = createDeferred<undefined>();
  const first = () => {
    told.push(`${name} 1`);
    begun.resolve(undefined);
    return Promise.resolve(async () => {
      told.push(`${name} 2`);
      await leave.promise;
      told.push(`${name} over`);
      return name;
    });
  };
  return { first, leave: () => leave.resolve(undefined), begun: begun.promise };
}

describe('the write lock', () => {
  test('runs jobs one after the other, whatever becomes of them', async () => {
    const writeLock = new WriteLock();
    const told: string[] = [];
    const failing = writeLock.runExclusive(() => {
      told.push('a');
      return Promise.reject(new Error('no'));
    });
    const next = writeLock.runExclusive(() => Promise.resolve(told.push('b')));
    await expect(failing).rejects.toThrow('no');
    await next;
    expect(told).toEqual(['a', 'b']);
  });

  test('overlaps pipelined jobs by one: a first step runs during the second step before it', async () => {
    const writeLock = new WriteLock();
    const told: string[] = [];
    const [a, b, c] = ['a', 'b', 'c'].map((name) => createJob(name, told));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three jobs were made');
    const runs = [a, b, c].map((job) => writeLock.runPipelined(job.first).result);
    await b.begun;
    expect(told).toEqual(['a 1', 'a 2', 'b 1']);
    a.leave();
    await c.begun;
    expect(told.slice(3)).toEqual(['a over', 'b 2', 'c 1']);
    b.leave();
    c.leave();
    expect(await Promise.all(runs)).toEqual(['a', 'b', 'c']);
    expect(told.slice(6)).toEqual(['b over', 'c 2', 'c over']);
  });

  test('makes an exclusive job wait for both steps before it, and a first step for the exclusive job', async () => {
    const writeLock = new WriteLock();
    const told: string[] = [];
    const a = createJob('a', told);
    const b = createJob('b', told);
    const pipelined = writeLock.runPipelined(a.first);
    const whole = writeLock.runExclusive(() => Promise.resolve(told.push('whole')));
    const after = writeLock.runPipelined(b.first);
    await a.begun;
    a.leave();
    b.leave();
    await Promise.all([pipelined.result, whole, after.result]);
    expect(told).toEqual(['a 1', 'a 2', 'a over', 'whole', 'b 1', 'b 2', 'b over']);
  });

  test('lets no job overtake a second step because the first step after it fails', async () => {
    const writeLock = new WriteLock();
    const told: string[] = [];
    const a = createJob('a', told);
    const first = writeLock.runPipelined(a.first);
    const failing = writeLock.runPipelined<string>(() => Promise.reject(new Error('no')));
    const whole = writeLock.runExclusive(() => Promise.resolve(told.push('whole')));
    await expect(failing.result).rejects.toThrow('no');
    expect(told).toEqual(['a 1', 'a 2']);
    a.leave();
    await Promise.all([first.result, whole]);
    expect(told).toEqual(['a 1', 'a 2', 'a over', 'whole']);
  });

  test('keeps nothing of what jobs before gave', async () => {
    const writeLock = new WriteLock();
    const given = await runAndForget(writeLock);
    for (const name of ['b', 'c']) {
      await writeLock.runPipelined(() => Promise.resolve(() => Promise.resolve(name))).result;
    }
    await collectGarbage();
    expect(given.deref()).toBeUndefined();
    // Still in use: nothing is gone because the lock itself is.
    await writeLock.runExclusive(() => Promise.resolve());
  });
});
