/**
 * An imitation of AWS over HTTP, played from a script: CloudWatch's GetMetricData and ListMetrics as AWS JSON 1.0, EC2's
 * DescribeInstances and DescribeVolumes as Query and XML. It keeps what it was asked, and fails when it is told to.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KEPT_OPEN } from '../../../helpers/kept-open.ts';
import { answerEc2 } from './ec2-answers.ts';
import { answerGetMetricData, answerListMetrics } from './cloudwatch-answers.ts';
import type { Fault, Script } from './script.ts';

export interface AwsImitation extends AsyncDisposable {
  readonly url: string;
  /** Every call so far, the failed ones too. */
  readonly calls: { readonly operation: string; readonly region: string; readonly body: string }[];
}

export async function startAwsImitation(script: Script): Promise<AwsImitation> {
  const calls: { operation: string; region: string; body: string }[] = [];
  const server = createServer(KEPT_OPEN, (request, response) => {
    void handle(request, response);
  });

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request);
    const target = request.headers['x-amz-target'];
    const operation =
      typeof target === 'string'
        ? target.slice(target.indexOf('.') + 1)
        : (new URLSearchParams(body).get('Action') ?? '');
    // Credential=KEY/DATE/REGION/SERVICE/aws4_request
    const region = request.headers.authorization?.split('/')[2] ?? '';
    calls.push({ operation, region, body });
    const fault = script.nextFault?.(operation, region) ?? null;
    if (fault !== null && fault !== 'half page') {
      fail(response, fault, typeof target === 'string');
      return;
    }
    if (typeof target !== 'string') {
      send(response, 200, 'text/xml', answerEc2(script, operation, new URLSearchParams(body), region));
      return;
    }
    const question = JSON.parse(body) as Record<string, unknown>;
    const answer =
      operation === 'GetMetricData'
        ? answerGetMetricData(script, region, question, fault === 'half page')
        : answerListMetrics(script, region, question);
    send(response, 200, 'application/x-amz-json-1.0', JSON.stringify(answer));
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function fail(response: ServerResponse, fault: Exclude<Fault, 'half page'>, isJson: boolean): void {
  if (fault === 'broken connection') {
    response.destroy();
    return;
  }
  const { status, code } = fault;
  if (isJson) {
    response.setHeader('x-amzn-query-error', `${code};${status >= 500 ? 'Receiver' : 'Sender'}`);
    send(
      response,
      status,
      'application/x-amz-json-1.0',
      JSON.stringify({ __type: `com.amazonaws.cloudwatch.v2010_08_01#${code}`, message: `scripted ${code}` }),
    );
    return;
  }
  send(
    response,
    status,
    'text/xml',
    `<Response><Errors><Error><Code>${code}</Code><Message>scripted ${code}</Message></Error></Errors><RequestID>r</RequestID></Response>`,
  );
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'x-amzn-requestid': 'r' }).end(body);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
