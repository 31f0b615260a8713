/**
 * The wire of the CloudWatch service: AWS JSON 1.0, AWS Query and Smithy RPC v2 CBOR, distinguished by the marks of the
 * protocol (path, x-amz-target), not by the credential's scope, which old clients fill with odd things.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cloudwatch } from '../../../core/cloudwatch-service/service.ts';
import { CloudwatchError } from '../../../core/cloudwatch-service/model/cloudwatch-error.ts';
import type { ServiceName } from '../../../core/cloudwatch-service/operations.ts';
import type { Caller } from '../../../core/cloudwatch-service/model/operation.ts';
import { RawAnswer } from '../../../core/cloudwatch-service/model/raw-answer.ts';
import type { Log } from '../../../log.ts';
import { nextParseSlot, PIECE_BYTES } from '../../../platform/bounded-input/parse-slot.ts';
import type { RequestMonitor } from '../../../platform/telemetry/request-monitor.ts';
import { ClientGoneError } from '../read-body.ts';
import { decodeBody, readAwsBody } from './body.ts';
import { cborProtocol } from './cbor.ts';
import { ec2Protocol, isEc2Request } from './ec2-query.ts';
import { jsonProtocol } from './json.ts';
import { SERVICE_SHAPE_ID, type AwsAnswer, type AwsProtocol, type AwsRequest } from './protocol.ts';
import { isStsRequest, queryProtocol, stsProtocol } from './query.ts';
import { checkSignature, readCredential } from './signature-v4.ts';

export interface CloudwatchHandlerOptions {
  readonly cloudwatch: Cloudwatch;
  readonly log: Log;
  readonly now: () => Date;
  /**
   * For development: any signature, or none, is taken for the first account's. Only for requests that come from this
   * machine to its loopback address; others are checked as ever.
   */
  readonly acceptAnySignature: boolean;
  /** Gets which operation a request is, and why it failed. */
  readonly monitor?: Pick<RequestMonitor, 'of'>;
}

/** Answers every request itself, errors too. Mount it before anything that reads bodies: raw bytes are signed. */
export function createCloudwatchHandler(
  options: CloudwatchHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const requestId = randomUUID();
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const head = {
      method: request.method ?? 'GET',
      path: mark < 0 ? url : url.slice(0, mark),
      queryString: mark < 0 ? '' : url.slice(mark + 1),
      headers: request.headers,
      rawHeaders: request.rawHeaders,
    };
    let protocol = chooseProtocol(head);
    let answer: AwsAnswer;
    try {
      const body = await readAwsBody(request, options.cloudwatch.limits.bodyBytes);
      const whole = { ...head, body };
      if (protocol === queryProtocol) protocol = chooseQueryProtocol(whole);
      answer = await answerRequest(options, protocol, whole, request, requestId);
    } catch (error) {
      const failure = explain(error, options.log, requestId);
      options.monitor?.of(request)?.fail(failure.code);
      answer = protocol.encodeError(failure, requestId);
    }
    send(request, response, answer);
  };
}

const CBOR_PATH = new RegExp(`/service/${SERVICE_SHAPE_ID}/operation/[A-Za-z]+$`);

function chooseProtocol({ path, headers }: Pick<AwsRequest, 'path' | 'headers'>): AwsProtocol {
  if (CBOR_PATH.test(path)) return cborProtocol;
  return headers['x-amz-target'] === undefined ? queryProtocol : jsonProtocol;
}

/** AWS Query is spoken by several services, which their versions distinguish. */
function chooseQueryProtocol(request: AwsRequest): AwsProtocol {
  if (isEc2Request(request)) return ec2Protocol;
  return isStsRequest(request) ? stsProtocol : queryProtocol;
}

const SERVICES: ReadonlyMap<AwsProtocol, ServiceName> = new Map([
  [ec2Protocol, 'ec2'],
  [stsProtocol, 'sts'],
]);

async function answerRequest(
  options: CloudwatchHandlerOptions,
  protocol: AwsProtocol,
  request: AwsRequest,
  incoming: IncomingMessage,
  requestId: string,
): Promise<AwsAnswer> {
  const { cloudwatch } = options;
  const { socket } = incoming;
  const local = isLoopback(socket.remoteAddress) && isLoopback(socket.localAddress);
  const open = options.acceptAnySignature && local;
  if (open) refusePages(request);
  const caller = open ? await trust(cloudwatch, request) : await identify(options, request);
  const encoding = request.headers['content-encoding'];
  const body = await decodeBody(request.body, encoding, cloudwatch.limits.inflatedBytes);
  if (body.length > PIECE_BYTES) await nextParseSlot();
  const { operation, read } = protocol.decode(request, body);
  const found = cloudwatch.find(operation, SERVICES.get(protocol) ?? 'cloudwatch');
  options.monitor?.of(incoming)?.setRoute(`${request.method}:/aws/${operation}`);
  const output = await cloudwatch.run(found, read(found.input), caller);
  if (output instanceof RawAnswer) {
    const headers = { 'content-type': output.contentType, 'x-amzn-requestid': requestId };
    return { status: 200, headers, body: output.body };
  }
  return protocol.encode(operation, found.output, output, requestId);
}

interface RegionalCaller extends Caller {
  readonly region: string;
}

async function identify(
  { cloudwatch, now }: CloudwatchHandlerOptions,
  request: AwsRequest,
): Promise<RegionalCaller> {
  const credential = readCredential(request);
  const key = await cloudwatch.accounts.find(credential.accessKeyId);
  if (key === null) {
    throw new CloudwatchError(
      'InvalidClientTokenId',
      'The security token included in the request is invalid.',
    );
  }
  checkSignature(request, credential, key.secretAccessKey, now());
  return { accountId: key.accountId, accessKeyId: key.accessKeyId, region: credential.region };
}

/**
 * Where no signature is checked, a page of any site could write through the browser of anyone who opens it: browsers say
 * where a request comes from, clients of AWS do not.
 */
function refusePages({ headers }: AwsRequest): void {
  const site = headers['sec-fetch-site'];
  const isOfPage = headers.origin !== undefined || (site !== undefined && site !== 'none');
  if (!isOfPage || headers.authorization !== undefined) return;
  throw new CloudwatchError('MissingAuthenticationToken', 'Requests of web pages have to be signed.');
}

/** The key named is believed; an unknown one, or none, acts for the first account. */
async function trust(cloudwatch: Cloudwatch, request: AwsRequest): Promise<RegionalCaller> {
  const signed = request.headers.authorization !== undefined ? readCredential(request) : null;
  const key = signed === null ? null : await cloudwatch.accounts.find(signed.accessKeyId);
  return {
    accountId: key?.accountId ?? (await cloudwatch.findFirstAccount()),
    accessKeyId: key?.accessKeyId ?? 'unsigned',
    region: signed?.region ?? 'us-east-1',
  };
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::ffff:)?127\.|^::1$/.test(address);
}

/** What is not expected is our bug: answered with the request's id, and logged in full. */
function explain(error: unknown, log: Log, requestId: string): CloudwatchError {
  if (error instanceof CloudwatchError) return error;
  if (error instanceof ClientGoneError) {
    log.debug({ err: error, requestId }, 'a client went away in the middle of its request');
  } else log.error({ err: error, requestId }, 'a CloudWatch request failed');
  return new CloudwatchError('InternalFailure', `The request failed; its id is ${requestId}.`);
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: AwsAnswer,
): void {
  if (response.destroyed || response.headersSent) return;
  // What is left of a body is read and dropped: were the connection closed instead, the sender would meet a reset in
  // the place of the answer. The limit of the server on a request's time bounds it.
  request.resume();
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
