/**
 * Subscribers behind go on a few at a time, between whatever else there is to do: sockets take megabytes at once, so
 * a thousand of them would keep everybody else waiting until all have caught up.
 */

/** Events in one turn of the event loop, of some tens of microseconds each. */
const MAX_A_TURN = 64;

/** @returns what resolves when it is one's turn */
export function createReplayPace(): () => Promise<void> {
  let waiting: (() => void)[] = [];
  let left = MAX_A_TURN;
  let isScheduled = false;
  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      const going = waiting.slice(0, MAX_A_TURN);
      waiting = waiting.slice(MAX_A_TURN);
      left = MAX_A_TURN - going.length;
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
