/**
 * Delivers a message that is due: until its channel takes it or a day is over it is tried again. A message was stored with the
 * change it is about, so that a crash loses none; one may be delivered twice when the server dies after the receiver
 * answered and before that is noted: by its key the receiver knows the repeat.
 */
import type pg from 'pg';
import type {
  NotificationChannel,
  NotificationRule,
  PrismaClient,
} from '../../../generated/prisma/client.ts';
import type { Log } from '../../../log.ts';
import { LISTED_INCIDENTS, type Message } from '../../notify/message.ts';
import { sendMessage, type ChannelConfig, type SendContext, type SendOutcome } from '../../notify/send.ts';
import { toStorable } from '../../../platform/bounded-input/storable-text.ts';
import { toError } from '../../../platform/runtime/to-error.ts';
import { writeMessage } from '../../notify/write-message.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { Tracing } from '../../../platform/tracing/tracing.ts';
import type { Seal } from '../../../platform/outbound/sealed-secret.ts';
import { openChannel } from './channels.ts';
import type { ChannelTurns } from './channel-turns.ts';
import { readFiringAgain, readMessageIncidents } from './read-messages.ts';
import { readTexts } from '../rule.ts';
import type { DueMessage } from './claim-due.ts';

export interface DeliverContext extends SendContext {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly seal: Seal;
  readonly stats: Stats;
  readonly log: Log;
  readonly turns: ChannelTurns;
  /** Called with the id of each message whose state has changed. */
  readonly onTried: (notificationId: string) => void;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Null, or left out, where no traces are sent. */
  readonly tracing?: Tracing | null;
}

const FIRST_PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 600_000;
const MAX_PROBLEM_LENGTH = 500;
/** Alertmanager is given all of a message's incidents. */
const MAX_ALERTS = 10_000;

/** How a delivery went. */
export interface Delivery {
  /** If not, when it is tried again is noted. */
  readonly isSent: boolean;
  /** Nothing is to be sent to the channel before, by its own words; null where it did not ask for a pause. */
  readonly pausedUntil: Date | null;
}

export async function deliverMessage(due: DueMessage, context: DeliverContext): Promise<Delivery> {
  const { tracing } = context;
  if (tracing === undefined || tracing === null) return deliver(due, context);
  const attributes = {
    'lapwing.notification': due.id,
    'lapwing.notification_kind': due.kind,
    'lapwing.attempt': due.attempts,
    'lapwing.incidents': due.incident_count,
  };
  return tracing.runRoot('notify', { attributes }, async (span) => {
    const delivery = await deliver(due, context);
    span.setAttribute('lapwing.sent', delivery.isSent);
    return delivery;
  });
}

async function deliver(due: DueMessage, context: DeliverContext): Promise<Delivery> {
  const { stats, log, now } = context;
  const { problem, isFinal, leftOut, retryAfterMs, ...texts } = await attempt(due, context);
  if (problem === null) {
    stats.count('notifications_sent');
    stats.observe('notification_delivery', (now().getTime() - due.created_at.getTime()) / 1000);
    if (leftOut !== null) {
      stats.count('notifications_refused_in_part');
      log.warn({ notification: due.id, leftOut }, 'a part of a message was refused');
    }
    const lastError = leftOut === null ? null : toStorable(leftOut.slice(0, MAX_PROBLEM_LENGTH));
    await note(due, context, { ...texts, state: 'SENT', sentAt: now(), lastError });
    return { isSent: true, pausedUntil: null };
  }
  const isOver = isFinal || now() >= due.give_up_at;
  stats.count(isOver ? 'notifications_given_up' : 'notifications_failed');
  log.warn(
    { notification: due.id, attempts: due.attempts, problem, isOver },
    'a message could not be delivered',
  );
  const pauseMs = Math.max(choosePauseMs(due.attempts, context.random), retryAfterMs ?? 0);
  const dueAt = new Date(now().getTime() + pauseMs);
  await note(due, context, {
    ...texts,
    lastError: toStorable(problem.slice(0, MAX_PROBLEM_LENGTH)),
    ...(isOver ? { state: 'FAILED' } : { dueAt }),
  });
  const pausedUntil = retryAfterMs === null ? null : new Date(now().getTime() + retryAfterMs);
  return { isSent: false, pausedUntil };
}

interface Attempt extends SendOutcome {
  /** No later attempt can go better. */
  readonly isFinal: boolean;
  readonly subject?: string;
  readonly body?: string;
}

const NOT_SENT = { leftOut: null, retryAfterMs: null } as const;

async function attempt(due: DueMessage, context: DeliverContext): Promise<Attempt> {
  const channel =
    due.channel_id === null
      ? null
      : await context.prisma.notificationChannel.findUnique({
          where: { id: due.channel_id },
          include: { rule: true },
        });
  if (channel === null) {
    return { ...NOT_SENT, problem: 'the channel was removed from its rule', isFinal: true };
  }
  try {
    const config = openChannel(channel, context.seal);
    context.tracing?.active()?.setAttribute('lapwing.channel', config.kind);
    return await context.turns.run(channel.id, async () => {
      const message = await makeMessage(due, config, channel, context);
      const { subject, text: body } = message;
      return { ...(await sendMessage(config, message, context)), isFinal: false, subject, body };
    });
  } catch (error) {
    return { ...NOT_SENT, problem: toError(error).message, isFinal: false };
  }
}

async function makeMessage(
  { id, kind, rule_name: ruleName, incident_count: count }: DueMessage,
  config: ChannelConfig,
  { rule, texts }: Pick<NotificationChannel, 'texts'> & { readonly rule: NotificationRule | null },
  { pool, publicUrl }: Pick<DeliverContext, 'pool' | 'publicUrl'>,
): Promise<Message> {
  const limit = config.kind === 'ALERTMANAGER' ? MAX_ALERTS : LISTED_INCIDENTS;
  const incidents = await readMessageIncidents(pool, id, kind, limit);
  const written = rule ?? readTexts(texts);
  const { subject, text } = writeMessage(
    { id, kind, ruleName, count, incidents },
    written,
    publicUrl ?? null,
  );
  const about = { id: rule?.id ?? null, name: ruleName, runbookUrl: written.runbookUrl };
  // An end that was tried for long may come behind the next start of the same alert, which is the news.
  const isBehind =
    config.kind === 'ALERTMANAGER' && kind === 'END' ? await readFiringAgain(pool, id) : new Set<string>();
  const sent = incidents.filter((incident) => !isBehind.has(incident.id));
  return { id, kind, rule: about, count, incidents: sent, subject, text };
}

/** Frees the lane as well. One whose lease went to another dispatcher is that one's: it will be delivered again. */
async function note(
  { id, leased_until: leasedUntil }: DueMessage,
  { prisma, log, onTried }: DeliverContext,
  data: Parameters<PrismaClient['notification']['updateMany']>[0]['data'],
): Promise<void> {
  const { count } = await prisma.notification.updateMany({
    where: { id, leasedUntil },
    data: { ...data, leasedUntil: null },
  });
  if (count === 0)
    log.warn(
      { notification: id },
      'a delivery is not noted: its lease went to another, or the message is gone',
    );
  onTried(id);
}

/** Doubles up to ten minutes; each somewhere in its upper half, so that many do not come back at once. */
function choosePauseMs(attempts: number, random: () => number = Math.random): number {
  const full = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
  return full * (0.5 + random() / 2);
}
