/**
 * The licence file: who may use this server, until when, for how many resources, signed by its issuer.
 * Lapwing is free software and needs none: without a file everything is allowed. A licence that is expired or
 * wrong is logged as an error and stops nothing that is monitored.
 *
 * The file is `{ "license": base64, "signature": base64 }`. The signature is Ed25519 (RFC 8032) over the decoded
 * bytes of `license`, which are JSON: `{ "holder": text, "expires": "2027-01-31", "resources": 100 }`.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { wordIssue } from '../runtime/word-issue.ts';

export interface LicenseState {
  readonly status: 'ok' | 'warning' | 'error';
  readonly holder: string | null;
  /** When it ends; null for one that never does. */
  readonly expires: Date | null;
  /** Whole days until then, negative afterwards. */
  readonly restDays: number | null;
  /** How many resources may be monitored; null for any number. */
  readonly resources: number | null;
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

const WARN_DAYS = 30;
const DAY_MS = 86_400_000;

const envelope = z.strictObject({ license: z.base64(), signature: z.base64() });
const claims = z.strictObject({
  holder: z.string().min(1),
  /** The last day is part of it; days are those of UTC. */
  expires: z.iso.date().optional(),
  resources: z.int().min(1).optional(),
});

/** What holds without a licence file. */
export const NO_LICENSE: LicenseState = {
  status: 'ok',
  holder: null,
  expires: null,
  restDays: null,
  resources: null,
  warnings: [],
  errors: [],
};

/** A licence that cannot be believed: nothing of it holds, its limits neither. */
export function refuseLicense(error: string): LicenseState {
  return { ...NO_LICENSE, status: 'error', errors: [error] };
}

/**
 * Checks the text of a licence file. Never throws.
 * @param publicKey base64 of the DER form (SubjectPublicKeyInfo) of the issuer's Ed25519 key; null when none is set
 */
export function checkLicense(text: string, publicKey: string | null, now: Date): LicenseState {
  if (publicKey === null)
    return refuseLicense('LAPWING_LICENSE_PUBLIC_KEY is not set: nothing can be checked');
  const key = readKey(publicKey);
  if (key === null)
    return refuseLicense('LAPWING_LICENSE_PUBLIC_KEY: expected base64 of an Ed25519 key in DER');
  const file = envelope.safeParse(parseJson(text));
  if (!file.success) return refuseLicense('the file is not { "license": base64, "signature": base64 }');
  const payload = Buffer.from(file.data.license, 'base64');
  if (!verify(null, payload, key, Buffer.from(file.data.signature, 'base64'))) {
    return refuseLicense('the signature is not that of the issuer');
  }
  const parsed = claims.safeParse(parseJson(payload.toString('utf8')), { error: wordIssue });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuseLicense(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a licence'}`);
  }
  return judge(parsed.data, now);
}

function judge({ holder, expires, resources }: z.output<typeof claims>, now: Date): LicenseState {
  const believed: LicenseState = { ...NO_LICENSE, holder, resources: resources ?? null };
  if (expires === undefined) return believed;
  const end = new Date(Date.parse(expires) + DAY_MS);
  const restDays = Math.floor((end.getTime() - now.getTime()) / DAY_MS);
  const state = { ...believed, expires: end, restDays };
  if (now >= end) return { ...state, status: 'error', errors: [`it ended on ${expires}`] };
  if (restDays > WARN_DAYS) return state;
  return { ...state, status: 'warning', warnings: [`it ends on ${expires}, in ${restDays} days`] };
}

function readKey(publicKey: string): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    // Reported by the caller, with what was expected.
    return null;
  }
}

/** Undefined for what is no JSON: no schema takes it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
