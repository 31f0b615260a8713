/** What was started is stopped in reverse. (Node 20 has no AsyncDisposableStack.) */
export interface Teardown {
  /** `stop` runs before everything added earlier. */
  add: (stop: () => Promise<void> | void) => void;
  /** Runs all of them, once; one that fails keeps none of the others from running. @throws AggregateError */
  run: () => Promise<void>;
}

function createTeardown(): Teardown {
  const stops: (() => Promise<void> | void)[] = [];
  const runAll = async () => {
    const failures: unknown[] = [];
    for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) {
      try {
        await stop();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'not everything could be stopped in order');
  };
  let running: Promise<void> | undefined;
  return {
    add: (stop) => void stops.push(stop),
    run: () => (running ??= runAll()),
  };
}

/** Runs `build`; when it throws, what it had started already is stopped again. */
export async function buildOrTearDown<T>(build: (teardown: Teardown) => Promise<T>): Promise<T> {
  const teardown = createTeardown();
  try {
    return await build(teardown);
  } catch (error) {
    await teardown.run();
    throw error;
  }
}
