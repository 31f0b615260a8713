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
    throw nameFields(error.message);
  }
}

/** Parameters of CloudWatch whose fields are called otherwise; the others differ in their first letter alone. */
const FIELDS: ReadonlyMap<string, string> = new Map([
  ['EndTime', 'to'],
  ['ExtendedStatistics', 'percentiles'],
  ['MetricData', 'data'],
  ['MetricName', 'name'],
  ['Period', 'periodSeconds'],
  ['StartTime', 'from'],
]);

/** A path as the service writes it, in its messages: MetricData.member.1.Dimensions.member.2.Name. */
const PATH =
  /(?<=(?:parameters?|collection|needs|below|above|and|or|,) )[A-Z]\w*(?:\.member\.\d+|\.[A-Z]\w*)*/g;

/** Who wrote fields of an input knows nothing of the parameters they become. The path is that of the first. */
function nameFields(message: string): InvalidInputError {
  const paths: string[] = [];
  const named = message.replaceAll(PATH, (parameter) => {
    const parts = parameter
      .replaceAll(/\.member\.(\d+)/g, (_whole, place: string) => `.${Number(place) - 1}`)
      .split('.');
    const path = parts.map((part) => FIELDS.get(part) ?? part.charAt(0).toLowerCase() + part.slice(1));
    paths.push(path.join('.'));
    return path.join('.');
  });
  return new InvalidInputError(named, ['input', ...(paths[0]?.split('.') ?? [])]);
}
