/** AWS as a source. */
import { z } from 'zod';
import { httpUrl, setting, wholeNumber, type Setting } from './setting.ts';

export const AWS_SETTINGS = {
  awsEndpoint: setting(
    'LAPWING_AWS_ENDPOINT',
    z.union([z.literal('self'), httpUrl], { error: 'expected self, or an http or https URL' }).optional(),
  ).about(
    "Where CloudWatch and EC2 are asked: a URL, self for the CloudWatch service at /aws, or nothing for AWS itself and the SDK's own variables.",
  ),
  awsHistoryDays: setting('LAPWING_AWS_HISTORY_DAYS', wholeNumber(1, 455), '14').about(
    'How far back a CloudWatch metric is read when it is first monitored.',
  ),
  awsSettleSeconds: setting('LAPWING_AWS_SETTLE_SECONDS', wholeNumber(0, 86_400), '360').about(
    'How long after a period ended its CloudWatch value is taken for good.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
