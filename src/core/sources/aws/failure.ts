/** What AWS refuses, in words that say what to do. Nothing of a request is repeated: it could hold credentials. */
import { ExpectedError, SourceUnavailableError } from '../../../errors.ts';

const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired']);
/** So AWS also says that an account has not opted into a region. */
const UNKNOWN = new Set([
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'AuthFailure',
  'InvalidAccessKeyId',
]);
const REFUSED = new Set([
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  'IncompleteSignature',
  'MissingAuthenticationToken',
]);
const FORBIDDEN = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'OptInRequired',
]);
const THROTTLED = new Set([
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
]);
const ABOUT_THE_REQUEST =
  /^(?:Validation|InvalidParameter|MissingRequiredParameter|MissingParameter|InvalidFormat)/;
/** Access key ids: AWS repeats them in some messages. */
const KEY_ID = /\b(?:AKIA|ASIA)[A-Z0-9]{8,}\b/g;
const MAX_MESSAGE_LENGTH = 300;

/** @param service as people call it */
export function describeAwsFailure(service: string, error: unknown): Error {
  if (error instanceof ExpectedError) return error;
  return new SourceUnavailableError(`${service}: ${explain(error)}`);
}

/** Whether sending the same request again is of no use, because something in it is wrong. */
export function isAboutTheRequest(error: unknown): boolean {
  return readNames(error).some((name) => ABOUT_THE_REQUEST.test(name));
}

export function isThrottled(error: unknown): boolean {
  return readNames(error).some((name) => THROTTLED.has(name));
}

function explain(error: unknown): string {
  const names = readNames(error);
  const is = (codes: ReadonlySet<string>) => names.some((name) => codes.has(name));
  if (names.includes('CredentialsProviderError')) {
    return 'no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or give the machine a role';
  }
  if (is(EXPIRED)) return 'the credentials have expired: renew them';
  if (is(UNKNOWN)) {
    return 'the credentials were refused: check the access key, and whether the account has this region enabled';
  }
  if (is(REFUSED)) return 'the credentials were refused: check the access key, its secret and the clock';
  if (is(FORBIDDEN)) {
    return 'the credentials may not do this: allow cloudwatch:GetMetricData, cloudwatch:ListMetrics, ec2:DescribeInstances and ec2:DescribeVolumes';
  }
  if (is(THROTTLED)) return 'too many requests (throttled)';
  if (names.includes('AbortError')) return 'the reading was cut short';
  const [name = 'Error'] = names;
  return `${name}: ${readMessage(error)}`;
}

/** Services that spoke Query before name their errors twice: by shape, and by the old code. */
function readNames(error: unknown): readonly string[] {
  if (typeof error !== 'object' || error === null) return [];
  const names: string[] = [];
  for (const field of ['Code', 'name', 'code'] as const) {
    const value: unknown = field in error ? (error as Record<string, unknown>)[field] : undefined;
    if (typeof value === 'string' && value !== '') names.push(value);
  }
  return names;
}

function readMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(KEY_ID, '(access key)').slice(0, MAX_MESSAGE_LENGTH) || 'no reason was given';
}
