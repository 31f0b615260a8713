/** Who asks over HTTP or a new WebSocket: found before anything of what is asked is read. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../access/caller.ts';
import type { KeyProblem, Keys } from '../access/keys.ts';
import { readConnectionKey, readHeaderKey } from '../access/read-credentials.ts';
import type { Stats } from '../observe/stats.ts';

const MESSAGES: Readonly<Record<KeyProblem, string>> = {
  missing_key:
    'an API key is needed: send it as authorization: Bearer KEY, or as x-api-key: KEY; over WebSocket as { apiKey: KEY } in connection_init',
  wrong_key: 'the API key is not valid',
};
const RESPONSE_JSON = 'application/graphql-response+json';

export interface Admission {
  /** Null when the refusal was answered. */
  readonly admitRequest: (request: IncomingMessage, response: ServerResponse) => Caller | null;
  /** @param params what connection_init carries @param headers of the upgrade. Null for nobody we know. */
  readonly admitSocket: (params: unknown, headers: IncomingHttpHeaders) => Caller | null;
}

export function createAdmission(keys: Keys, stats: Stats): Admission {
  const identify = (key: string | null): Caller | KeyProblem => {
    const found = keys.identify(key);
    if (typeof found === 'string') stats.countReason('requests_refused', found);
    return found;
  };
  return {
    admitRequest: (request, response) => {
      const found = identify(readHeaderKey(request.headers));
      if (typeof found !== 'string') return found;
      answerUnknown(request, response, MESSAGES[found]);
      return null;
    },
    admitSocket: (params, headers) => {
      const found = identify(readConnectionKey(params) ?? readHeaderKey(headers));
      return typeof found === 'string' ? null : found;
    },
  };
}

function answerUnknown({ headers }: IncomingMessage, response: ServerResponse, message: string): void {
  const type = headers.accept?.includes(RESPONSE_JSON) === true ? RESPONSE_JSON : 'application/json';
  response.writeHead(401, {
    'content-type': `${type}; charset=utf-8`,
    'www-authenticate': 'Bearer',
    // A body that was not read cannot be followed by another request.
    connection: 'close',
  });
  response.end(JSON.stringify({ errors: [{ message, extensions: { code: 'UNAUTHENTICATED' } }] }));
}
