/** How most channels are given their messages. */
import { postAndRead, type Outbound, type PostFailure } from '../../platform/outbound/outbound-client.ts';

interface JsonTarget {
  readonly url: string | URL;
  /** Of the message: the same at every attempt. */
  readonly id: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @returns what went wrong, without what is secret of the address; null when it was taken */
export async function postJson(
  outbound: Outbound,
  { url, id, headers = {} }: JsonTarget,
  body: object,
): Promise<PostFailure | null> {
  const { failure } = await postAndRead(outbound, {
    url: new URL(url),
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Lapwing',
      'idempotency-key': id,
      ...headers,
    },
    body: JSON.stringify(body),
  });
  return failure;
}
