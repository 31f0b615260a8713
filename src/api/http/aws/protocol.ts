/** What each AWS protocol must do; one file each implements it. */
import type { IncomingHttpHeaders } from 'node:http';
import type { CloudwatchError } from '../../../core/cloudwatch-service/model/cloudwatch-error.ts';
import type { StructureShape } from '../../../core/cloudwatch-service/model/shape.ts';

/** A request as received, before anything is believed of it. */
export interface AwsRequest {
  readonly method: string;
  /** Path without the query string, as sent. */
  readonly path: string;
  /** What stands behind the question mark, as sent. */
  readonly queryString: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[];
  /** As received, before gunzip: this is what is signed. */
  readonly body: Buffer;
}

export interface AwsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

interface DecodedRequest {
  readonly operation: string;
  /** @throws CloudwatchError MalformedInput when the body is not of this shape */
  readonly read: (input: StructureShape) => unknown;
}

export interface AwsProtocol {
  /** The operation's name and a reader of its input. `body` is gunzipped. */
  decode(request: AwsRequest, body: Buffer): DecodedRequest;
  encode(operation: string, output: StructureShape, value: unknown, requestId: string): AwsAnswer;
  encodeError(error: CloudwatchError, requestId: string): AwsAnswer;
}

/** Who is at fault, as every protocol says it. */
export function nameFault(error: CloudwatchError): 'Sender' | 'Receiver' {
  return error.status < 500 ? 'Sender' : 'Receiver';
}

export const SERVICE_SHAPE_ID = 'GraniteServiceVersion20100801';
/** Prefix of error names in JSON and CBOR answers; clients look at what follows the #. */
export const ERROR_NAMESPACE = 'com.amazonaws.cloudwatch.v2010_08_01';

/** What JSON and CBOR answers carry of an error, beside the body. */
export function headError(error: CloudwatchError, requestId: string): Readonly<Record<string, string>> {
  return { 'x-amzn-requestid': requestId, 'x-amzn-query-error': `${error.wireCode};${nameFault(error)}` };
}
