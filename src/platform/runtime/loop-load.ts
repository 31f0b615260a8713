/** How busy the event loop is. https://nodejs.org/api/perf_hooks.html#performanceeventlooputilizationutilization1-utilization2 */
import { performance } from 'node:perf_hooks';

/** @returns a function that gives the share of the time since its last call in which the loop worked, from 0 to 1 */
export function createLoopLoad(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
