/**
 * `npm run demo`: a server of its own with a fortnight of a small shop's metrics, pushed through the API and scored
 * while you look, then live with something going wrong every few minutes. Its data are thrown away at the end.
 *
 *   --port N     where to listen; 4000 when left out, 0 for any free port
 *   --fleet N    that many calm metrics more, to see a large wall
 *   --once       end when the history is in, without the live part
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '../src/config.ts';
import { createLog } from '../src/log.ts';
import { startLapwing } from '../src/server.ts';
import { createDemoApi } from './demo-api.ts';
import { pushHistory } from './demo-history.ts';
import { goLive } from './demo-live.ts';
import { DEMO_SERIES, listFleet } from './demo-series.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4000' },
    fleet: { type: 'string', default: '0' },
    once: { type: 'boolean', default: false },
  },
});

const folder = await mkdtemp(join(tmpdir(), 'lapwing-demo-'));
const config = readConfig({
  LAPWING_PORT: values.port,
  LAPWING_DATA_DIR: folder,
  LAPWING_GRAPHITE_PORT: '',
  LAPWING_HOST_METRICS: 'off',
  LAPWING_LOG_LEVEL: 'warn',
});
const ended = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
});
const server = await startLapwing(config, createLog(config.logLevel), {
  onLost: (error) => {
    throw error;
  },
});
try {
  const address = server.addresses.http ?? '';
  console.log(`Open ${address}?window=WEEKS and watch a fortnight come in.`);
  const api = createDemoApi(`${address}graphql`);
  await api.makeRule('Anything red');
  const series = [...DEMO_SERIES, ...listFleet(Number(values.fleet))];
  const endMs = await pushHistory(api, series, { tell: (line) => console.log(line) });
  for (const { name, story } of DEMO_SERIES) if (story !== null) console.log(`  ${name}: ${story}`);
  if (!values.once) {
    console.log('Live from now on; Ctrl-C ends it and throws the data away.');
    await goLive(api, series, { endMs, until: ended, tell: (line) => console.log(line) });
  }
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
