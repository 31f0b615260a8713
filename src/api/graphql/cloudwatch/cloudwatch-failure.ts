/** What the CloudWatch service refuses, as the API's own expected failures. */
import { CloudwatchError } from '../../../core/cloudwatch-service/model/cloudwatch-error.ts';
import { InvalidInputError, RetryLaterError } from '../../../errors.ts';

/** @throws InvalidInputError or RetryLaterError in the place of a CloudwatchError; anything else as it is */
export async function translateFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CloudwatchError)) throw error;
    if (error.code === 'Throttling' || error.code === 'ServiceUnavailable') {
      throw new RetryLaterError(error.message, { cause: error });
    }
    throw new InvalidInputError(error.message, ['input']);
  }
}
