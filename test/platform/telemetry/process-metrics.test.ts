import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { createProcessWatch } from '../../../src/platform/telemetry/process-metrics.ts';
import { until } from '../../helpers/until.ts';

/** Until another watch that samples no more often has its third sample: reading the one under test starts it anew. */
async function untilSampled(): Promise<void> {
  const other = monitorEventLoopDelay({ resolution: 100 });
  other.enable();
  await until(() => expect(other.count).toBeGreaterThanOrEqual(3));
  other.disable();
}

test('the delay of the event loop is as long as it was held up, without the time between two samples', async () => {
  const watch = createProcessWatch(new Date());
  const readDelay = () =>
    watch.read().find(({ name }) => name === 'lapwing_event_loop_delay_seconds')?.samples[0]?.value;
  expect(readDelay()).toBe(0);
  await untilSampled();
  const beganMs = performance.now();
  while (performance.now() < beganMs + 500);
  const heldUpSeconds = (performance.now() - beganMs) / 1000;
  await untilSampled();
  // The hold-up may have begun as late as a sample was to come.
  expect(readDelay()).toBeGreaterThanOrEqual(heldUpSeconds - 0.11);
  expect(readDelay()).toBe(0);
  watch.stop();
});
