/** When packing gives way to all else, and for how long. */
import { describe, expect, it } from 'vitest';
import { createBusyTest, PackingStoppedError, Throttle } from '../../../src/core/packing/throttle.ts';

describe('whether others are busy', () => {
  it.each([
    ['nothing waits and the event loop is idle', 0, 0, false],
    ['packing alone takes most of the event loop', 0, 0.6, false],
    ['the event loop is busy between two batches', 0, 0.61, true],
    ['points wait while the event loop is idle', 1, 0, true],
    ['points wait and the event loop is busy', 4096, 1, true],
  ])('is known when %s', (_, waiting, load, busy) => {
    expect(createBusyTest({ countWaiting: () => waiting, readLoad: () => load })()).toBe(busy);
  });

  it('asks for the load while points wait, too: the next answer is about the time since', () => {
    let asked = 0;
    const readLoad = () => {
      asked += 1;
      return 1;
    };
    const isBusy = createBusyTest({ countWaiting: () => 1, readLoad });
    isBusy();
    isBusy();
    expect(asked).toBe(2);
  });

  it('measures the event loop of this process', () => {
    const isBusy = createBusyTest({ countWaiting: () => 0 });
    isBusy();
    // Nothing is idle until this function returns.
    const endMs = performance.now() + 5;
    while (performance.now() < endMs);
    expect(isBusy()).toBe(true);
  });
});

describe('the throttle', () => {
  it('rests as long as it worked, and nineteen times as long while others are busy', () => {
    let busy = false;
    const throttle = new Throttle(() => busy);
    expect(throttle.chooseRestMs(20)).toBe(20);
    busy = true;
    expect(throttle.chooseRestMs(20)).toBe(380);
    busy = false;
    expect(throttle.chooseRestMs(20)).toBe(20);
  });

  it('rests as it is asked to, busy or not', () => {
    expect(new Throttle(() => true, 0).chooseRestMs(20)).toBe(0);
    expect(new Throttle(() => false, 4).chooseRestMs(20)).toBe(80);
  });

  it('lets others have the event loop when it does not rest', async () => {
    const throttle = new Throttle(() => false, 0);
    throttle.begin();
    let others = 0;
    setImmediate(() => (others += 1));
    await throttle.rest();
    expect(others).toBe(1);
  });

  it('ends a rest when it is stopped, and lets no further piece begin', async () => {
    const throttle = new Throttle(() => false, 1e5);
    throttle.begin();
    const resting = throttle.rest();
    throttle.stop();
    await expect(resting).rejects.toThrow(PackingStoppedError);
    await expect(throttle.rest()).rejects.toThrow(PackingStoppedError);
    await throttle.wait(1e9);
    expect(throttle.isStopped).toBe(true);
  });
});
