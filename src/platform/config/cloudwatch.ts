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
  cloudwatchAccessKeyId: setting('LAPWING_CLOUDWATCH_ACCESS_KEY_ID', text).about(
    'Access key id of the first account of the CloudWatch service at /aws; with its secret, or neither.',
  ),
  cloudwatchSecretAccessKey: secret('LAPWING_CLOUDWATCH_SECRET_ACCESS_KEY', text).about(
    'Secret access key of that account.',
  ),
  cloudwatchAcceptAnySignature: setting('LAPWING_CLOUDWATCH_ACCEPT_ANY_SIGNATURE', onOff, 'off').about(
    'For development: requests to /aws from this machine need no valid signature: on or off.',
  ),
  cloudwatchAwsNamespaces: setting('LAPWING_CLOUDWATCH_AWS_NAMESPACES', onOff, 'off').about(
    'Whether data may be put into namespaces that begin with AWS/, as AWS itself does not allow: on or off.',
  ),
  cloudwatchRequestsPerSecond: setting(
    'LAPWING_CLOUDWATCH_REQUESTS_PER_SECOND',
    wholeNumber(1, 1_000_000),
    '500',
  ).about('Requests a second an account may make of the CloudWatch service; twice as many may come at once.'),
  cloudwatchDataPerRequest: setting(
    'LAPWING_CLOUDWATCH_DATA_PER_REQUEST',
    wholeNumber(1, 100_000),
    '1000',
  ).about('Data one PutMetricData may hold.'),
  cloudwatchBodyBytes: setting(
    'LAPWING_CLOUDWATCH_BODY_BYTES',
    wholeNumber(1024, 100_000_000),
    '1048576',
  ).about('Bytes of a request to the CloudWatch service; four times as many after gunzip.'),
  cloudwatchQueuedData: setting(
    'LAPWING_CLOUDWATCH_QUEUED_DATA',
    wholeNumber(1000, 10_000_000),
    '200000',
  ).about('Pushed data that may wait to be stored before PutMetricData answers Throttling.'),
  cloudwatchAlarms: setting('LAPWING_CLOUDWATCH_ALARMS', wholeNumber(0, 1_000_000), '5000').about(
    'Alarms an account may have; all of them are evaluated each minute, some more often.',
  ),
  cloudwatchRetentionDays: setting('LAPWING_CLOUDWATCH_RETENTION_DAYS', wholeNumber(1, 36_500), '14').about(
    'Days the CloudWatch service keeps one-minute data.',
  ),
  cloudwatchRollupDays: setting('LAPWING_CLOUDWATCH_ROLLUP_DAYS', wholeNumber(0, 36_500), '0').about(
    'Days in all it keeps five-minute and one-hour roll-ups of older data; 0 for none.',
  ),
  cloudwatchWebhooks: secret('LAPWING_CLOUDWATCH_WEBHOOKS', webhooks, '').about(
    'Where alarm actions are posted: names of SNS topics, functions and other targets with URLs, e.g. ops=https://example.com/hook,dev=http://127.0.0.1:9.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
