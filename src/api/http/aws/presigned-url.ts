/**
 * Signature Version 4 in the query string, as presigned URLs have it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html
 */
import { CloudwatchError } from '../../../core/cloudwatch-service/model/cloudwatch-error.ts';

/** What the URL says of its signature, in the forms the Authorization header and x-amz-date have. */
export interface Presigned {
  readonly accessKeyId: string;
  readonly day: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** As it was signed. */
  readonly date: string;
  /** From `date` on. */
  readonly expiresSeconds: number;
}

const SIGNATURE = 'X-Amz-Signature';
const SCOPE = /^([^/\s]{1,128})\/(\d{8})\/([^/\s]{1,64})\/([^/\s]{1,64})\/aws4_request$/;
/** Where the URL does not say: as long as a signature in the header holds. */
const DEFAULT_SECONDS = 900;
/** A week, as on AWS. */
const MAX_SECONDS_LENGTH = 604_800;

/**
 * @returns null when the URL is not signed
 * @throws CloudwatchError IncompleteSignature naming the parameter that does not fit
 */
export function readPresigned(queryString: string): Presigned | null {
  const given = new URLSearchParams(queryString);
  if (!given.has(SIGNATURE)) return null;
  const read = (name: string, form: RegExp): RegExpExecArray => {
    const match = form.exec(given.get(name) ?? '');
    if (match !== null) return match;
    const problem = given.has(name) ? 'cannot be read' : 'is required';
    throw new CloudwatchError('IncompleteSignature', `The query parameter ${name} ${problem}.`);
  };
  read('X-Amz-Algorithm', /^AWS4-HMAC-SHA256$/);
  const [, accessKeyId = '', day = '', region = '', service = ''] = read('X-Amz-Credential', SCOPE);
  const expiresSeconds = given.has('X-Amz-Expires')
    ? Number(read('X-Amz-Expires', /^\d{1,6}$/)[0])
    : DEFAULT_SECONDS;
  if (expiresSeconds < 1 || expiresSeconds > MAX_SECONDS_LENGTH) {
    throw new CloudwatchError(
      'IncompleteSignature',
      `X-Amz-Expires must be 1 to ${MAX_SECONDS_LENGTH} seconds.`,
    );
  }
  return {
    accessKeyId,
    day,
    region,
    service,
    signedHeaders: read('X-Amz-SignedHeaders', /^[a-z0-9\-;]{1,2000}$/)[0].split(';'),
    signature: read(SIGNATURE, /^[0-9a-f]{64}$/)[0],
    date: read('X-Amz-Date', /^\d{8}T\d{6}Z$/)[0],
    expiresSeconds,
  };
}

/** The query string as it was when it was signed. */
export function withoutSignature(queryString: string): string {
  return queryString
    .split('&')
    .filter((pair) => !pair.startsWith(`${SIGNATURE}=`))
    .join('&');
}
