/** Who asks over HTTP or a new WebSocket: found before anything of what is asked is read. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../../../core/access/caller.ts';
import type { CallerProblem, Callers } from '../../../core/access/callers.ts';
import type { ReadAddress } from '../../../core/access/client-address.ts';
import { readConnectionKey, readHeaderKey } from '../../../core/access/read-credentials.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import { chooseResponseType } from '../request-error.ts';

const MESSAGES: Readonly<Record<CallerProblem, string>> = {
  missing_key:
    'an API key is needed: send it as authorization: Bearer KEY, or as x-api-key: KEY; over WebSocket as { apiKey: KEY } in connection_init',
  wrong_key: 'the API key is not valid',
  too_many_guesses: 'too many wrong API keys came from this address: try again in a second',
  no_session: 'the session has ended: sign in again',
};

export interface Admission {
  /** Null when the refusal was answered. */
  readonly admitRequest: (request: IncomingMessage, response: ServerResponse) => Promise<Caller | null>;
  /**
   * @param params what connection_init carries
   * @param client.headers of the upgrade
   * @returns null for nobody we know; a promise only where a session has to be confirmed first
   */
  readonly admitSocket: (
    params: unknown,
    client: { readonly headers: IncomingHttpHeaders; readonly address: string },
  ) => Caller | null | Promise<Caller | null>;
}

export function createAdmission(callers: Callers, stats: Stats, readAddress: ReadAddress): Admission {
  const count = (found: Caller | CallerProblem): Caller | null => {
    if (typeof found !== 'string') return found;
    stats.countReason('requests_refused', found);
    return null;
  };
  return {
    admitRequest: async (request, response) => {
      const { headers } = request;
      const address = readAddress(request);
      const found = await callers.identify({ key: readHeaderKey(headers), headers, address });
      if (typeof found === 'string') answerUnknown(request, response, found);
      return count(found);
    },
    admitSocket: (params, { headers, address }) => {
      const key = readConnectionKey(params) ?? readHeaderKey(headers);
      const found = callers.identify({ key, headers, address });
      return found instanceof Promise ? found.then(count) : count(found);
    },
  };
}

function answerUnknown({ headers }: IncomingMessage, response: ServerResponse, problem: CallerProblem): void {
  const isGuessing = problem === 'too_many_guesses';
  response.writeHead(isGuessing ? 429 : 401, {
    ...(isGuessing ? { 'retry-after': '1' } : { 'www-authenticate': 'Bearer' }),
    'content-type': chooseResponseType(headers),
    // A body that was not read cannot be followed by another request.
    connection: 'close',
  });
  const code = isGuessing ? 'TOO_MANY_REQUESTS' : 'UNAUTHENTICATED';
  response.end(JSON.stringify({ errors: [{ message: MESSAGES[problem], extensions: { code } }] }));
}
