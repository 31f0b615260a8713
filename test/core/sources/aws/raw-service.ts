/** Something at the address of AWS that answers whatever a test wants. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDiscover } from '../../../../src/core/sources/aws/discover.ts';
import { createAwsClients, type AwsAccess } from '../../../../src/core/sources/aws/clients.ts';
import { createReadSeries } from '../../../../src/core/sources/aws/read-series.ts';
import type { Counter } from '../../../../src/platform/telemetry/metrics.ts';
import { KEPT_OPEN } from '../../../helpers/kept-open.ts';

/** @param isCloudwatch whether it is asked of CloudWatch; else of EC2 or STS, whose action stands in the body */
export type RawAnswer = (
  response: ServerResponse,
  asked: { readonly request: IncomingMessage; readonly body: string; readonly isCloudwatch: boolean },
) => void;

export function plainAnswer(status: number, type: string, body: string): RawAnswer {
  return (response) => void response.writeHead(status, { 'content-type': type }).end(body);
}

export const AWS_JSON = 'application/x-amz-json-1.0';
export const ONE_EMPTY_SERIES = plainAnswer(
  200,
  AWS_JSON,
  JSON.stringify({ MetricDataResults: [{ Id: 'm0', StatusCode: 'Complete', Timestamps: [], Values: [] }] }),
);
const QUERY = {
  namespace: 'Shop',
  metric: 'load',
  dimensions: [],
  statistic: 'Average',
  periodSeconds: 300,
};

export interface RawService extends AsyncDisposable {
  readonly url: string;
  answer: RawAnswer;
  /** Since the answer was last set. */
  calls: number;
}

export async function startRawService(answer: RawAnswer): Promise<RawService> {
  const server = createServer(KEPT_OPEN, (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      service.calls += 1;
      service.answer(response, {
        request,
        body,
        isCloudwatch: request.headers['x-amz-target'] !== undefined,
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const service: RawService = {
    url: `http://127.0.0.1:${port}`,
    answer,
    calls: 0,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return service;
}

/** Asks through the SDK, as the server does. */
export function createAsker(access: AwsAccess) {
  const clients = createAwsClients({ maxAttempts: 1, ...access });
  const counts = new Map<Counter, number>();
  const readSeries = createReadSeries({
    client: clients.cloudwatch,
    count: (name, by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by),
  });
  const discover = createDiscover(clients);
  return {
    counts,
    /** What became of one series: its samples, or the message of the failure. */
    readOne: async () => {
      const window = { fromMs: 0, toMs: 300_000 };
      const [answer] = await readSeries('us-west-2', [QUERY], window, new AbortController().signal);
      return answer instanceof Error ? answer.message : answer;
    },
    discover: () => discover('us-west-2', new AbortController().signal),
    stop: () => clients.stop(),
  };
}
