/** The port of OpenTelemetry's OTLP by gRPC. */
import { OtlpGateway } from '../api/http/otlp/grpc-gateway.ts';
import { formatHost } from '../api/http/format-host.ts';
import { createReadAddress } from '../core/access/client-address.ts';
import type { ForwardedHeader } from '../platform/cluster/forwarded-header.ts';
import type { SendEnvironment } from './app-context.ts';

/**
 * @param options.ownUrl of the HTTP port: before that listens, and while this server waits for another one, requests are to be sent again
 * @returns the address; null when it is switched off
 */
export async function listenOtlpGrpc(
  options: SendEnvironment & {
    readonly ownUrl: () => string | null;
    readonly header: Pick<ForwardedHeader, 'write'>;
  },
): Promise<string | null> {
  const { config, teardown } = options;
  const { host, otlpGrpcPort: port } = config;
  if (port === null) return null;
  const gateway = new OtlpGateway({
    ...options,
    host,
    port,
    readAddress: createReadAddress(config.trustedProxies),
  });
  const taken = await gateway.start();
  teardown.add(() => gateway.stop());
  return `http://${formatHost(host)}:${taken.port}`;
}
