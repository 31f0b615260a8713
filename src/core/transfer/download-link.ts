/**
 * Links that let their holder take one thing for some minutes, without a key: a browser or curl can follow them.
 * What they are for stands in them, signed with a key of the data folder; nothing is stored. A restart ends none. A link
 * ends with the API key or the session that asked for it: a revoked key leaves no way in behind.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { CallerIdentity } from '../access/caller.ts';
import type { Keys } from '../access/keys.ts';
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
  open: (token: string) => SignedDownload | 'expired' | 'forged' | 'replaced';
}

/** With the caller that asked for it. */
export interface SignedDownload extends CallerIdentity {
  readonly what: Download;
  readonly expiresMs: number;
}

interface StoredLink extends SignedDownload {
  /** Of the key as it was. */
  readonly keyMark: string | null;
}

/** @param options.lifeSeconds how long a link lasts */
export function createDownloadLinks(options: {
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly keys: Pick<Keys, 'markOf'>;
  readonly lifeSeconds: number;
  readonly now?: () => number;
}): DownloadLinks {
  const { key, keys, lifeSeconds, now = Date.now } = options;
  const seal = (payload: string) => createHmac('sha256', key).update(payload).digest('base64url');

  return {
    sign: (what, { keyId, user }) => {
      const expiresMs = now() + lifeSeconds * 1000;
      const signed: StoredLink = { what, keyId, keyMark: keys.markOf(keyId, key), user, expiresMs };
      const payload = Buffer.from(JSON.stringify(signed)).toString('base64url');
      return { token: `${payload}.${seal(payload)}`, expiresAt: new Date(expiresMs) };
    },
    open: (token) => {
      const [payload = '', mac = ''] = token.split('.');
      // As texts: of the last letter of base64url not every bit counts.
      const [given, right] = [Buffer.from(token), Buffer.from(`${payload}.${seal(payload)}`)];
      if (mac === '' || given.length !== right.length || !timingSafeEqual(given, right)) return 'forged';
      // The seal says that it is what was written above.
      const signed = JSON.parse(Buffer.from(payload, 'base64url').toString()) as StoredLink;
      if (signed.keyMark !== keys.markOf(signed.keyId, key)) return 'replaced';
      return now() > signed.expiresMs ? 'expired' : signed;
    },
  };
}
