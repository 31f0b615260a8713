/** WebSockets that a replica passes on to the leader byte by byte: those of people who signed in, whose sessions the leader keeps. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { FORWARDED_HEADER, isForwarded } from '../../../platform/cluster/forwarded-header.ts';
import type { SocketRoute } from '../routes.ts';
import type { ForwardOptions } from './forward-request.ts';

const UNAVAILABLE =
  'HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';

export function createForwardSocket(
  options: Pick<ForwardOptions, 'leader' | 'header' | 'readAddress' | 'stats' | 'log'>,
): SocketRoute {
  const open = new Set<Duplex>();
  const forward = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { leader, header, readAddress, stats } = options;
    stats.count('requests_forwarded');
    const sent = await leader.open({
      method: 'GET',
      path: request.url ?? '/',
      headers: { ...request.headers, [FORWARDED_HEADER]: header.write(readAddress(request)) },
    });
    if (sent === null) {
      stats.count('forwards_failed');
      socket.end(UNAVAILABLE);
      return;
    }
    sent.once('upgrade', (answer, other, otherHead) => {
      // From now on it may be silent for as long as nothing happens.
      sent.setTimeout(0);
      socket.write(writeHead(answer));
      socket.write(otherHead);
      other.write(head);
      join(socket, other);
    });
    sent.once('response', (answer) => {
      // It refused; its reason is in the status.
      answer.resume();
      socket.end(writeHead(answer));
    });
    sent.once('error', () => socket.destroy());
    socket.once('close', () => sent.destroy());
    sent.end();
  };
  return {
    open: (request, socket, head) => {
      if (isForwarded(request.headers)) {
        socket.end(UNAVAILABLE);
        return;
      }
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      forward(request, socket, head).catch((error: unknown) => {
        options.log.error({ err: error }, 'a WebSocket could not be passed on');
        socket.destroy();
      });
    },
    closeAll: () => {
      for (const socket of open) socket.destroy();
    },
  };
}

/** What one of them sends the other gets; the end of one is the end of both. */
function join(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.destroy());
    from.once('close', () => to.destroy());
    from.pipe(to);
  }
}

function writeHead({ statusCode = 502, statusMessage = '', rawHeaders }: IncomingMessage): string {
  const lines: string[] = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
