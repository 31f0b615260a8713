/** A rule that notifies a receiver, and what that received. */
import type { Receiver } from '../notify/receivers.ts';
import type { Bench } from './open-incidents.ts';

const SECRET = 'sixteen letters!';

/** A rule over everything, which notifies one receiver. */
export const ruleFor = (receiver: Receiver) => ({
  name: 'all',
  recoverySeconds: 0,
  channels: [{ kind: 'WEBHOOK' as const, url: `${receiver.url}/hook`, secret: SECRET }],
});

interface Message {
  readonly kind: string;
  readonly rule: { readonly id: string | null; readonly name: string };
  readonly count: number;
  readonly subject: string;
  readonly incidents: readonly { readonly id: string; readonly metric: { readonly name: string } }[];
}

export const messagesOf = ({ received }: Receiver) => received.map(({ body }) => JSON.parse(body) as Message);
export const kinds = (receiver: Receiver) =>
  messagesOf(receiver).map(({ kind, count }) => `${kind} ${count}`);
export const listIncidents = ({ database }: Bench) =>
  database.prisma.incident.findMany({ orderBy: { number: 'asc' } });
