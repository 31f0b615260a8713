/** The StatsD port, for UDP and TCP. */
import { StatsdListener } from '../core/ingest/statsd/listener.ts';
import type { Engine } from './build-core.ts';
import { formatHost } from '../api/http/format-host.ts';
import type { SendEnvironment } from './app-context.ts';
import { chooseKeylessHost } from './listen-graphite.ts';

/** @returns the address; null when it is switched off */
export async function listenStatsd(
  options: SendEnvironment & { readonly engine: Engine },
): Promise<string | null> {
  const { config, log, engine, teardown } = options;
  if (config.statsdPort === null) return null;
  const { accept, stats } = engine;
  const listener = new StatsdListener({
    host: chooseKeylessHost(options, 'StatsD'),
    port: config.statsdPort,
    accept: (points) => accept.acceptNamed(points),
    flushMs: config.statsdFlushSeconds * 1000,
    log,
    stats,
  });
  const address = await listener.start();
  teardown.add(() => listener.stop());
  return `udp://${formatHost(address.host)}:${address.port}`;
}
