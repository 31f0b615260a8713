import { describe, expect, test } from 'vitest';
import { Signal, type Wait } from '../../../src/platform/runtime/signal.ts';

/** Names of the waits that are done by the time the event loop comes round. */
async function listDone(waits: Readonly<Record<string, Wait>>): Promise<readonly string[]> {
  const done: string[] = [];
  for (const [name, wait] of Object.entries(waits)) void wait.done.then(() => done.push(name));
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

describe('a signal', () => {
  test('ends every wait begun before it, and none begun later', async () => {
    const signal = new Signal();
    const [a, b] = [signal.wait(), signal.wait(3_600_000)];
    signal.wake();
    const c = signal.wait();
    expect(await listDone({ a, b, c })).toEqual(['a', 'b']);
    signal.wake();
    expect(await listDone({ c })).toEqual(['c']);
  });

  test('is not remembered when nobody waits', async () => {
    const signal = new Signal();
    signal.wake();
    expect(await listDone({ late: signal.wait() })).toEqual([]);
  });

  test('leaves the other waits alone when one is cancelled', async () => {
    const signal = new Signal();
    const [a, b] = [signal.wait(), signal.wait()];
    a.cancel();
    a.cancel();
    expect(await listDone({ a, b })).toEqual(['a']);
    signal.wake();
    expect(await listDone({ b })).toEqual(['b']);
  });

  test('ends a wait without it when the time of the wait is up', async () => {
    const signal = new Signal();
    await signal.wait(1).done;
    await signal.wait(-0.5).done;
    const other = signal.wait();
    expect(await listDone({ other })).toEqual([]);
    other.cancel();
  });
});
