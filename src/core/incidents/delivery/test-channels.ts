/** Sends a marked message by every channel of a rule, so that its author sees whether it arrives. */
import { randomUUID } from 'node:crypto';
import type { NotificationChannel, NotificationRule } from '../../../generated/prisma/client.ts';
import type { IncidentFacts, Message } from '../../notify/message.ts';
import { sendMessage, type SendContext } from '../../notify/send.ts';
import { writeMessage } from '../../notify/write-message.ts';
import type { Seal } from '../../../platform/outbound/sealed-secret.ts';
import { openChannel } from './channels.ts';

export interface ChannelTest {
  readonly channel: NotificationChannel;
  /** What went wrong; null when the channel took the message. */
  readonly problem: string | null;
}

export function testChannels(
  rule: NotificationRule & { readonly channels: readonly NotificationChannel[] },
  context: SendContext & { readonly seal: Seal },
): Promise<readonly ChannelTest[]> {
  return Promise.all(
    rule.channels
      .toSorted((a, b) => a.position - b.position)
      .map(async (channel) => ({ channel, problem: await testChannel(rule, channel, context) })),
  );
}

async function testChannel(
  rule: NotificationRule,
  channel: NotificationChannel,
  context: SendContext & { readonly seal: Seal },
): Promise<string | null> {
  try {
    const config = openChannel(channel, context.seal);
    return (await sendMessage(config, makeTest(rule, context), context)).problem;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function makeTest(
  rule: NotificationRule,
  { now, publicUrl }: Pick<SendContext, 'now' | 'publicUrl'>,
): Message {
  const about = {
    id: randomUUID(),
    kind: 'TEST',
    ruleName: rule.name,
    count: 1,
    incidents: [{ ...EXAMPLE, id: randomUUID(), startedAt: now() }],
  } as const;
  const { subject, text } = writeMessage(about, rule, publicUrl ?? null);
  const marked = rule.subject === null ? subject : `[Test] ${subject}`;
  const { id, kind, count, incidents } = about;
  return {
    id,
    kind,
    rule: { id: rule.id, name: rule.name, runbookUrl: rule.runbookUrl },
    count,
    incidents,
    subject: marked,
    text,
  };
}

/** An incident that never was. */
const EXAMPLE: Omit<IncidentFacts, 'id' | 'startedAt'> = {
  kind: 'ANOMALY',
  metricId: null,
  metricName: 'AWS/EC2/CPUUtilization',
  metricUnit: 'Percent',
  instance: 'example (us-east-1/AWS/EC2/i-0123456789)',
  server: 'us-east-1/AWS/EC2/i-0123456789',
  location: 'us-east-1',
  datasource: 'CLOUDWATCH',
  endedAt: null,
  endReason: null,
  score: 0.999999,
  value: 97.5,
  expected: 41.2,
  low: 35,
  high: 48,
  aspect: 'LEVEL',
  group: null,
};
