/** What AWS refuses, in words that say what to do. Nothing of a request is repeated: it could hold credentials. */
import { ExpectedError, SourceUnavailableError } from '../../../errors.ts';

const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired']);
/** EC2 says so of expired credentials, and of a clock that is off by more than a quarter of an hour. */
const OUT_OF_TIME = new Set(['RequestExpired', 'RequestTimeTooSkewed', 'RequestInTheFuture']);
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
const FORBIDDEN = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation']);
const NOT_SUBSCRIBED = new Set(['OptInRequired', 'SubscriptionRequiredException']);
/** As the SDK has them: by any of these names it slows down. */
const THROTTLED = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);
const TOO_MANY_REQUESTS = 429;
const ABOUT_THE_REQUEST =
  /^(?:Validation|InvalidParameter|MissingRequiredParameter|MissingParameter|InvalidFormat)/;
/** Access key ids: AWS repeats them in some messages. */
const KEY_ID = /\b(?:AKIA|ASIA)[A-Z0-9]{8,}\b/g;
const MAX_MESSAGE_LENGTH = 300;
const MAX_TYPE_LENGTH = 60;
/** Of what IAM says; the reason stands before the encoded part of some thousand characters. */
const MAX_SEARCHED_LENGTH = 2000;
/** Asked of STS for the credentials, before anything is asked of a service. */
const ASSUME_ROLE = /\bsts:AssumeRole\w*/;
/** Why IAM refuses: which kind of policy, not whose. */
const WHY_FORBIDDEN =
  /\b(?:with an explicit deny in an? [a-z -]+policy|because no [a-z -]+ allows the [\w:-]+ action)/;
/** What the SDK adds for those who debug it. */
const FOR_DEBUGGING = /\s*Deserialization error: to see the raw response[^]*$/;
const CUT_OFF = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE']);

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
  return (
    readNames(error).some((name) => THROTTLED.has(name)) || readAnswer(error)?.status === TOO_MANY_REQUESTS
  );
}

/** Whether other credentials may be taken where these are not. */
export function areCredentialsRefused(error: unknown): boolean {
  const refusals = [EXPIRED, OUT_OF_TIME, UNKNOWN, REFUSED];
  return readNames(error).some((name) => refusals.some((codes) => codes.has(name)));
}

function explain(error: unknown): string {
  const names = readNames(error);
  const is = (codes: ReadonlySet<string>) => names.some((name) => codes.has(name));
  if (names.includes('CredentialsProviderError')) return explainMissing(error);
  if (is(EXPIRED)) return 'the credentials have expired: renew them';
  if (is(OUT_OF_TIME)) {
    return 'the request came too late or too early: check the clock, and whether the credentials have expired';
  }
  if (is(UNKNOWN)) {
    return 'the credentials were refused: check the access key, and whether the account has this region enabled';
  }
  if (is(REFUSED)) return 'the credentials were refused: check the access key, its secret and the clock';
  if (is(FORBIDDEN)) return explainForbidden(error);
  if (is(NOT_SUBSCRIBED)) {
    return 'the account may not use this service: check that the account is active and has this region enabled';
  }
  if (isThrottled(error)) return 'too many requests (throttled)';
  if (names.includes('AbortError')) return 'the reading was cut short';
  if (names.includes('ERR_INVALID_URL')) {
    return 'the endpoint is no URL: check AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_CLOUDWATCH, AWS_ENDPOINT_URL_EC2 and endpoint_url of the profile';
  }
  return explainForeign(error) ?? `${names[0] ?? 'Error'}: ${readMessage(error)}`;
}

/** The last link of the SDK's chain only says that there is nothing; any other says what it stumbled over. */
function explainMissing(error: unknown): string {
  const reason = readMessage(error);
  const isLast = reason.startsWith('Could not load credentials from any providers');
  return `no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE to a profile that has some, or give the machine a role${isLast ? '' : ` (${reason})`}`;
}

function explainForbidden(error: unknown): string {
  const message = readMessage(error, MAX_SEARCHED_LENGTH);
  const role = ASSUME_ROLE.exec(message)?.[0];
  if (role !== undefined) {
    return `the role could not be assumed: ${role} was refused; check the role's ARN and its trust policy`;
  }
  const why = WHY_FORBIDDEN.exec(message)?.[0];
  const said = why === undefined ? '' : ` (refused ${why})`;
  return `the credentials may not do this${said}: allow cloudwatch:GetMetricData, cloudwatch:ListMetrics, ec2:DescribeInstances and ec2:DescribeVolumes`;
}

/** What no service of AWS answers: a page of a proxy, or half an answer. Null for an answer of AWS, or none. */
function explainForeign(error: unknown): string | null {
  const names = readNames(error);
  if (names.some((name) => CUT_OFF.has(name)))
    return 'the connection was closed before the whole answer had come';
  const answer = readAnswer(error);
  const message = error instanceof Error ? error.message : '';
  const isUnread = FOR_DEBUGGING.test(message) || names.includes('Unknown');
  if (answer === null || !isUnread) return null;
  const type = answer.type === null ? '' : ` (${answer.type})`;
  return `status ${answer.status}${type} without an answer of AWS in it: check the endpoint, and proxies in between`;
}

/** The HTTP answer an error of the SDK came of; null where there was none. */
function readAnswer(error: unknown): { readonly status: number; readonly type: string | null } | null {
  if (typeof error !== 'object' || error === null) return null;
  const { $response, $metadata } = error as { readonly $response?: unknown; readonly $metadata?: unknown };
  const response = ($response ?? {}) as { readonly statusCode?: unknown; readonly headers?: unknown };
  const metadata = ($metadata ?? {}) as { readonly httpStatusCode?: unknown };
  const status = response.statusCode ?? metadata.httpStatusCode;
  if (typeof status !== 'number') return null;
  const type = ((response.headers ?? {}) as Readonly<Record<string, unknown>>)['content-type'];
  return { status, type: typeof type === 'string' ? type.slice(0, MAX_TYPE_LENGTH) : null };
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

function readMessage(error: unknown, maxLength = MAX_MESSAGE_LENGTH): string {
  const text = error instanceof Error ? error.message : String(error);
  return (
    text.replace(FOR_DEBUGGING, '').replace(KEY_ID, '(access key)').slice(0, maxLength) ||
    'no reason was given'
  );
}
