/** Sends every Alertmanager again what fires, as it expects: what is not sent again is resolved for it. */
import { sendAlerts } from '../../notify/alertmanager.ts';
import type { Message } from '../../notify/message.ts';
import { openChannel } from './channels.ts';
import { readFiring } from './read-messages.ts';
import type { DeliverContext } from './deliver-message.ts';

export type ResendContext = Omit<DeliverContext, 'stats' | 'onTried'>;

const PAGE = 500;
const BEFORE_ALL_IDS = '00000000-0000-0000-0000-000000000000';

/** One Alertmanager that is away keeps none of the others waiting for more than its time limit. */
export async function resendAlerts(context: ResendContext): Promise<void> {
  const channels = await context.prisma.notificationChannel.findMany({
    where: { kind: 'ALERTMANAGER', rule: { enabled: true } },
    include: { rule: { select: { id: true, name: true, runbookUrl: true } } },
  });
  await Promise.all(
    channels.map(async (channel) => {
      const problem = await resend(channel, context);
      if (problem === null) return;
      context.log.warn({ channel: channel.id, problem }, 'alerts that fire could not be sent again');
    }),
  );
}

type Channel = Parameters<typeof openChannel>[0] & {
  readonly rule: (Message['rule'] & { readonly id: string }) | null;
};

async function resend(channel: Channel, context: ResendContext): Promise<string | null> {
  try {
    const config = openChannel(channel, context.seal);
    if (config.kind !== 'ALERTMANAGER' || channel.rule === null) return null;
    let refusal: string | null = null;
    for (let after = BEFORE_ALL_IDS; ;) {
      const incidents = await readFiring(context.pool, channel.rule.id, after, PAGE);
      const last = incidents.at(-1);
      if (last === undefined) return refusal;
      const message = { kind: 'START', rule: channel.rule, incidents } as const;
      const { failure, reason } = await sendAlerts(config, message, channel.id, context);
      if (failure !== null) return failure.problem;
      // Alerts that are refused keep none of the next page waiting.
      refusal ??= reason;
      if (incidents.length < PAGE) return refusal;
      after = last.id;
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
