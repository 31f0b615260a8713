/** The HTTP port of a server that can do everything. */
import { formatHost } from '../api/http/format-host.ts';
import { HttpServer } from '../api/http/server.ts';
import type { RunLocally } from '../api/graphql/server/run-locally.ts';
import { buildHttpApp, type HttpOptions } from './build-http-app.ts';
import type { ClusterServer } from './cluster/cluster-server.ts';

export interface HttpListener {
  /** Without a slash at its end. */
  readonly address: string;
  readonly runConfiguration: RunLocally;
}

/** @param options.cluster whose port it takes over, where it may have answered as a replica before; null for a port of its own */
export async function listenHttp(
  options: Omit<HttpOptions, 'forwarding'> & { readonly cluster: ClusterServer | null },
): Promise<HttpListener> {
  const { config, log, cluster, engine, teardown } = options;
  const { app, runConfiguration } = await buildHttpApp({ ...options, forwarding: null });
  if (cluster !== null) {
    const address = await cluster.lead(app);
    teardown.add(() => cluster.leave());
    return { address, runConfiguration };
  }
  const server = new HttpServer({ host: config.host, port: config.port, ...app, log, stats: engine.stats });
  const port = await server.start();
  teardown.add(() => server.stop());
  return { address: `http://${formatHost(config.host)}:${port}`, runConfiguration };
}
