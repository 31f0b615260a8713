/** What receivers were told, and of what. */
import type { Receiver } from '../notify/receivers.ts';
import type { Bench } from './open-incidents.ts';

const SECRET = 'sixteen letters!';

/** A rule over everything, which tells one receiver. */
export const tellBy = (receiver: Receiver) => ({
  name: 'all',
  recoverySeconds: 0,
  channels: [{ kind: 'WEBHOOK' as const, url: `${receiver.url}/hook`, secret: SECRET }],
});

interface Told {
  readonly kind: string;
  readonly rule: { readonly id: string | null; readonly name: string };
  readonly count: number;
  readonly subject: string;
  readonly incidents: readonly { readonly metric: { readonly name: string } }[];
}

export const told = ({ received }: Receiver) => received.map(({ body }) => JSON.parse(body) as Told);
export const kinds = (receiver: Receiver) => told(receiver).map(({ kind, count }) => `${kind} ${count}`);
export const listIncidents = ({ database }: Bench) =>
  database.prisma.incident.findMany({ orderBy: { number: 'asc' } });
