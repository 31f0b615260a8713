/** A receiver of alarm notifications, and the topic that leads to it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KEPT_OPEN } from '../../../helpers/kept-open.ts';

export const TOPIC = 'arn:aws:sns:us-east-1:000000000001:pager';

interface Notification {
  readonly AlarmName: string;
  readonly NewStateValue: string;
  readonly OldStateValue: string;
}

export interface Webhook extends AsyncDisposable {
  /** As an option of the service. */
  readonly webhooks: ReadonlyMap<string, URL>;
  /** What came, oldest first, refused or not. */
  readonly notifications: Notification[];
  /** The status of answers from now on. */
  answer(status: number): void;
  /** "name STATE" of what came since the last call. */
  take(): readonly string[];
}

export async function openWebhook(): Promise<Webhook> {
  const notifications: Notification[] = [];
  let status = 200;
  let taken = 0;
  const server = createServer(KEPT_OPEN, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      notifications.push(JSON.parse(Buffer.concat(chunks).toString()) as Notification); // what writeNotification wrote
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    webhooks: new Map([['pager', new URL(`http://127.0.0.1:${port}/`)]]),
    notifications,
    answer(next) {
      status = next;
    },
    take() {
      const fresh = notifications.slice(taken);
      taken = notifications.length;
      return fresh.map(({ AlarmName, NewStateValue }) => `${AlarmName} ${NewStateValue}`);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
