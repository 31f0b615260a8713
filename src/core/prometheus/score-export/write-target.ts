/** The server scores are written to. It says one of three things of a request: taken, never to be sent again, or later. */
import { readRetryAfter } from '../../../platform/outbound/retry-after.ts';
import { runWithin } from '../../../platform/outbound/time-limit.ts';

export interface WriteTarget {
  /** @throws what the connection fails with */
  readonly post: (body: Uint8Array<ArrayBuffer>, signal: AbortSignal) => Promise<WriteAnswer>;
}

export interface WriteAnswer {
  readonly outcome: 'TAKEN' | 'REFUSED' | 'LATER';
  readonly status: number;
  /** The beginning of what it said. */
  readonly text: string;
  /** How long it asked to be left alone; null where it did not. */
  readonly retryAfterMs: number | null;
}

const TIME_LIMIT_MS = 30_000;
const SHOWN_TEXT = 300;
/**
 * What is sent is wrong, and will be. Every other status may be put right over there (a key, an address, a full disk), and
 * nothing is given up for it: the log keeps what waits.
 */
const REFUSALS: readonly number[] = [400, 409, 413, 422];

export function createWriteTarget(options: {
  readonly url: string;
  /** For basic authentication, with the token as its password; the token is a bearer's when it is left out. */
  readonly user?: string | undefined;
  readonly token?: string | undefined;
  readonly version: string;
}): WriteTarget {
  const { url, user, token, version } = options;
  const headers = {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
    'user-agent': `Lapwing/${version}`,
    ...(token === undefined ? {} : { authorization: writeAuthorization(user, token) }),
  };
  return {
    post: (body, stopped) =>
      runWithin({ limitMs: TIME_LIMIT_MS, stopped }, async (signal) => {
        const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
        const text = await readBeginning(response);
        const retryAfterMs = readRetryAfter(response.headers.get('retry-after'));
        return { outcome: readOutcome(response), status: response.status, text, retryAfterMs };
      }),
  };
}

/** The status has come by then, and counts: a body that is cut off or never ends must not have what was taken sent again. */
async function readBeginning(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of response.body ?? []) {
      const chunk = part as Uint8Array; // the body of a fetch is bytes
      parts.push(chunk);
      bytes += chunk.length;
      if (bytes >= SHOWN_TEXT) break;
    }
  } catch {
    // Cut off, or out of time.
  }
  return Buffer.concat(parts).toString('utf8').slice(0, SHOWN_TEXT);
}

function writeAuthorization(user: string | undefined, token: string): string {
  if (user === undefined) return `Bearer ${token}`;
  return `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`;
}

function readOutcome({ ok, status }: Response): WriteAnswer['outcome'] {
  if (ok) return 'TAKEN';
  return REFUSALS.includes(status) ? 'REFUSED' : 'LATER';
}
