import { expect, it } from 'vitest';
import { FAULTS, type Fault } from './faults.ts';
import { NOTHING_WRONG } from './judge.ts';
import { runFaults } from './run-faults.ts';

// Backends are found in /proc.
const NEEDS_LINUX = ['kill-backend'];
const names = [
  'kill-server',
  'kill-postmaster',
  'kill-backend',
  'connections-reset',
  'bytes-sliced',
  'clock-jumps',
].filter((name) => process.platform === 'linux' || !NEEDS_LINUX.includes(name));

it(
  'a server that is broken in every way loses nothing it acknowledged, doubles nothing, and gives every score again',
  { timeout: 180_000 },
  async () => {
    // One after the other on one server; `npm run bench:faults` gives as many of each as one likes.
    const faults = names.map((name) => FAULTS[name]);
    const fault: Fault = async (patient) => {
      await faults.shift()?.(patient);
    };
    const report = await runFaults({ fault, cycles: names.length, pick: () => 0.4 });
    expect(report.acknowledged).toBeGreaterThan(0);
    expect(report.logged).toBeGreaterThan(0);
    expect(report.packed).toBeGreaterThan(0);
    expect(report).toMatchObject({
      ...NOTHING_WRONG,
      deaths: 0,
      leaks: 0,
      strangeAnswers: [],
    });
  },
);
