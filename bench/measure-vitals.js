/** Loaded into the server under measure: every second a line of what must not grow goes to a file. */
import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { setInterval } from 'node:timers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');
let warnings = 0;
process.on('warning', ({ name }) => {
  if (name === 'MaxListenersExceededWarning') warnings += 1;
});

function count(resources, isCounted) {
  return resources.filter(isCounted).length;
}

setInterval(() => {
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  const vitals = {
    seconds: process.uptime(),
    residentMb: rss / 1048576,
    usedMb: (heapUsed + external) / 1048576,
    timers: count(resources, (name) => name === 'Timeout' || name === 'Immediate'),
    handles: count(resources, (name) => name !== 'Timeout' && name !== 'Immediate'),
    listeners: listeners + warnings,
  };
  appendFileSync(process.env.BENCH_VITALS_FILE, `${JSON.stringify(vitals)}\n`);
}, Number(process.env.BENCH_VITALS_MS)).unref();
