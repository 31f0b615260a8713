/** The Graphite port, for TCP and UDP, and the one for its pickles. */
import { isLoopback } from '../core/access/loopback.ts';
import type { Engine } from './build-core.ts';
import { formatHost } from '../api/http/format-host.ts';
import { GraphiteDatagrams } from '../core/ingest/graphite/datagrams.ts';
import type { AcceptPoints } from '../core/ingest/graphite/deliver.ts';
import { createGraphiteListener } from '../core/ingest/graphite/listener.ts';
import type { SendEnvironment } from './app-context.ts';

/** @returns the address; null when it is switched off */
export async function listenGraphite(
  options: SendEnvironment & { readonly engine: Engine },
): Promise<string | null> {
  const { config, log, engine, teardown } = options;
  if (config.graphitePort === null) return null;
  const { port, orAnyFree } = config.graphitePort;
  const { accept, stats } = engine;
  const host = chooseKeylessHost(options, 'Graphite');
  const listen = async (wanted: number) => {
    const parts = { accept: (points: Parameters<AcceptPoints>[0]) => accept.acceptNamed(points), log, stats };
    const listener = createGraphiteListener({ ...parts, host, port: wanted });
    const address = await listener.start();
    teardown.add(() => listener.stop());
    const datagrams = new GraphiteDatagrams(parts);
    teardown.add(() => datagrams.stop());
    // TCP is what most senders speak: a port that something else has for UDP does not end the start.
    await datagrams.start(address.host, address.port).catch((error: unknown) => {
      log.warn({ err: error, port: address.port }, 'Graphite listens for TCP alone: UDP could not be had');
    });
    return `tcp://${formatHost(address.host)}:${address.port}`;
  };
  try {
    return await listen(port);
  } catch (error) {
    if (!orAnyFree || !isTaken(error)) throw error;
    log.warn({ port }, 'the default Graphite port is taken; listening on another');
    return listen(0);
  }
}

/** @returns the address; null when it is switched off */
export async function listenPickle(
  options: SendEnvironment & { readonly engine: Engine },
): Promise<string | null> {
  const { config, log, engine, teardown } = options;
  if (config.graphitePicklePort === null) return null;
  const listener = createGraphiteListener({
    accept: (points) => engine.accept.acceptNamed(points),
    format: 'pickle',
    host: chooseKeylessHost(options, 'Graphite'),
    port: config.graphitePicklePort,
    log,
    stats: engine.stats,
  });
  const address = await listener.start();
  teardown.add(() => listener.stop());
  return `tcp://${formatHost(address.host)}:${address.port}`;
}

/** Protocols without credentials: any client that can reach their port can push. */
export type KeylessProtocol = 'Graphite' | 'StatsD';

/** Each is opened by a setting of its own. */
export function chooseKeylessHost(
  { config, log }: Pick<SendEnvironment, 'config' | 'log'>,
  protocol: KeylessProtocol,
): string {
  const isOpen = protocol === 'Graphite' ? config.graphiteOpen : config.statsdOpen;
  if (isLoopback(config.host) || isOpen) return config.host;
  const host = '127.0.0.1';
  const setting = `LAPWING_${protocol.toUpperCase()}_OPEN`;
  log.warn({ host }, `${protocol} listens on loopback only; ${setting}=on changes that`);
  return host;
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
