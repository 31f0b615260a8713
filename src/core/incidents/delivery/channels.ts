/** A channel's settings at rest: encrypted as a whole, because most of them are secret and all of them may be. */
import { z } from 'zod';
import type { NotificationChannel, PrismaClient } from '../../../generated/prisma/client.ts';
import { describeTarget, type ChannelConfig } from '../../notify/send.ts';
import { canOpen, type Seal } from '../../../platform/outbound/sealed-secret.ts';

const config = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('WEBHOOK'), url: z.string(), secret: z.string() }),
  z.object({
    kind: z.literal('ALERTMANAGER'),
    url: z.string(),
    username: z.string().optional(),
    password: z.string().optional(),
    token: z.string().optional(),
  }),
  z.object({ kind: z.literal('SLACK'), url: z.string() }),
  z.object({ kind: z.literal('EMAIL'), to: z.array(z.string()) }),
  z.object({ kind: z.literal('PAGERDUTY'), url: z.string(), routingKey: z.string() }),
  z.object({ kind: z.literal('OPSGENIE'), url: z.string(), apiKey: z.string() }),
  z.object({ kind: z.literal('TEAMS'), url: z.string() }),
  z.object({ kind: z.literal('DISCORD'), url: z.string() }),
  z.object({ kind: z.literal('TELEGRAM'), url: z.string(), botToken: z.string(), chatId: z.string() }),
  z.object({ kind: z.literal('NTFY'), url: z.string(), topic: z.string(), token: z.string().nullable() }),
]);

/** What is stored of a channel. @param id the channel's: the bytes open for no other */
export function closeChannel(id: string, channel: ChannelConfig, seal: Seal) {
  return {
    id,
    kind: channel.kind,
    target: describeTarget(channel),
    sealed: new Uint8Array(seal.close(JSON.stringify(channel), id)),
  };
}

/** How many channels were sealed with another key than this: nothing is delivered through them. */
export async function countUnreadableChannels(
  prisma: Pick<PrismaClient, 'notificationChannel'>,
  seal: Seal,
): Promise<number> {
  const channels = await prisma.notificationChannel.findMany({ select: { id: true, sealed: true } });
  return channels.filter(({ id, sealed }) => !canOpen(seal, sealed, id)).length;
}

/** Seals with the newest key what an older one still opens. */
export async function renewChannels(
  prisma: Pick<PrismaClient, 'notificationChannel'>,
  seal: Seal,
): Promise<void> {
  const channels = await prisma.notificationChannel.findMany({ select: { id: true, sealed: true } });
  for (const { id, sealed } of channels) {
    const renewed = seal.renew(sealed, id);
    if (renewed === null) continue;
    await prisma.notificationChannel.updateMany({ where: { id, sealed }, data: { sealed: renewed } });
  }
}

/** @throws SealError when the sealing key was replaced, ZodError for what we did not write */
export function openChannel(
  { id, sealed }: Pick<NotificationChannel, 'id' | 'sealed'>,
  seal: Seal,
): ChannelConfig {
  return config.parse(JSON.parse(seal.open(sealed, id)));
}
