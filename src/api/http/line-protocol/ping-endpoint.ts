/**
 * What senders of line protocol ask before they send: whether anybody is there (`/ping`), and whether their database
 * may be made (`/query` of version 1, which Telegraf asks with CREATE DATABASE).
 */
import type { IncomingMessage } from 'node:http';
import { type Handler, sendJson } from '../server.ts';
import { BodyError, readWriteBody } from './write-body.ts';

/** The newest version of the 1.x line whose write protocol is spoken: senders compare it. */
const PROTOCOL_VERSION = '1.8.10';
const MOST_BYTES = 10_000;
const CREATE_DATABASE = /^\s*CREATE\s+DATABASE\s+\S/i;

/** 204, as InfluxDB answers. */
export const answerPing: Handler = (_request, response) => {
  response.writeHead(204, { 'x-influxdb-version': PROTOCOL_VERSION, 'x-influxdb-build': 'Lapwing' }).end();
};

/** Every database is there already; there is nothing to ask of one. */
export const answerQuery: Handler = async (request, response) => {
  try {
    const query = await readQuery(request);
    if (CREATE_DATABASE.test(query)) {
      sendJson(response, 200, { results: [{ statement_id: 0 }] });
      return;
    }
    sendJson(response, 400, { error: 'q: expected CREATE DATABASE; to read metrics, ask /graphql' });
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    response.setHeader('connection', 'close');
    sendJson(response, error.status, { error: error.message });
  }
};

/** The parameter `q`, of the address or of a form. */
async function readQuery(request: IncomingMessage): Promise<string> {
  const inAddress = new URL(request.url ?? '/', 'http://localhost').searchParams.get('q');
  if (inAddress !== null) return inAddress;
  const body = await readWriteBody(request, MOST_BYTES);
  return new URLSearchParams(body.toString('utf8')).get('q') ?? '';
}
