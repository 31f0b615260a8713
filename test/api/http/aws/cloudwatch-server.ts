/** The service on a real port, for tests: `await using server = await startCloudwatch()`. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createCloudwatch,
  type Cloudwatch,
  type CloudwatchOptions,
} from '../../../../src/core/cloudwatch-service/service.ts';
import { createCloudwatchHandler } from '../../../../src/api/http/aws/endpoint.ts';
import { createLog } from '../../../../src/log.ts';
import { createSeal } from '../../../../src/platform/outbound/sealed-secret.ts';
import { createStats, type Stats } from '../../../../src/platform/telemetry/metrics.ts';
import { withDatabase, type TestDatabase } from '../../../helpers/database.ts';
import { KEPT_OPEN } from '../../../helpers/kept-open.ts';

export interface CloudwatchServer extends AsyncDisposable {
  /** Ends with /aws. */
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly cloudwatch: Cloudwatch;
  readonly stats: Stats;
  readonly database: TestDatabase;
}

export async function startCloudwatch(
  options: Partial<CloudwatchOptions> & { readonly acceptAnySignature?: boolean } = {},
): Promise<CloudwatchServer> {
  const database = await withDatabase();
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: randomBytes(20).toString('hex') };
  const log = createLog('silent');
  const now = options.now ?? (() => new Date());
  const stats = createStats();
  const cloudwatch = await createCloudwatch({
    pool: database.pool,
    prisma: database.prisma,
    log,
    stats,
    now,
    seal: createSeal(randomBytes(32)),
    firstKey: credentials,
    ...options,
  });
  const handler = createCloudwatchHandler({
    cloudwatch,
    log,
    now,
    acceptAnySignature: options.acceptAnySignature ?? false,
  });
  const server = createServer(KEPT_OPEN, (request, response) => void handler(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a listening TCP server has one
  return {
    endpoint: `http://127.0.0.1:${port}/aws`,
    credentials,
    cloudwatch,
    stats,
    database,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await cloudwatch.stop();
      await database[Symbol.asyncDispose]();
    },
  };
}
