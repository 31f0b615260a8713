/**
 * Subscribers behind go on a few at a time, between whatever else there is to do: sockets take megabytes at once, so
 * a thousand of them would keep everybody else waiting until all have caught up.
 */

/** Of some tens of microseconds each. */
const MOST_AT_ONCE = 64;

/** @returns what resolves when it is one's turn */
export function createReplayPace(): () => Promise<void> {
  let waiting: (() => void)[] = [];
  let isScheduled = false;
  const letSomeGo = () => {
    const going = waiting.slice(0, MOST_AT_ONCE);
    waiting = waiting.slice(MOST_AT_ONCE);
    isScheduled = waiting.length > 0;
    if (isScheduled) setImmediate(letSomeGo);
    for (const go of going) go();
  };
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (isScheduled) return;
      isScheduled = true;
      setImmediate(letSomeGo);
    });
}
