/**
 * Subscribers behind go on a few at a time, between whatever else there is to do: sockets take megabytes at once, so
 * a thousand of them would keep everybody else waiting until all have caught up.
 */

/** Events in one turn of the event loop, of some tens of microseconds each. */
const MAX_PER_SLICE = 64;

/** @returns what resolves when it is one's turn */
export function createReplayPace(): () => Promise<void> {
  let waiting: (() => void)[] = [];
  let left = MAX_PER_SLICE;
  let isScheduled = false;
  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      const going = waiting.slice(0, MAX_PER_SLICE);
      waiting = waiting.slice(MAX_PER_SLICE);
      left = MAX_PER_SLICE - going.length;
      if (going.length > 0) schedule();
      for (const go of going) go();
    });
  };
  return () => {
    schedule();
    if (left === 0) return new Promise((resolve) => waiting.push(resolve));
    left -= 1;
    return Promise.resolve();
  };
}
