import { describe, expect, test } from 'vitest';
import { createTurns, type Turns } from '../../../src/platform/runtime/write-lock.ts';
import { collectGarbage } from '../../helpers/collect-garbage.ts';
import { createDeferred } from '../../helpers/deferred.ts';

/** Runs turns of both kinds and forgets what the first one gave. */
async function runAndForget(turns: Turns): Promise<WeakRef<object>> {
  const given = { rejected: ['a point'] };
  await turns.runInTwoSteps(() => Promise.resolve(() => Promise.resolve(given))).result;
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

describe('turns', () => {
  test('run one after the other, whatever becomes of them', async () => {
    const turns = createTurns();
    const told: string[] = [];
    const failing = turns.run(() => {
      told.push('a');
      return Promise.reject(new Error('no'));
    });
    const next = turns.run(() => Promise.resolve(told.push('b')));
    await expect(failing).rejects.toThrow('no');
    await next;
    expect(told).toEqual(['a', 'b']);
  });

  test('in two steps overlap by one: a first step runs during the second step before it', async () => {
    const turns = createTurns();
    const told: string[] = [];
    const [a, b, c] = ['a', 'b', 'c'].map((name) => createJob(name, told));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three jobs were made');
    const runs = [a, b, c].map((job) => turns.runInTwoSteps(job.first).result);
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

  test('of one step wait for both steps before them, and a first step waits for them', async () => {
    const turns = createTurns();
    const told: string[] = [];
    const a = createJob('a', told);
    const b = createJob('b', told);
    const twoSteps = turns.runInTwoSteps(a.first);
    const whole = turns.run(() => Promise.resolve(told.push('whole')));
    const after = turns.runInTwoSteps(b.first);
    await a.begun;
    a.leave();
    b.leave();
    await Promise.all([twoSteps.result, whole, after.result]);
    expect(told).toEqual(['a 1', 'a 2', 'a over', 'whole', 'b 1', 'b 2', 'b over']);
  });

  test('a first step that fails does not let anybody overtake the second step before it', async () => {
    const turns = createTurns();
    const told: string[] = [];
    const a = createJob('a', told);
    const first = turns.runInTwoSteps(a.first);
    const failing = turns.runInTwoSteps<string>(() => Promise.reject(new Error('no')));
    const whole = turns.run(() => Promise.resolve(told.push('whole')));
    await expect(failing.result).rejects.toThrow('no');
    expect(told).toEqual(['a 1', 'a 2']);
    a.leave();
    await Promise.all([first.result, whole]);
    expect(told).toEqual(['a 1', 'a 2', 'a over', 'whole']);
  });

  test('keep nothing of what turns before gave', async () => {
    const turns = createTurns();
    const given = await runAndForget(turns);
    for (const name of ['b', 'c']) {
      await turns.runInTwoSteps(() => Promise.resolve(() => Promise.resolve(name))).result;
    }
    await collectGarbage();
    expect(given.deref()).toBeUndefined();
    // Still in use: nothing is gone because the turns themselves are.
    await turns.run(() => Promise.resolve());
  });
});
