import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAwsClients } from '../../../../src/core/sources/aws/clients.ts';
import { createDiscover } from '../../../../src/core/sources/aws/discover.ts';
import { KEPT_OPEN } from '../../../helpers/kept-open.ts';

const PAGES = 200;
const dimension = (Name: string, Value: string) => ({ Name, Value });

/** By namespace: pages of metrics, and whether there is one behind every page. */
interface Listed {
  readonly Metrics: readonly object[];
  readonly isEndless?: boolean;
  readonly isRefused?: boolean;
}
let listed: Readonly<Record<string, Listed>> = {};
let asked: string[] = [];

const server = createServer(KEPT_OPEN, (request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    if (request.headers['x-amz-target'] === undefined) {
      const code = '<Code>UnauthorizedOperation</Code><Message>no</Message>';
      response.writeHead(403, { 'content-type': 'text/xml' });
      response.end(`<Response><Errors><Error>${code}</Error></Errors><RequestID>r</RequestID></Response>`);
      return;
    }
    const { Namespace, NextToken = '0' } = JSON.parse(body) as { Namespace: string; NextToken?: string };
    asked.push(Namespace);
    const { Metrics = [], isEndless = false, isRefused = false } = listed[Namespace] ?? {};
    if (isRefused) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded' }));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ Metrics, ...(isEndless && { NextToken: String(Number(NextToken) + 1) }) }));
  });
});

let clients: ReturnType<typeof createAwsClients>;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  clients = createAwsClients({
    endpoint: () => Promise.resolve(`http://127.0.0.1:${port}`),
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
});
afterAll(() => {
  clients.stop();
  server.closeAllConnections();
  server.close();
});

async function discover(given: typeof listed) {
  listed = given;
  asked = [];
  const found = await createDiscover(clients)('us-east-1', AbortSignal.timeout(60_000));
  return { ...found, ids: found.resources.map(({ type, resourceId }) => `${type} ${resourceId}`).toSorted() };
}

const TABLE = { MetricName: 'ReturnedItemCount', Dimensions: [dimension('TableName', 'orders')] };
const QUEUE = { MetricName: 'NumberOfMessagesSent', Dimensions: [dimension('QueueName', 'jobs')] };

describe('What is found by the metrics CloudWatch lists', () => {
  it('is what dimensions name, each once', async () => {
    const { ids, problems, wholeTypes } = await discover({
      'AWS/DynamoDB': {
        Metrics: [
          TABLE,
          { ...TABLE, MetricName: 'ConsumedReadCapacityUnits' },
          { ...TABLE, Dimensions: [...TABLE.Dimensions, dimension('Operation', 'Scan')] },
          { MetricName: 'UserErrors', Dimensions: [] },
          { MetricName: 'UserErrors' },
          { ...TABLE, Dimensions: [dimension('GlobalTable', 'orders')] },
        ],
      },
      'AWS/SQS': { Metrics: [QUEUE] },
    });
    expect(ids).toEqual(['AWS::DynamoDB::Table orders', 'AWS::SQS::Queue jobs']);
    expect(wholeTypes).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(/^EC2: the credentials may not do this/)]);
  });

  it('is listed of every namespace, also where one has more metrics than are looked at', async () => {
    const { ids, problems } = await discover({
      'AWS/DynamoDB': { Metrics: [TABLE], isEndless: true },
      'AWS/SQS': { Metrics: [QUEUE] },
    });
    expect(ids).toEqual(['AWS::DynamoDB::Table orders', 'AWS::SQS::Queue jobs']);
    expect(problems).toContain(
      'CloudWatch: AWS/DynamoDB has more than 100000 metrics, the rest is not looked at',
    );
    expect(asked.filter((namespace) => namespace === 'AWS/DynamoDB')).toHaveLength(PAGES);
  });

  it('is kept where a later namespace cannot be listed', async () => {
    const { ids, problems } = await discover({
      'AWS/DynamoDB': { Metrics: [TABLE] },
      'AWS/SQS': { Metrics: [], isRefused: true },
    });
    expect(ids).toEqual(['AWS::DynamoDB::Table orders']);
    expect(problems).toContain('CloudWatch: too many requests (throttled)');
  });
});
