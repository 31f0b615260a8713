/**
 * What senders of line protocol ask before they send: whether anybody is there (`/ping`), and which databases exist
 * (`/query` of version 1: Telegraf sends CREATE DATABASE, the client for Node.js SHOW DATABASES).
 */
import type { IncomingMessage } from 'node:http';
import { BodyError, readPushBody } from '../push/push-body.ts';
import type { Handler } from '../routes.ts';
import { sendJson } from '../send-json.ts';

/** The newest version of the 1.x line whose write protocol is spoken: senders compare it. */
const PROTOCOL_VERSION = '1.8.10';
const MAX_BYTES = 10_000;
const MAX_STATEMENTS = 100;
/** A name in quotes may hold what ends a statement. */
const STATEMENT = /(?:"[^"]*"|[^;"])+/g;
/**
 * Statements of InfluxQL that clients send when they connect, and what each answers with; see
 * https://docs.influxdata.com/influxdb/v1/query_language/manage-database/
 */
const STATEMENTS: readonly (readonly [form: RegExp, answer: (database: string | null) => object])[] = [
  [/^CREATE\s+DATABASE\s+\S/i, () => ({})],
  [/^(?:CREATE|ALTER)\s+RETENTION\s+POLICY\s+\S/i, () => ({})],
  [/^SHOW\s+DATABASES$/i, listDatabases],
  [
    /^SHOW\s+RETENTION\s+POLICIES(?:\s+ON\s+(?:"[^"]*"|\S+))?$/i,
    () =>
      table(
        undefined,
        ['name', 'duration', 'shardGroupDuration', 'replicaN', 'default'],
        [['autogen', '0s', '168h0m0s', 1, true]],
      ),
  ],
];

/** There is the one that a client names for its questions: Glances ends when it does not find its own. */
function listDatabases(database: string | null): object {
  const names = new Set(['lapwing', ...(database === null || database === '' ? [] : [database])]);
  return table(
    'databases',
    ['name'],
    [...names].map((name) => [name]),
  );
}

function table(
  name: string | undefined,
  columns: readonly string[],
  values: readonly (readonly unknown[])[],
) {
  return { series: [{ ...(name === undefined ? {} : { name }), columns, values }] };
}

/** 204, as InfluxDB answers. */
export const answerPing: Handler = (_request, response) => {
  response.writeHead(204, { 'x-influxdb-version': PROTOCOL_VERSION, 'x-influxdb-build': 'Lapwing' }).end();
};

/** There is one database, whichever name it is given; metrics are read from /graphql. */
export const answerQuery: Handler = async (request, response) => {
  try {
    const { text, database } = await readQuery(request);
    const statements = (text.match(STATEMENT) ?? []).map((statement) => statement.trim());
    const asked = statements.filter((statement) => statement !== '').slice(0, MAX_STATEMENTS);
    const results = asked.map((statement, statement_id) => {
      const answer = STATEMENTS.find(([form]) => form.test(statement))?.[1];
      return answer === undefined ? null : { statement_id, ...answer(database) };
    });
    if (results.length > 0 && !results.includes(null)) {
      sendJson(response, 200, { results });
      return;
    }
    sendJson(response, 400, {
      error:
        'q: expected CREATE DATABASE, SHOW DATABASES, SHOW RETENTION POLICIES, CREATE or ALTER RETENTION POLICY; ' +
        'to read metrics, query /graphql',
    });
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    response.setHeader('connection', 'close');
    sendJson(response, error.status, { error: error.message });
  }
};

/** The parameters `q` and `db`, of the address or of a form. */
async function readQuery(
  request: IncomingMessage,
): Promise<{ readonly text: string; readonly database: string | null }> {
  const address = new URL(request.url ?? '/', 'http://localhost').searchParams;
  const inAddress = address.get('q');
  if (inAddress !== null) return { text: inAddress, database: address.get('db') };
  const body = await readPushBody(request, MAX_BYTES);
  const form = new URLSearchParams(body.toString('utf8'));
  return { text: form.get('q') ?? '', database: form.get('db') ?? address.get('db') };
}
