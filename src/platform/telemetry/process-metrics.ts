/** What the process costs, under the names every Prometheus client library gives them. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Family } from './family.ts';

export interface ProcessWatch {
  /** What the process costs now. The delay is the largest since the last reading. */
  read(): readonly Family[];
  stop(): void;
}

/** Each sample wakes the process: a quiet server should sleep. A delay is seen but for as much of it. */
const DELAY_RESOLUTION_MS = 100;

export function createProcessWatch(startedAt: Date): ProcessWatch {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  const one = (kind: Family['kind'], name: string, help: string, value: number): Family => ({
    name,
    kind,
    help,
    samples: [{ labels: {}, value }],
  });
  return {
    read: () => {
      const { user, system } = process.cpuUsage();
      const memory = process.memoryUsage();
      // Nanoseconds between two firings of a timer, 0 while nothing was measured yet: the wait asked for is not a delay.
      const worstDelaySeconds = Math.max(0, delay.max / 1e9 - DELAY_RESOLUTION_MS / 1e3);
      delay.reset();
      return [
        one('counter', 'process_cpu_seconds_total', 'CPU time used.', (user + system) / 1e6),
        one('gauge', 'process_resident_memory_bytes', 'Memory in RAM.', memory.rss),
        one(
          'gauge',
          'process_start_time_seconds',
          'When it was started, since 1970.',
          startedAt.getTime() / 1000,
        ),
        one('gauge', 'nodejs_heap_size_used_bytes', 'Memory of live objects.', memory.heapUsed),
        one(
          'gauge',
          'lapwing_event_loop_delay_seconds',
          'Longest wait of a timer since the last scrape. Above a second, every request waits.',
          worstDelaySeconds,
        ),
      ];
    },
    stop: () => delay.disable(),
  };
}
