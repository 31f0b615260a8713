/** What the service refuses and why, with the code, the shape name and the HTTP status AWS gives. */

interface Failure {
  readonly shape: string;
  readonly status: number;
  /** The code on the wire, where it is not the name here. */
  readonly wire?: string;
}

const FAILURES = {
  MissingParameter: { shape: 'MissingRequiredParameterException', status: 400 },
  InvalidParameterValue: { shape: 'InvalidParameterValueException', status: 400 },
  InvalidParameterCombination: { shape: 'InvalidParameterCombinationException', status: 400 },
  InvalidNextToken: { shape: 'InvalidNextToken', status: 400 },
  /** What the operations answer whose models declare no InvalidParameter error: GetMetricData and those of alarms. */
  ValidationError: { shape: 'ValidationError', status: 400 },
  InvalidFormat: { shape: 'InvalidFormatFault', status: 400 },
  LimitExceeded: { shape: 'LimitExceededFault', status: 400 },
  // PutAnomalyDetector's own name for it. AWS clients retry on this name; its shape is AWS', not ours to mend.
  LimitExceededException: { shape: 'LimitExceededException', status: 400 },
  ResourceNotFound: { shape: 'ResourceNotFound', status: 404 },
  InvalidParameterInput: { shape: 'DashboardInvalidInputError', status: 400 },
  DashboardNotFound: { shape: 'DashboardNotFoundError', status: 404, wire: 'ResourceNotFound' },
  ResourceNotFoundException: { shape: 'ResourceNotFoundException', status: 404 },
  // What waits for an instance, or looks whether there is one, goes by these names of EC2's.
  InvalidInstanceID: {
    shape: 'InvalidInstanceID.NotFound',
    status: 400,
    wire: 'InvalidInstanceID.NotFound',
  },
  InvalidVolume: { shape: 'InvalidVolume.NotFound', status: 400, wire: 'InvalidVolume.NotFound' },
  InvalidAction: { shape: 'InvalidAction', status: 400 },
  MalformedInput: { shape: 'SerializationException', status: 400 },
  RequestEntityTooLarge: { shape: 'RequestEntityTooLarge', status: 413 },
  UnsupportedMediaType: { shape: 'UnsupportedMediaTypeException', status: 415 },
  Throttling: { shape: 'Throttling', status: 400 },
  MissingAuthenticationToken: { shape: 'MissingAuthenticationToken', status: 403 },
  IncompleteSignature: { shape: 'IncompleteSignature', status: 400 },
  InvalidClientTokenId: { shape: 'InvalidClientTokenId', status: 403 },
  SignatureDoesNotMatch: { shape: 'SignatureDoesNotMatch', status: 403 },
  InternalFailure: { shape: 'InternalServiceFault', status: 500 },
  ServiceUnavailable: { shape: 'ServiceUnavailable', status: 503 },
} as const satisfies Record<string, Failure>;

export type FailureCode = keyof typeof FAILURES;

/** A request that is refused; the message names the parameter and what it held. */
export class CloudwatchError extends Error {
  override readonly name = 'CloudwatchError';
  readonly code: FailureCode;
  /** As Query clients read it. */
  readonly wireCode: string;
  /** As JSON and CBOR clients read it. */
  readonly shape: string;
  readonly status: number;
  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    // Half of a pair, which cutting a text may leave, is more than some clients can print.
    super(message.replaceAll(/\p{Cs}/gu, '?'), options);
    const failure: Failure = FAILURES[code];
    this.code = code;
    this.wireCode = failure.wire ?? code;
    this.shape = failure.shape;
    this.status = failure.status;
  }
}

export function missing(path: string): CloudwatchError {
  return new CloudwatchError('MissingParameter', `The parameter ${path} is required.`);
}

/** What a message may show of a request. */
type Shown = string | number | boolean | Date | undefined;

/** @param problem follows "The value … for parameter PATH is invalid."; absent where that says all */
export function invalid(path: string, value: Shown, problem = ''): CloudwatchError {
  const message = `The value ${showValue(value)} for parameter ${path} is invalid. ${problem}`;
  return new CloudwatchError('InvalidParameterValue', message.trimEnd());
}

/** @param rule continues "The parameter PATH must …" */
export function mustBe(path: string, rule: string): CloudwatchError {
  return new CloudwatchError('InvalidParameterValue', `The parameter ${path} must ${rule}.`);
}

/** @param most how many the list may hold */
export function tooMany(path: string, most: number): CloudwatchError {
  return new CloudwatchError(
    'InvalidParameterValue',
    `The collection ${path} must not have a size greater than ${most}.`,
  );
}

/** AWS names each problem on a line of its own; the code is that of the first. */
export function joinErrors(errors: readonly [CloudwatchError, ...CloudwatchError[]]): CloudwatchError {
  const [first] = errors;
  if (errors.length === 1) return first;
  return new CloudwatchError(first.code, errors.map(({ message }) => message).join('\n'));
}

const PARAMETER_ERRORS: readonly FailureCode[] = [
  'MissingParameter',
  'InvalidParameterValue',
  'InvalidParameterCombination',
];

/** A parameter's error under the one code that operations know whose models declare no such error. */
export function asValidationError(error: unknown): unknown {
  if (!(error instanceof CloudwatchError) || !PARAMETER_ERRORS.includes(error.code)) return error;
  return new CloudwatchError('ValidationError', error.message, { cause: error });
}

export function combined(message: string): CloudwatchError {
  return new CloudwatchError('InvalidParameterCombination', message);
}

const SHOWN_CHARACTERS = 80;

/** Short, and without control characters: the text goes into logs and XML. */
export function showValue(value: Shown): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  const text = typeof value === 'string' ? value : String(value);
  const plain = text.replaceAll(/\p{Cc}/gu, '?');
  return plain.length > SHOWN_CHARACTERS ? `${plain.slice(0, SHOWN_CHARACTERS)}…` : plain;
}
