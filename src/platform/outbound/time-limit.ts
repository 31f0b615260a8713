/** Ends work by a signal. */
import { setMaxListeners } from 'node:events';

/**
 * Runs work that is to end after a time, or when it is stopped. The timer and the listener hold the signal: what
 * `AbortSignal.any` makes of `AbortSignal.timeout` is collected as garbage while `fetch` waits (Node 20), and ends nothing then.
 * @param options.stopped ends it sooner
 * @throws what the work throws; `fetch` throws the signal's reason, a TimeoutError where the time was up
 */
export async function runWithin<T>(
  { limitMs, stopped }: { readonly limitMs: number; readonly stopped: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const end = () => controller.abort(stopped.reason);
  // One signal stops all that a server has under way.
  setMaxListeners(0, stopped);
  stopped.addEventListener('abort', end);
  if (stopped.aborted) end();
  const timer = setTimeout(
    () => controller.abort(new DOMException(`not done within ${limitMs / 1000} s`, 'TimeoutError')),
    limitMs,
  );
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    stopped.removeEventListener('abort', end);
  }
}
