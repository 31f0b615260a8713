import { describe, expect, it } from 'vitest';
import { SingleFlight } from '../../../../src/core/cloudwatch-service/alarms/single-flight.ts';
import { fc } from '../../../helpers/property.ts';

/** Work that ends when it is told to, and counts how much of it runs at once. */
function createWork() {
  const running: { readonly end: (error?: Error) => void }[] = [];
  const seen = { begun: 0, most: 0 };
  const work = () =>
    new Promise<void>((resolve, reject) => {
      seen.begun += 1;
      const one = {
        end: (error?: Error) => {
          running.splice(running.indexOf(one), 1);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      running.push(one);
      seen.most = Math.max(seen.most, running.length);
    });
  return { work, running, seen };
}

describe('A single flight', () => {
  it('runs once more for all who asked while it ran, after that', async () => {
    const { work, running, seen } = createWork();
    const flight = new SingleFlight(work);
    const first = flight.run();
    const others = [flight.run(), flight.run(), flight.run()];
    expect(seen.begun).toBe(1);
    running[0]?.end();
    await first;
    await expect.poll(() => seen.begun).toBe(2);
    running[0]?.end();
    await Promise.all(others);
    expect(seen).toEqual({ begun: 2, most: 1 });
  });

  it('never runs twice at once, though it is asked just as a run ends', async () => {
    const { work, running, seen } = createWork();
    const flight = new SingleFlight(work);
    const first = flight.run();
    const again = first.then(() => flight.run());
    const next = flight.run();
    running[0]?.end();
    await first;
    await expect.poll(() => running.length).toBe(1);
    running[0]?.end();
    await next;
    await again;
    expect(seen).toEqual({ begun: 2, most: 1 });
  });

  it('goes on after work that failed, which those who waited for it hear of', async () => {
    const { work, running } = createWork();
    const flight = new SingleFlight(work);
    const first = flight.run();
    const next = flight.run();
    running[0]?.end(new Error('failed'));
    await expect(first).rejects.toThrow('failed');
    await expect.poll(() => running.length).toBe(1);
    running[0]?.end();
    await next;
  });

  it('is settled once what runs and what was asked for meanwhile have ended', async () => {
    const { work, running } = createWork();
    const flight = new SingleFlight(work);
    void flight.run();
    void flight.run();
    let isSettled = false;
    const settled = flight.settle().then(() => (isSettled = true));
    running[0]?.end();
    await expect.poll(() => running.length).toBe(1);
    expect(isSettled).toBe(false);
    running[0]?.end();
    await settled;
    expect(running).toEqual([]);
  });

  it('never runs twice at once, whenever it is asked and however work ends', async () => {
    const step = fc.constantFrom('ask', 'ask when that ends', 'end', 'fail', 'wait');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { work, running, seen } = createWork();
        const flight = new SingleFlight(work);
        const asked: Promise<unknown>[] = [];
        const ask = () => {
          const run = flight.run();
          asked.push(run.catch(() => undefined));
          return run;
        };
        for (const what of steps) {
          if (what === 'ask') void ask().catch(() => undefined);
          else if (what === 'ask when that ends') {
            const again = () => void ask().catch(() => undefined);
            asked.push(ask().then(again, again));
          } else if (what === 'wait') await Promise.resolve();
          else running[0]?.end(what === 'fail' ? new Error('failed') : undefined);
        }
        let isDone = false;
        const done = flight.settle().then(() => (isDone = true));
        const isOver = () => isDone;
        while (!isOver()) {
          running[0]?.end();
          await Promise.resolve();
        }
        await done;
        expect(seen.most).toBeLessThanOrEqual(1);
      }),
    );
  });
});
