/** Real receivers of messages: an HTTP server and an SMTP server that write down what they get. */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { createDeferred } from '../../helpers/deferred.ts';
import { KEPT_OPEN } from '../../helpers/kept-open.ts';

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Answer {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly Received[];
  /** What it answers from now on; a receiver that is away hangs up. */
  answer: (status: number | 'away' | 'never' | ((body: string) => number), more?: Answer) => void;
  /** From now on it receives and does not answer, until the function it returns is called. */
  hold: () => () => void;
  /** Resolves once it has received so many. */
  arrived: (count: number) => Promise<void>;
  /** Ends all conversations. */
  disconnect: () => void;
}

export async function receiveHttp(): Promise<Receiver> {
  const received: Received[] = [];
  const arrivals = new EventEmitter();
  let status: Parameters<Receiver['answer']>[0] = 200;
  let more: Answer = {};
  let held: Promise<undefined> | undefined;
  const server = createServer(KEPT_OPEN, (request, response) => {
    if (status === 'away') return void request.socket.destroy();
    if (status === 'never') return;
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString('utf8');
      const chosen = typeof status === 'function' ? status(body) : status;
      if (chosen === 200) received.push({ path: request.url ?? '', headers: request.headers, body });
      const reply = () =>
        void response.writeHead(typeof chosen === 'number' ? chosen : 500, more.headers).end(more.body);
      if (held === undefined) reply();
      else void held.then(reply);
      arrivals.emit('arrival');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    received,
    answer: (next, rest = {}) => {
      status = next;
      more = rest;
    },
    hold: () => {
      const { promise, resolve } = createDeferred<undefined>();
      held = promise;
      return () => {
        held = undefined;
        resolve(undefined);
      };
    },
    arrived: async (count) => {
      while (received.length < count) await once(arrivals, 'arrival');
    },
    disconnect: () => server.closeAllConnections(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface MailReceiver extends AsyncDisposable {
  readonly url: string;
  readonly mails: readonly { readonly to: readonly string[]; readonly text: string }[];
}

/**
 * Takes mail from whoever logs in as `user` with `word`.
 * @param replies to addresses that are refused, by the address; all others are taken
 */
export async function receiveMail(
  replies: ReadonlyMap<string, readonly [code: number, text: string]> = new Map(),
): Promise<MailReceiver> {
  const mails: { to: readonly string[]; text: string }[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) =>
      username === 'user' && password === 'word' ? done(null, { user: 'user' }) : done(new Error('no')),
    onRcptTo: ({ address }, _session, done) => {
      const [responseCode, text] = replies.get(address) ?? [];
      done(responseCode === undefined ? null : Object.assign(new Error(text), { responseCode }));
    },
    onData: (stream, { envelope }, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, text: Buffer.concat(parts).toString('utf8') });
        done();
      });
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    url: `smtp://user:word@127.0.0.1:${(server.server.address() as AddressInfo).port}`, // it listens on TCP
    mails,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
