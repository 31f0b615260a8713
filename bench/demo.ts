/**
 * `npm run demo`: a server of its own with a fortnight of a small shop's metrics, pushed through the API and scored
 * while you look, then live with something going wrong every few minutes. Its data are thrown away at the end.
 *
 *   --port N     where to listen; 4000 when left out, 0 for any free port
 *   --fleet N    that many calm metrics more, to see a large wall
 */
import { parseArgs } from 'node:util';
import { goLive } from './demo-live.ts';
import { DEMO_SERIES } from './demo-series.ts';
import { startDemo } from './demo-server.ts';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '4000' }, fleet: { type: 'string', default: '0' } },
});
const ended = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
});
const tell = (line: string) => console.log(line);
const demo = await startDemo({ port: values.port, fleet: Number(values.fleet) });
try {
  tell(`Open ${demo.address}?window=WEEKS and watch a fortnight come in.`);
  const endMs = await demo.fill(tell);
  for (const { name, story } of DEMO_SERIES) if (story !== null) tell(`  ${name}: ${story}`);
  tell('Live from now on; Ctrl-C ends it and throws the data away.');
  await goLive(demo.api, demo.series, { endMs, until: ended, tell });
} finally {
  await demo.stop();
}
