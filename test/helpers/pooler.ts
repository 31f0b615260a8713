/**
 * A pooler between clients and PostgreSQL, by its wire protocol: with each transaction a client is given a session, the one that was
 * used last, as PgBouncer does in transaction mode; or one for as long as it is there.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';

const SSL_REQUEST = 80_877_103;
const READY = 0x5a;
const IDLE = 0x49;

interface Session {
  readonly socket: Socket;
  /** What PostgreSQL said until it was ready for a first query. */
  greeting: Buffer;
  rest: Buffer;
  /** Who is given what it says. */
  client: Socket | null;
  onReady: () => void;
}

interface Pooler extends AsyncDisposable {
  readonly port: number;
}

/** The same database, through a pooler. */
export async function poolDatabase(connection: string, options: Parameters<typeof startPooler>[1]) {
  const { host, port } = new pg.Client({ connectionString: connection });
  const pooler = await startPooler(join(host, `.s.PGSQL.${port}`), options);
  const url = new URL(connection);
  const through = `postgresql://${url.username}@127.0.0.1:${pooler.port}${url.pathname}`;
  return { through, [Symbol.asyncDispose]: () => pooler[Symbol.asyncDispose]() };
}

/**
 * @param target the folder of PostgreSQL's socket
 * @param options.isShared a session is a client's for a transaction only
 * @param options.zone sessions are begun without what the client asks for, in this zone
 */
async function startPooler(
  target: string,
  { isShared, zone }: { readonly isShared: boolean; readonly zone?: string },
): Promise<Pooler> {
  const sockets = new Set<Socket>();
  const free: Session[] = [];
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  };
  const open = (startup: Buffer): Promise<Session> =>
    new Promise((resolve) => {
      const socket = connect(target);
      keep(socket);
      const session: Session = {
        ...{ socket, greeting: Buffer.alloc(0), rest: Buffer.alloc(0), client: null },
        onReady: () => resolve(session),
      };
      socket.on('data', (data: Buffer) => take(session, data));
      socket.on('end', () => session.client?.end());
      socket.write(zone === undefined ? startup : replaceOptions(startup, `-c TimeZone=${zone}`));
    });
  const server = createServer((client) => {
    keep(client);
    let own: Session | null = null;
    let startup: Buffer | null = null;
    const give = async (first: Buffer) => {
      const known = isShared ? free.pop() : undefined;
      const session = known ?? (await open(first));
      session.onReady = () => undefined;
      return session;
    };
    const handle = async (data: Buffer) => {
      if (startup === null) {
        if (data.readInt32BE(4) === SSL_REQUEST) return void client.write('N');
        startup = data;
        own = await give(data);
        client.write(own.greeting);
        if (isShared) [own] = [null, void free.push(own)];
        else own.client = client;
        return;
      }
      if (own === null) {
        const session = await give(startup);
        own = session;
        session.client = client;
        session.onReady = () => {
          own = null;
          session.client = null;
          free.push(session);
        };
      }
      // The end of a client is none of a session that others use.
      if (isShared && data[0] === 'X'.charCodeAt(0)) return void client.end();
      own.socket.write(data);
    };
    let turn = Promise.resolve();
    client.on('data', (data: Buffer) => (turn = turn.then(() => handle(data))));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Passes on what PostgreSQL says, and looks for the end of a transaction in it. */
function take(session: Session, data: Buffer): void {
  if (session.client === null) session.greeting = Buffer.concat([session.greeting, data]);
  else session.client.write(data);
  session.rest = Buffer.concat([session.rest, data]);
  for (;;) {
    if (session.rest.length < 5) return;
    const length = 1 + session.rest.readInt32BE(1);
    if (session.rest.length < length) return;
    const isDone = session.rest[0] === READY && session.rest[5] === IDLE;
    session.rest = session.rest.subarray(length);
    if (isDone) session.onReady();
  }
}

function replaceOptions(startup: Buffer, options: string): Buffer {
  const fields = startup.toString('latin1', 8).split('\0');
  const at = fields.indexOf('options');
  if (at >= 0) fields[at + 1] = options;
  const body = Buffer.from(fields.join('\0'), 'latin1');
  const head = Buffer.from(startup.subarray(0, 8));
  head.writeInt32BE(8 + body.length);
  return Buffer.concat([head, body]);
}
