/** The StatsD port, for UDP and TCP. */
import { isLoopback } from '../core/access/loopback.ts';
import { StatsdListener } from '../core/ingest/statsd/listener.ts';
import type { Engine } from './build-core.ts';
import { formatHost } from '../api/http/format-host.ts';
import type { SendEnvironment } from './app-context.ts';

/** @returns the address; null when it is switched off */
export async function listenStatsd(
  options: SendEnvironment & { readonly engine: Engine },
): Promise<string | null> {
  const { config, log, engine, teardown } = options;
  if (config.statsdPort === null) return null;
  const isHidden = !isLoopback(config.host) && !config.statsdOpen;
  // Its protocol has no credentials: any client that can reach it can push.
  const host = isHidden ? '127.0.0.1' : config.host;
  if (isHidden) log.warn({ host }, 'StatsD listens on loopback only; LAPWING_STATSD_OPEN=on changes that');
  const { accept, stats } = engine;
  const listener = new StatsdListener({
    host,
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
