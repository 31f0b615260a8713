/** The CloudWatch service at /aws. */
import { z } from 'zod';
import { onOff, secret, setting, text, wholeNumber, type Setting } from './setting.ts';

/** Topic name → URL. */
const webhooks = z.string().transform((list, context): ReadonlyMap<string, URL> => {
  const byTopic = new Map<string, URL>();
  for (const [index, item] of list
    .split(',')
    .filter((part) => part.trim() !== '')
    .entries()) {
    const [topic = '', ...rest] = item.trim().split('=');
    const address = rest.join('=');
    if (!/^[\w-]+$/.test(topic) || !/^https?:/.test(address) || !URL.canParse(address)) {
      // Paths of such addresses are secrets.
      context.addIssue(`expected topic=URL with http or https, of item ${index + 1} of the list as well`);
      return z.NEVER;
    }
    byTopic.set(topic, new URL(address));
  }
  return byTopic;
});

export const CLOUDWATCH_SETTINGS = {
  cloudwatchAccessKeyId: setting(
    'LAPWING_CLOUDWATCH_ACCESS_KEY_ID',
    'Access key id of the first account of the CloudWatch service at /aws; with its secret, or neither.',
    text,
  ),
  cloudwatchSecretAccessKey: secret(
    'LAPWING_CLOUDWATCH_SECRET_ACCESS_KEY',
    'Secret access key of that account.',
    text,
  ),
  cloudwatchAcceptAnySignature: setting(
    'LAPWING_CLOUDWATCH_ACCEPT_ANY_SIGNATURE',
    'For development: requests to /aws from this machine need no valid signature: on or off.',
    onOff,
    'off',
  ),
  cloudwatchAwsNamespaces: setting(
    'LAPWING_CLOUDWATCH_AWS_NAMESPACES',
    'Whether data may be put into namespaces that begin with AWS/, as AWS itself does not allow: on or off.',
    onOff,
    'off',
  ),
  cloudwatchRequestsPerSecond: setting(
    'LAPWING_CLOUDWATCH_REQUESTS_PER_SECOND',
    'Requests a second an account may make of the CloudWatch service; twice as many may come at once.',
    wholeNumber(1, 1_000_000),
    '500',
  ),
  cloudwatchDataPerRequest: setting(
    'LAPWING_CLOUDWATCH_DATA_PER_REQUEST',
    'Data one PutMetricData may hold.',
    wholeNumber(1, 100_000),
    '1000',
  ),
  cloudwatchBodyBytes: setting(
    'LAPWING_CLOUDWATCH_BODY_BYTES',
    'Bytes of a request to the CloudWatch service; four times as many after gunzip.',
    wholeNumber(1024, 100_000_000),
    '1048576',
  ),
  cloudwatchQueuedData: setting(
    'LAPWING_CLOUDWATCH_QUEUED_DATA',
    'Pushed data that may wait to be stored before PutMetricData answers Throttling.',
    wholeNumber(1000, 10_000_000),
    '200000',
  ),
  cloudwatchAlarms: setting(
    'LAPWING_CLOUDWATCH_ALARMS',
    'Alarms an account may have; all of them are evaluated each minute, some more often.',
    wholeNumber(0, 1_000_000),
    '5000',
  ),
  cloudwatchRetentionDays: setting(
    'LAPWING_CLOUDWATCH_RETENTION_DAYS',
    'Days the CloudWatch service keeps one-minute data.',
    wholeNumber(1, 36_500),
    '14',
  ),
  cloudwatchRollupDays: setting(
    'LAPWING_CLOUDWATCH_ROLLUP_DAYS',
    'Days in all it keeps five-minute and one-hour roll-ups of older data; 0 for none.',
    wholeNumber(0, 36_500),
    '0',
  ),
  cloudwatchWebhooks: secret(
    'LAPWING_CLOUDWATCH_WEBHOOKS',
    'Where alarm actions are posted: names of SNS topics, functions and other targets with URLs, e.g. ops=https://example.com/hook,dev=http://127.0.0.1:9.',
    webhooks,
    '',
  ),
} as const satisfies Record<string, Setting<unknown>>;
