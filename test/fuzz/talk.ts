/** Holds a conversation over a WebSocket, without minding what is answered. */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Step } from './socket-talks.ts';

/** @returns how it ended, and the texts that came */
export async function talk(
  url: string,
  steps: readonly Step[],
): Promise<{ readonly closeCode: number; readonly heard: readonly string[] }> {
  const heard: string[] = [];
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws']);
  socket.on('error', () => undefined);
  socket.on('message', (data) => heard.push((data as Buffer).toString()));
  // A connection that fails ends in a close: `once` alone would reject, for each event it waits for.
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  const hear = (event: string) => once(socket, event).catch(() => closed);
  await Promise.race([hear('open'), closed]);
  for (const [place, step] of steps.entries()) {
    act(socket, step);
    // A client that does not wait for the acknowledgement is sent away: the first answer alone is waited for.
    if (place === 0) await Promise.race([hear('message'), closed, pause(200)]);
  }
  // One that ends the conversation, or shows that it goes on.
  const answered = hear('pong');
  if (socket.readyState === socket.OPEN) socket.ping();
  await Promise.race([answered, closed, pause(2_000)]);
  socket.terminate();
  return { closeCode: await closed, heard };
}

function act(socket: WebSocket, step: Step): void {
  if (socket.readyState !== socket.OPEN) return;
  if (step.kind === 'ping') socket.ping();
  else if (step.kind === 'message') socket.send(step.data);
  // Beside the client's own framing: `_socket` is where ws keeps the connection.
  else (socket as unknown as { _socket: { write: (data: Buffer) => void } })._socket.write(step.data);
}
