/** What the service refuses and why, with the code, the shape name and the HTTP status AWS gives. */

const FAILURES = {
  MissingParameter: { shape: 'MissingRequiredParameterException', status: 400 },
  InvalidParameterValue: { shape: 'InvalidParameterValueException', status: 400 },
  InvalidParameterCombination: { shape: 'InvalidParameterCombinationException', status: 400 },
  InvalidNextToken: { shape: 'InvalidNextToken', status: 400 },
  InvalidFormat: { shape: 'InvalidFormatFault', status: 400 },
  LimitExceeded: { shape: 'LimitExceededFault', status: 400 },
  // PutAnomalyDetector's own name for it. AWS clients retry on this name; its shape is AWS', not ours to mend.
  LimitExceededException: { shape: 'LimitExceededException', status: 400 },
  ResourceNotFound: { shape: 'ResourceNotFound', status: 404 },
  ResourceNotFoundException: { shape: 'ResourceNotFoundException', status: 404 },
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
} as const satisfies Record<string, { readonly shape: string; readonly status: number }>;

export type FailureCode = keyof typeof FAILURES;

/** A request that is refused; the message names the parameter and what it held. */
export class CloudwatchError extends Error {
  override readonly name = 'CloudwatchError';
  /** As Query clients read it. */
  readonly code: FailureCode;
  /** As JSON and CBOR clients read it. */
  readonly shape: string;
  readonly status: number;
  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.shape = FAILURES[code].shape;
    this.status = FAILURES[code].status;
  }
}

export function missing(path: string): CloudwatchError {
  return new CloudwatchError('MissingParameter', `The parameter ${path} is required.`);
}

/** What a message may show of a request. */
type Shown = string | number | boolean | Date | undefined;

/** @param problem continues "The value … for parameter PATH is invalid." */
export function invalid(path: string, value: Shown, problem: string): CloudwatchError {
  return new CloudwatchError(
    'InvalidParameterValue',
    `The value ${showValue(value)} for parameter ${path} is invalid. ${problem}`,
  );
}

export function combined(message: string): CloudwatchError {
  return new CloudwatchError('InvalidParameterCombination', message);
}

const SHOWN_CHARACTERS = 80;

/** Short, and without control characters: the text goes into logs and XML. */
function showValue(value: Shown): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  const text = typeof value === 'string' ? value : String(value);
  const plain = text.replaceAll(/\p{Cc}/gu, '?');
  return plain.length > SHOWN_CHARACTERS ? `${plain.slice(0, SHOWN_CHARACTERS)}…` : plain;
}
