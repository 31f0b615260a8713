import { describe, expect, it } from 'vitest';
import { ExpectedError, SourceUnavailableError } from '../../../../src/errors.ts';
import {
  describeAwsFailure,
  isAboutTheRequest,
  isThrottled,
} from '../../../../src/core/sources/aws/failure.ts';

/** As the SDK throws what a service answers: the shape as its name, the code of before beside it. */
function answer(name: string, message = '', Code = name): Error {
  return Object.assign(new Error(message), { name, Code });
}

describe('A failure of AWS', () => {
  it.each([
    ['CredentialsProviderError', 'no credentials were found: set AWS_ACCESS_KEY_ID'],
    ['ExpiredToken', 'the credentials have expired: renew them'],
    ['ExpiredTokenException', 'the credentials have expired: renew them'],
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html: the clock, or the credentials.
    ['RequestExpired', 'check the clock, and whether the credentials have expired'],
    ['RequestTimeTooSkewed', 'check the clock, and whether the credentials have expired'],
    ['OptInRequired', 'check that the account is active and has this region enabled'],
    // EC2's and CloudWatch's words also for a region the account has not opted into.
    ['AuthFailure', 'check the access key, and whether the account has this region enabled'],
    ['UnrecognizedClientException', 'whether the account has this region enabled'],
    ['InvalidClientTokenId', 'whether the account has this region enabled'],
    ['SignatureDoesNotMatch', 'check the access key, its secret and the clock'],
    ['InvalidSignatureException', 'check the access key, its secret and the clock'],
    ['AccessDenied', 'allow cloudwatch:GetMetricData, cloudwatch:ListMetrics'],
    ['UnauthorizedOperation', 'allow cloudwatch:GetMetricData, cloudwatch:ListMetrics'],
    ['Throttling', 'too many requests (throttled)'],
    ['RequestLimitExceeded', 'too many requests (throttled)'],
    ['AbortError', 'the reading was cut short'],
  ])('%s says what to do: %s', (name, words) => {
    const failure = describeAwsFailure('EC2', answer(name));
    expect(failure).toBeInstanceOf(SourceUnavailableError);
    expect(failure.message).toMatch(/^EC2: /);
    expect(failure.message).toContain(words);
  });

  it.each([
    [
      'User: arn:aws:iam::123456789012:user/ann is not authorized to perform: cloudwatch:GetMetricData with an explicit deny in a service control policy',
      'CloudWatch: the credentials may not do this (refused with an explicit deny in a service control policy): allow cloudwatch:GetMetricData',
    ],
    [
      'You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/ann is not authorized to perform: ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action. Encoded authorization failure message: 4Gx0',
      'CloudWatch: the credentials may not do this (refused because no identity-based policy allows the ec2:DescribeInstances action): allow cloudwatch:GetMetricData',
    ],
    [
      'User: arn:aws:iam::123456789012:user/ann is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/r',
      'CloudWatch: the role could not be assumed: sts:AssumeRole was refused',
    ],
    [
      'Not authorized to perform sts:AssumeRoleWithWebIdentity',
      'CloudWatch: the role could not be assumed: sts:AssumeRoleWithWebIdentity was refused',
    ],
    ['', 'CloudWatch: the credentials may not do this: allow cloudwatch:GetMetricData'],
  ])('of permissions says what refused, and not whom: %s', (message, words) => {
    const failure = describeAwsFailure('CloudWatch', answer('AccessDenied', message));
    expect(failure.message.slice(0, words.length)).toBe(words);
    expect(failure.message).not.toContain('123456789012');
  });

  it('of another name says its name and its words, short and without access keys', () => {
    const message = `User AKIAIOSFODNN7EXAMPLE and ASIAIOSFODNN7EXAMPLE: ${'x'.repeat(1_000)}`;
    const failure = describeAwsFailure('CloudWatch', answer('InternalFailure', message));
    expect(failure.message).toMatch(
      /^CloudWatch: InternalFailure: User \(access key\) and \(access key\): x+$/,
    );
    expect(failure.message.length).toBeLessThan(350);
  });

  it.each([
    [undefined, 'CloudWatch: Error: undefined'],
    ['a text', 'CloudWatch: Error: a text'],
    [new TypeError(''), 'CloudWatch: TypeError: no reason was given'],
    [{ code: 'ECONNREFUSED' }, 'CloudWatch: ECONNREFUSED: [object Object]'],
  ])('that is no answer, %j, is described too', (error, message) => {
    expect(describeAwsFailure('CloudWatch', error).message).toBe(message);
  });

  it('that is described already stays as it is', () => {
    const known = new SourceUnavailableError('known');
    expect(describeAwsFailure('EC2', known)).toBe(known);
    expect(known).toBeInstanceOf(ExpectedError);
  });

  it.each([
    ['ValidationError', 'ValidationError', true],
    ['InvalidParameterValueException', 'InvalidParameterValue', true],
    ['MissingRequiredParameterException', 'MissingParameter', true],
    ['InvalidFormatFault', 'InvalidFormat', true],
    // Named twice: by the shape of today, and by the code of Query.
    ['SomethingElse', 'InvalidParameterCombination', true],
    ['InternalServiceFault', 'InternalServiceError', false],
    ['AccessDenied', 'AccessDenied', false],
    ['ThrottlingException', 'Throttling', false],
  ])('%s (%s) is about the request: %s', (name, code, expected) => {
    expect(isAboutTheRequest(answer(name, '', code))).toBe(expected);
  });

  it.each([
    ['ThrottlingException', 'Throttling', true],
    ['Other', 'TooManyRequestsException', true],
    ['SlowDown', 'SlowDown', true],
    ['RequestThrottledException', 'RequestThrottledException', true],
    ['EC2ThrottledException', 'EC2ThrottledException', true],
    ['ValidationError', 'ValidationError', false],
  ])('%s (%s) is throttling: %s', (name, code, expected) => {
    expect(isThrottled(answer(name, '', code))).toBe(expected);
  });
});
