/** How most channels are given their messages. */
import { postOrExplain, type Outbound } from '../../platform/outbound/outbound-client.ts';

interface JsonTarget {
  readonly url: string | URL;
  /** Of the message: the same at every attempt. */
  readonly id: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @returns what went wrong, without what is secret of the address; null when it was taken */
export function postJson(
  outbound: Outbound,
  { url, id, headers = {} }: JsonTarget,
  body: object,
): Promise<string | null> {
  return postOrExplain(outbound, {
    url: new URL(url),
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Lapwing',
      'idempotency-key': id,
      ...headers,
    },
    body: JSON.stringify(body),
  });
}
