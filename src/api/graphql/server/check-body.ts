/** The body of a POST: JSON only, UTF-8 only, and not longer than it may be. Read by us: yoga's own way costs more. */
import type { IncomingMessage } from 'node:http';
import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { nextParseSlot, PIECE_BYTES } from '../../../platform/bounded-input/parse-slot.ts';
import { showValue } from '../../../platform/bounded-input/show-value.ts';
import { JsonShapeError, parseJson } from '../../../platform/bounded-input/parse-json.ts';
import type { Refuse } from '../limits/error.ts';

/** @param mostBytes a longer body is refused with 413 as soon as that is known */
export function checkBody(
  mostBytes: number,
  refuseExcess: Refuse,
): Plugin<object, { readonly req?: IncomingMessage }> {
  const refuseLonger = (seen: number | string) =>
    refuseExcess({ limit: 'body', place: 'body bytes', allowed: mostBytes, seen, http: { status: 413 } });
  return {
    onRequestParse({ request, requestParser, setRequestParser, serverContext: { req } }) {
      if (request.method === 'GET' && requestParser !== undefined) {
        setRequestParser((asked) => readSearch(() => requestParser(asked)));
      }
      if (request.method === 'PUT') throw refusePut();
      if (request.method !== 'POST') return;
      // A page of another site may send forms and plain text without asking, but JSON only with our leave.
      if (!isJson(request.headers.get('content-type'))) {
        throw refuse(415, 'expected the header content-type: application/json');
      }
      const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
      if (encoding !== 'identity') {
        throw refuse(415, `content-encoding: expected none, got ${JSON.stringify(encoding.slice(0, 100))}`);
      }
      if (req === undefined) return;
      // Yoga has none for a type in capitals, or another of JSON, and would answer without a word.
      setRequestParser(async () => {
        const body = await readBody(req, mostBytes, refuseLonger);
        if (body.length > PIECE_BYTES) await nextParseSlot();
        const params = parseBody(body);
        // What is wrong with an operation of several is its own affair: see separate-batches.ts.
        return Array.isArray(params) ? (params as GraphQLParams[]) : readParams(params);
      });
    },
  };
}

/** Yoga takes variables that are no JSON for a fault of its own. */
async function readSearch<T>(read: () => T): Promise<Awaited<T>> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refuse(400, 'variables, extensions: expected JSON');
  }
}

/** Two headers of one name arrive as one, with a comma: some clients set theirs beside that of their library. */
function isJson(contentType: string | null): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:[;,]|$)/i.test(contentType ?? '');
}

/** What is left of a body that is too long is not kept; Node throws it away once the refusal has been sent. */
function readBody(
  request: IncomingMessage,
  mostBytes: number,
  refuseLonger: (seen: number | string) => Error,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > mostBytes) fail(refuseLonger(`more than ${mostBytes}`));
    };
    const fail = (error: Error) => {
      request.off('data', take);
      reject(error);
    };
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > mostBytes) {
      fail(refuseLonger(announced));
      return;
    }
    // Called for every request, long after its end as a rule: the error is made only where it is one.
    const failEarly = () => fail(refuse(400, 'the body ended before its end'));
    request.on('data', take);
    request.once('end', () => {
      request.off('close', failEarly);
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    });
    // The connection's own error would be taken for one of the database's.
    request.once('error', failEarly);
    request.once('close', failEarly);
  });
}

/** @throws GraphQLError */
export function readParams(params: unknown): GraphQLParams {
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    throw refuse(400, `a GraphQL request: expected an object, got ${showValue(params)}`);
  }
  return 'operationName' in params ? readName(params) : params;
}

/**
 * By GET the specification takes an empty name for none. Clients whose languages have no null send one by POST, too.
 * @throws GraphQLError
 */
function readName(params: object & { readonly operationName: unknown }): GraphQLParams {
  const { operationName, ...others } = params;
  if (operationName === null || operationName === '') return others;
  if (typeof operationName === 'string') return { ...others, operationName };
  throw refuse(400, `operationName: expected a string, got ${showValue(operationName)}`);
}

function parseBody(body: Buffer): unknown {
  try {
    return parseJson(body, { isDeeper: true });
  } catch (error) {
    if (error instanceof JsonShapeError) throw refuse(400, `the body: ${error.message}`);
    if (error instanceof TypeError) throw refuse(400, 'the body is not valid UTF-8');
    throw refuse(400, 'POST body sent invalid JSON.');
  }
}

/** By which graphql-sse asks for a stream that all its subscriptions share: yoga would only name the methods it takes. */
function refusePut(): GraphQLError {
  const message =
    "GraphQL is asked by GET and POST; graphql-sse's single connection mode, which begins with a PUT, is not supported: set singleConnection to false";
  const http = { status: 405, headers: { allow: 'GET, POST' } };
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http } });
}

function refuse(status: number, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status } } });
}
