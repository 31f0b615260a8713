/** The demo's server: one of its own, on data that are thrown away. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../src/platform/config/read-config.ts';
import { createLog } from '../src/log.ts';
import { type Lapwing, startLapwing } from '../src/app/start-server.ts';
import { createDemoApi, type DemoApi } from './demo-api.ts';
import { pushHistory } from './demo-history.ts';
import { DEMO_SERIES, type DemoSeries, listFleet } from './demo-series.ts';

const HOUR_MS = 3_600_000;

export interface DemoServer {
  /** With a slash at its end. */
  readonly address: string;
  readonly api: DemoApi;
  readonly series: readonly DemoSeries[];
  /** Pushes the fortnight. @returns the time of its newest point, in milliseconds */
  readonly fill: (tell: (line: string) => void) => Promise<number>;
  readonly stop: () => Promise<void>;
}

/**
 * @param options.fleet so many calm metrics beside the shop and the boiler
 * @param options.fleetStepMs time between two points of theirs; an hour when left out, which is soon scored
 * @param options.series others than those of the shop and the boiler
 * @param options.settings LAPWING_ variables over those of the demo
 */
export async function startDemo(options: {
  readonly port: string;
  readonly fleet: number;
  readonly fleetStepMs?: number;
  readonly series?: readonly DemoSeries[];
  readonly settings?: Readonly<Record<string, string>>;
}): Promise<DemoServer> {
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-demo-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  const server = await startServer(options.port, folder, options.settings ?? {}).catch(
    async (error: unknown) => {
      await removeFolder();
      throw error;
    },
  );
  const address = server.addresses.http ?? '';
  const api = createDemoApi(`${address}graphql`);
  const fleet = listFleet(options.fleet, options.fleetStepMs ?? HOUR_MS);
  const series = [...(options.series ?? DEMO_SERIES), ...fleet];
  return {
    address,
    api,
    series,
    fill: async (tell) => {
      await api.makeRule('Anything red');
      // What anybody pushes to try the demo is scored at once.
      await api.makePolicy('Everything pushed');
      return pushHistory(api, series, { tell });
    },
    stop: async () => {
      await server.stop();
      await removeFolder();
    },
  };
}

async function startServer(
  port: string,
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<Lapwing> {
  const config = readConfig({
    LAPWING_PORT: port,
    LAPWING_DATA_DIR: folder,
    LAPWING_GRAPHITE_PORT: '',
    LAPWING_HOST_METRICS: 'off',
    LAPWING_LOG_LEVEL: 'warn',
    ...settings,
  });
  return startLapwing(config, createLog(config.logLevel), {
    onLost: (error) => {
      throw error;
    },
  });
}
