/**
 * What a member adds to a request that it passes on to another: where the request came from, signed with a key that only
 * members have. So limits count the client and not the member, and a request is passed on once at most.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export const FORWARDED_HEADER = 'lapwing-forwarded';
/** Clocks of members may differ by so much. */
const MAX_SKEW_MS = 60_000;
const FORM = /^t=(\d{1,15});for=([^;]{1,60});mac=([0-9a-f]{64})$/;

export class ForwardedHeader {
  readonly #secret: Uint8Array;
  readonly #now: () => number;

  /** @param secret the same on all members */
  constructor(secret: Uint8Array, now: () => number = Date.now) {
    this.#secret = secret;
    this.#now = now;
  }

  /** @param address of the client, as limits count it */
  write(address: string): string {
    const signed = `t=${this.#now()};for=${address}`;
    return `${signed};mac=${this.#sign(signed).toString('hex')}`;
  }

  /** @returns the address of the client; null where no member says it */
  read(headers: IncomingHttpHeaders): string | null {
    const given = headers[FORWARDED_HEADER];
    const [, time = '', address = '', mac = ''] = FORM.exec(typeof given === 'string' ? given : '') ?? [];
    if (mac === '' || Math.abs(this.#now() - Number(time)) > MAX_SKEW_MS) return null;
    const isOurs = timingSafeEqual(Buffer.from(mac, 'hex'), this.#sign(`t=${time};for=${address}`));
    return isOurs ? address : null;
  }

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#secret).update(text).digest();
  }
}

/** Whether a member passed it on: it is not passed on again, also where the signature is not valid. */
export function isForwarded(headers: IncomingHttpHeaders): boolean {
  return headers[FORWARDED_HEADER] !== undefined;
}

/** Those of the names that were sent. */
export function pickHeaders(
  headers: IncomingHttpHeaders,
  names: readonly string[],
): Record<string, string | string[]> {
  const picked: Record<string, string | string[]> = {};
  for (const name of names) {
    const value = headers[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
