/**
 * `npm run demo`: a server of its own with a fortnight of a small shop's metrics, pushed through the API and scored
 * while you look, then live with something going wrong every few minutes. Its data are thrown away at the end.
 *
 *   --port N     where to listen; LAPWING_PORT when left out, or 4000; 0 for any free port
 *   --fleet N    that many calm metrics more, to see a large wall
 */
import { parseArgs } from 'node:util';
import { explainFailure } from '../src/cli/explain-failure.ts';
import { goLive } from './demo-live.ts';
import { DEMO_SERIES } from './demo-series.ts';
import { startDemo } from './demo-server.ts';

async function runDemo(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: process.env.LAPWING_PORT ?? '4000' },
      fleet: { type: 'string', default: '0' },
    },
  });
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const print = (line: string) => console.log(line);
  const demo = await startDemo({ port: values.port, fleet: Number(values.fleet) });
  try {
    print(`Open ${demo.address}?window=WEEKS and watch a fortnight come in.`);
    const endMs = await demo.fill(print);
    for (const { name, story } of DEMO_SERIES) if (story !== null) print(`  ${name}: ${story}`);
    print('Live from now on; Ctrl-C ends it and throws the data away.');
    await goLive(demo.api, demo.series, { endMs, until: ended, tell: print });
  } finally {
    await demo.stop();
  }
}

try {
  await runDemo();
} catch (error) {
  console.error(`demo: ${explainFailure(error)}`);
  process.exitCode = 1;
}
