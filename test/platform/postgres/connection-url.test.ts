/** What operators write into DATABASE_URL, by the documentation of libpq and of who hosts PostgreSQL. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import {
  configureConnection,
  describeConnection,
  openClient,
  selectDatabase,
} from '../../../src/platform/postgres/connection.ts';
import { fc } from '../../helpers/property.ts';
import { SELF_SIGNED } from '../../helpers/self-signed.ts';

/** As pg understands what it is given. */
function read(connection: string) {
  const client = new pg.Client(configureConnection(connection, 'lapwing test'));
  const { host, port, user, password, database } = client;
  // Not in the types of pg: what it says to PostgreSQL.
  const { connectionParameters } = client as unknown as {
    readonly connectionParameters: Readonly<Record<string, unknown>>;
  };
  return { host, port, user, password, database, ...pick(connectionParameters) };
}

function pick(given: Readonly<Record<string, unknown>>) {
  const { ssl, options, application_name: name, statement_timeout: statementMs } = given;
  return { ssl, options, name, statementMs };
}

const FIXED = [
  'TimeZone=UTC',
  'search_path=public',
  'DateStyle=ISO',
  'extra_float_digits=1',
  'standard_conforming_strings=on',
  'default_transaction_isolation=read\\ committed',
  'synchronous_commit=on',
  'statement_timeout=0',
  'lock_timeout=0',
  'idle_in_transaction_session_timeout=0',
  'idle_session_timeout=0',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

describe('a DATABASE_URL', () => {
  it.each([
    [
      'postgresql://u:p%40ss%2F@db.example:6432/metrics',
      { password: 'p@ss/', port: 6432, database: 'metrics' },
    ],
    ['postgres://u:p@ss@db.example/metrics', { password: 'p@ss', host: 'db.example' }],
    // A percent sign that encodes nothing.
    ['postgresql://u:100%@db.example/metrics', { password: '100%', options: FIXED }],
    ['postgresql://u:50%25@db.example/metrics', { password: '50%', options: FIXED }],
    ['postgresql://u:%zz%4@db.example/metrics', { password: '%zz%4', options: FIXED }],
    [' postgresql://u:p@db.example/metrics\n', { host: 'db.example', database: 'metrics' }],
    ['postgresql://u:p@[2001:db8::1]:5433/metrics', { host: '2001:db8::1', port: 5433 }],
    // https://cloud.google.com/sql/docs/postgres/connect-run: the host is left out.
    [
      'postgresql://u:p@/metrics?host=/cloudsql/a:b:c',
      { host: '/cloudsql/a:b:c', user: 'u', database: 'metrics' },
    ],
    ['postgresql://u@localhost/metrics?host=/run/postgresql', { host: '/run/postgresql' }],
    ['postgresql:///metrics?host=/run/postgresql&user=u', { host: '/run/postgresql', user: 'u' }],
    // https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
    ['postgresql://%2Frun%2Fpostgresql/metrics', { host: '/run/postgresql', database: 'metrics' }],
    [
      'postgresql://u@db.example/metrics?options=-c%20work_mem%3D1MB',
      { options: `-c work_mem=1MB ${FIXED}` },
    ],
    // https://neon.com/docs/connect/connection-errors: for clients without SNI; and what its console gives.
    ['postgresql://u@db.example/metrics?options=endpoint%3Dep-x', { options: `endpoint=ep-x ${FIXED}` }],
    ['postgresql://u@db.example/m?sslmode=require&channel_binding=require', { ssl: {}, database: 'm' }],
    // TLS is verified, whatever it is called.
    ['postgresql://u@db.example/metrics?sslmode=require', { ssl: {} }],
    ['postgresql://u@db.example/metrics?sslmode=verify-ca', { ssl: {} }],
    ['postgresql://u@db.example/metrics?sslmode=verify-full&sslrootcert=system', { ssl: {} }],
    ['postgresql://u@db.example/metrics?sslrootcert=system', { ssl: {} }],
    ['postgresql://u@db.example/metrics?sslmode=no-verify', { ssl: { rejectUnauthorized: false } }],
    [
      'postgresql://u@db.example/m?sslmode=require&uselibpqcompat=true',
      { ssl: { rejectUnauthorized: false } },
    ],
    ['postgresql://u@db.example/metrics?sslmode=disable', { ssl: false }],
    // Sessions are found by their names, and every wait has a limit.
    ['postgresql://u@db.example/metrics?application_name=mine', { name: 'lapwing test' }],
    ['postgresql://u@db.example/metrics?fallback_application_name=mine', { name: 'lapwing test' }],
    ['postgresql://u@db.example/metrics?statement_timeout=0', { statementMs: 15_000 }],
    // Of Prisma and of libpq, which mean nothing here.
    ['postgresql://u@db.example/m?pgbouncer=true&connection_limit=1&connect_timeout=3', { database: 'm' }],
  ])('%s is understood', (connection, expected) => {
    expect(read(connection)).toMatchObject(expected);
    expect(read(connection).name).toBe('lapwing test');
    expect(read(selectDatabase(connection, 'other'))).toMatchObject({ ...expected, database: 'other' });
  });

  it.each([
    ['', /expected postgresql:/],
    ['host=db.example dbname=metrics', /expected postgresql:/],
    ['jdbc:postgresql://db.example/secret', /expected postgresql:/],
    ['postgres:secret@db.example/metrics', /expected postgresql:/],
    ['"postgresql://u:secret@db.example/metrics"', /it begins with a quotation mark/],
    ['postgresql://u:se/cret@db.example/metrics', /in the password, .* are written %2F %3F %23 and %40/],
    ['postgresql://u:sec#ret@db.example/metrics', /in the password/],
    ['postgresql://u:sec?ret@db.example/metrics', /in the password/],
    ['postgresql://u:secret@a:5432,b:5432/metrics?target_session_attrs=read-write', /names several hosts/],
    ['postgresql://u:secret@a,b/metrics', /names several hosts/],
    ['postgresql://u:secret@/metrics?host=a,b', /names several hosts/],
    ['postgresql://u:secret@db.example/metrics?schema=mine', /schema=mine: only public/],
    ['postgresql://u:secret@db.example/m?sslrootcert=/nowhere/ca.pem', /sslrootcert cannot be read: ENOENT/],
  ])('%s is refused with what to change', (connection, message) => {
    const configure = () => configureConnection(connection, 'lapwing test');
    expect(configure).toThrow(message);
    expect(configure).toThrow(/^DATABASE_URL(?!.*se\W?c\W?ret)/);
  });

  it('has any password, encoded as URLs are, and shows none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (password) => {
        const connection = `postgresql://u:${encodeURIComponent(password)}@db.example/metrics`;
        expect(read(connection)).toMatchObject({ password, options: FIXED });
        expect(describeConnection(connection)).toBe('PostgreSQL database metrics at db.example');
      }),
    );
  });
});

/** https://www.postgresql.org/docs/current/protocol-message-formats.html: ErrorResponse. */
function writeError(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.from('E....');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

/** As PostgreSQL 13. */
const TOO_OLD = writeError('42704', 'unrecognized configuration parameter "idle_session_timeout"');

/** AuthenticationSASL, and AuthenticationSASLContinue after what the client says to that. */
const ASKS_FOR_PASSWORD = [
  [10, 'SCRAM-SHA-256\0\0'],
  [11, 'r=nonce,s=c2FsdA==,i=4096'],
].map(([kind, text]) => writeAuthentication(Number(kind), String(text)));

function writeAuthentication(kind: number, text: string): Buffer {
  const head = Buffer.from('R........');
  head.writeInt32BE(text.length + 8, 1);
  head.writeInt32BE(kind, 5);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** Answers what PostgreSQL does to a request for TLS: `S` and a certificate nobody trusts, or `N`; or to a start. */
async function listen(answer: 'S' | 'N' | Buffer | readonly Buffer[]) {
  const answers = typeof answer === 'string' || Buffer.isBuffer(answer) ? [answer] : answer;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let written = 0;
    socket.on('data', () => {
      const next = answers[written++];
      if (next === undefined) return;
      socket.write(next);
      if (answer !== 'S') return;
      socket.removeAllListeners('data');
      new TLSSocket(socket, { isServer: true, ...SELF_SIGNED }).on('error', () => undefined);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { connection: `postgresql://u@127.0.0.1:${port}/metrics`, [Symbol.dispose]: close };
}

describe('what PostgreSQL is reached by', () => {
  it.each([
    ['S', 'require', /self-signed certificate.*: add sslrootcert=FILE .*, or sslmode=no-verify/],
    ['N', 'require', /does not support SSL connections: leave sslmode out/],
    [ASKS_FOR_PASSWORD, 'disable', /: PostgreSQL asks for a password, and DATABASE_URL has none$/],
    [TOO_OLD, 'disable', /"idle_session_timeout": PostgreSQL 14 or newer is needed$/],
  ] as const)('answers %s to sslmode=%s: it says what to change', async (answer, mode, message) => {
    using server = await listen(answer);
    await expect(openClient(`${server.connection}?sslmode=${mode}`, 'lapwing test')).rejects.toThrow(message);
  });
});
