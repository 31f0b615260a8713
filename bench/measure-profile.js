/** Loaded into the server under measure: SIGUSR2 begins a CPU profile, and again ends and writes it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import process from 'node:process';

const session = new Session();
session.connect();
let running = false;

process.on('SIGUSR2', () => {
  if (!running) {
    session.post('Profiler.enable');
    session.post('Profiler.start');
  } else {
    session.post('Profiler.stop', (error, result) => {
      if (error) throw error;
      const name = `server-${Date.now()}.cpuprofile`;
      mkdirSync(process.env.BENCH_PROFILE_DIR, { recursive: true });
      writeFileSync(join(process.env.BENCH_PROFILE_DIR, name), JSON.stringify(result.profile));
    });
  }
  running = !running;
});
