/**
 * Links that let their holder take one thing for some minutes, without a key: a browser or curl can follow them.
 * What they are for stands in them, signed with a key that is made anew at every start; nothing is stored. A link ends
 * with the API key or the session that asked for it: a revoked key leaves no way in behind.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CallerIdentity } from '../access/caller.ts';
import type { DownloadFormat } from './download-format.ts';
import type { ScoreFilter } from '../score-log/score-filter.ts';

/** The archive of one metric. */
export interface ArchiveDownload {
  readonly kind: 'archive';
  readonly metricId: string;
  /** A comment of the one who asked for it. */
  readonly comment: string | null;
}

/** The samples of a selection. */
export interface SamplesDownload {
  readonly kind: 'samples';
  readonly format: DownloadFormat;
  readonly filter: ScoreFilter;
  /** Of the samples within their metrics; null for all. */
  readonly rowIds: readonly number[] | null;
  /** Maximum number of samples; null for all. */
  readonly limit: number | null;
  /** Both ends belong to it; null for open. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Whether samples that were never scored are given too. */
  readonly unscored: boolean;
}

/** What a link gives. */
export type Download = ArchiveDownload | SamplesDownload;

export interface DownloadLinks {
  /** The last part of the link's path, and when it ends. */
  sign: (what: Download, caller: CallerIdentity) => { readonly token: string; readonly expiresAt: Date };
  /** @returns the word for why there is nothing behind it, when there is not */
  open: (token: string) => SignedDownload | 'expired' | 'forged';
}

/** With the caller that asked for it. */
export interface SignedDownload extends CallerIdentity {
  readonly what: Download;
  readonly expiresMs: number;
}

const KEY_BYTES = 32;

/** @param options.lifeSeconds how long a link lasts */
export function createDownloadLinks(options: {
  readonly lifeSeconds: number;
  readonly now?: () => number;
}): DownloadLinks {
  const { lifeSeconds, now = Date.now } = options;
  const key = randomBytes(KEY_BYTES);
  const seal = (payload: string) => createHmac('sha256', key).update(payload).digest();

  return {
    sign: (what, { keyId, user }) => {
      const expiresMs = now() + lifeSeconds * 1000;
      const signed: SignedDownload = { what, keyId, user, expiresMs };
      const payload = Buffer.from(JSON.stringify(signed)).toString('base64url');
      return { token: `${payload}.${seal(payload).toString('base64url')}`, expiresAt: new Date(expiresMs) };
    },
    open: (token) => {
      const [payload = '', mac = ''] = token.split('.');
      const given = Buffer.from(mac, 'base64url');
      const right = seal(payload);
      if (given.length !== right.length || !timingSafeEqual(given, right)) return 'forged';
      // The seal says that it is what was written above.
      const signed = JSON.parse(Buffer.from(payload, 'base64url').toString()) as SignedDownload;
      return now() > signed.expiresMs ? 'expired' : signed;
    },
  };
}
