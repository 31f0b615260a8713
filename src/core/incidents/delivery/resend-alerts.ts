/**
 * Sends every Alertmanager again what fires, as it expects: what is not sent again is resolved for it. What is over is sent
 * again for a while, as Prometheus does: Alertmanager has alerts in memory alone, so that one that is started anew before it
 * notified of an end has forgotten it, and its receivers keep the alert open.
 */
import { RESOLVED_SECONDS, sendAlerts } from '../../notify/alertmanager.ts';
import type { Message } from '../../notify/message.ts';
import { openChannel } from './channels.ts';
import { readEndedLately, readFiring } from './read-messages.ts';
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
      context.log.warn({ channel: channel.id, problem }, 'alerts could not be sent again');
    }),
  );
}

type Channel = Parameters<typeof openChannel>[0] & {
  readonly rule: (Message['rule'] & { readonly id: string }) | null;
};

async function resend(channel: Channel, context: ResendContext): Promise<string | null> {
  try {
    const config = openChannel(channel, context.seal);
    const { rule } = channel;
    if (config.kind !== 'ALERTMANAGER' || rule === null) return null;
    const { pool, now, turns } = context;
    const about = { channelId: channel.id, sentSince: new Date(now().getTime() - RESOLVED_SECONDS * 1000) };
    const lists = [
      { kind: 'START', read: (after: string) => readFiring(pool, rule.id, after, PAGE) },
      { kind: 'END', read: (after: string) => readEndedLately(pool, about, after, PAGE) },
    ] as const;
    let refusal: string | null = null;
    for (const { kind, read } of lists) {
      for (let after = BEFORE_ALL_IDS; ;) {
        // Between two pages a message has its turn.
        const { failure, reason, last } = await turns.run(channel.id, async () => {
          const incidents = await read(after);
          const outcome = await sendAlerts(config, { kind, rule, incidents }, channel.id, context);
          return { ...outcome, last: incidents.length < PAGE ? undefined : incidents.at(-1) };
        });
        if (failure !== null) return failure.problem;
        // Alerts that are refused keep none of the next page waiting.
        refusal ??= reason;
        if (last === undefined) break;
        after = last.id;
      }
    }
    return refusal;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
