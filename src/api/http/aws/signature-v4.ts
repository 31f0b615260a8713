/**
 * Signature Version 4, checked over the bytes as received.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 *
 * There is no memory of signatures seen: an honest retry within a second carries the same one. Like AWS', a captured
 * request can be repeated for 15 minutes; TLS in front is what keeps it from being captured.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { CloudwatchError } from '../../../core/cloudwatch-service/model/cloudwatch-error.ts';
import { readPresigned, withoutSignature } from './presigned-url.ts';
import type { AwsRequest } from './protocol.ts';

interface SignedBy {
  readonly accessKeyId: string;
  readonly region: string;
}

/** What the Authorization header says, or a presigned URL. */
export interface Credential extends SignedBy {
  /** YYYYMMDD */
  readonly day: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** Presigned URLs only: when it was signed, and for how long it holds from then on. */
  readonly date?: string;
  readonly expiresSeconds?: number;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]{1,128})\/(\d{8})\/([^/,\s]{1,64})\/([^/,\s]{1,64})\/aws4_request,\s*SignedHeaders=([a-z0-9\-;]{1,2000}),\s*Signature=([0-9a-f]{64})\s*$/;
/** Of the parameters of a request by AWS Query, as euca2ools and the first tools of AWS sign. */
const VERSION_2 = /(?:^|&)SignatureVersion=[0-2](?:&|$)/;
const REFUSED_VERSION = 'SignatureVersion must be 4: sign by AWS4-HMAC-SHA256, as current AWS clients do.';
const AMZ_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const WINDOW_MS = 15 * 60_000;
/** A signature that leaves one of these out, where present, would let a stranger change what is asked. */
const MUST_BE_SIGNED = ['x-amz-target', 'x-amz-date', 'x-amz-security-token'];

/** @throws CloudwatchError when there is no signature, or none that can be read */
export function readCredential(request: AwsRequest): Credential {
  const header = request.headers.authorization;
  if (header === undefined) {
    const presigned = readPresigned(request.queryString);
    if (presigned !== null) return presigned;
    const isOlder = VERSION_2.test(request.queryString) || VERSION_2.test(request.body.toString('latin1'));
    if (isOlder) throw new CloudwatchError('IncompleteSignature', REFUSED_VERSION);
    throw new CloudwatchError('MissingAuthenticationToken', 'Request is missing Authentication Token');
  }
  const match = AUTHORIZATION.exec(header);
  if (match === null) {
    throw new CloudwatchError(
      'IncompleteSignature',
      'Authorization header requires AWS4-HMAC-SHA256 with Credential, SignedHeaders and Signature.',
    );
  }
  const [, accessKeyId = '', day = '', region = '', service = '', headers = '', signature = ''] = match;
  return { accessKeyId, day, region, service, signedHeaders: headers.split(';'), signature };
}

/** @throws CloudwatchError SignatureDoesNotMatch or IncompleteSignature, saying which part does not fit */
export function checkSignature(
  request: AwsRequest,
  credential: Credential,
  secretAccessKey: string,
  now: Date,
): void {
  const headers = collectHeaders(request.rawHeaders);
  const date = readDate(headers, credential, now);
  for (const name of ['host', ...MUST_BE_SIGNED.filter((one) => headers.has(one))]) {
    if (!credential.signedHeaders.includes(name)) {
      throw new CloudwatchError('SignatureDoesNotMatch', `The header ${name} must be signed.`);
    }
  }
  const bodyHash = createHash('sha256').update(request.body).digest('hex');
  const claimed = headers.get('x-amz-content-sha256');
  if (claimed !== undefined && claimed !== bodyHash) {
    throw new CloudwatchError('SignatureDoesNotMatch', 'x-amz-content-sha256 is not the hash of the body.');
  }
  const scope = `${credential.day}/${credential.region}/${credential.service}/aws4_request`;
  const canonical = writeCanonicalRequest(request, credential.signedHeaders, headers, bodyHash);
  const text = ['AWS4-HMAC-SHA256', date, scope, hash(canonical)].join('\n');
  const expected = sign(deriveKey(secretAccessKey, credential), text);
  if (!timingSafeEqual(expected, Buffer.from(credential.signature, 'hex'))) {
    throw new CloudwatchError(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. ' +
        'Check your AWS Secret Access Key and signing method. ' +
        `It was calculated for the host ${headers.get('host') ?? ''} and the path ${request.path}: a proxy has to pass both on as they were signed.`,
    );
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function sign(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function deriveKey(secret: string, { day, region, service }: Credential): Buffer {
  return [region, service, 'aws4_request'].reduce(sign, sign(`AWS4${secret}`, day));
}

/** Names in small letters; values trimmed, runs of blanks made one, repeated headers joined by commas. */
function collectHeaders(raw: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    const value = (raw[i + 1] ?? '').trim().replaceAll(/\s+/g, ' ');
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return headers;
}

/** @returns the time as it was signed */
function readDate(headers: ReadonlyMap<string, string>, credential: Credential, now: Date): string {
  const date = credential.date ?? headers.get('x-amz-date');
  if (date === undefined) {
    throw new CloudwatchError('IncompleteSignature', 'The header x-amz-date is required.');
  }
  const time = Date.parse(date.replace(AMZ_DATE, '$1-$2-$3T$4:$5:$6Z'));
  if (!AMZ_DATE.test(date) || Number.isNaN(time)) {
    throw new CloudwatchError('IncompleteSignature', 'x-amz-date must be YYYYMMDDTHHMMSSZ.');
  }
  if (!date.startsWith(credential.day)) {
    throw new CloudwatchError(
      'SignatureDoesNotMatch',
      'The day of the credential is not that of x-amz-date.',
    );
  }
  const { expiresSeconds } = credential;
  const holdsMs = expiresSeconds === undefined ? WINDOW_MS : expiresSeconds * 1000;
  const ageMs = now.getTime() - time;
  if (ageMs > holdsMs || ageMs < -WINDOW_MS) {
    const problem = ageMs > 0 ? 'Signature expired' : 'Signature not yet current';
    const held = expiresSeconds === undefined ? '15 minutes' : `its ${expiresSeconds} seconds`;
    throw new CloudwatchError('SignatureDoesNotMatch', `${problem}: ${date} is not within ${held} of now.`);
  }
  return date;
}

function writeCanonicalRequest(
  request: AwsRequest,
  signedHeaders: readonly string[],
  headers: ReadonlyMap<string, string>,
  bodyHash: string,
): string {
  const lines = signedHeaders.map((name) => {
    const value = headers.get(name);
    if (value !== undefined) return `${name}:${value}\n`;
    throw new CloudwatchError('SignatureDoesNotMatch', `The signed header ${name} is missing.`);
  });
  return [
    request.method,
    encodePath(request.path),
    encodeQueryString(withoutSignature(request.queryString)),
    lines.join(''),
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n');
}

/** The path as sent is encoded once; what is signed is encoded again, of all services but S3 without empty parts and dots. */
function encodePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(encodeStrictly(part));
  }
  const end = path.endsWith('/') && parts.length > 0 ? '/' : '';
  return `/${parts.join('/')}${end}`;
}

function encodeQueryString(text: string): string {
  if (text === '') return '';
  const pairs = text.split('&').map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [recode(name), recode(value.join('='))] as const;
  });
  return pairs
    .sort(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function recode(text: string): string {
  try {
    return encodeStrictly(decodeURIComponent(text.replaceAll('+', ' ')));
  } catch (error) {
    throw new CloudwatchError('MalformedInput', 'The query string is not encoded correctly.', {
      cause: error,
    });
  }
}

/** RFC 3986: all but letters, digits and -._~ */
function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
