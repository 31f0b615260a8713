/** The words of `lapwing key …`. */
import { parseArgs } from 'node:util';
import type { NewKey } from '../core/access/key-store.ts';
import { isScope, SCOPES, type Scope } from '../model.ts';

export type KeyCommand =
  | { readonly deed: 'create'; readonly key: NewKey }
  | { readonly deed: 'list'; readonly revoked: boolean }
  | { readonly deed: 'revoke'; readonly id: string };

const DAY_MS = 86_400_000;
const MAX_DAYS = 36_500;

/** @param words what follows `key` @throws Error when they make no command */
export function readKeyWords(words: readonly string[]): KeyCommand {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      name: { type: 'string' },
      scope: { type: 'string', multiple: true },
      account: { type: 'string' },
      days: { type: 'string' },
      revoked: { type: 'boolean' },
    },
  });
  const [deed, id, extra] = positionals;
  const odd = extra ?? (deed === 'revoke' ? undefined : id);
  if (odd !== undefined) throw new Error(`key ${deed ?? ''} does not take ${JSON.stringify(odd)}`);
  refuseOthers(deed, Object.keys(values));
  switch (deed) {
    case 'create':
      return { deed, key: readNewKey(values) };
    case 'list':
      return { deed, revoked: values.revoked === true };
    case 'revoke':
      if (id === undefined) throw new Error('key revoke needs the id of a key: see lapwing key list');
      return { deed, id };
    default:
      throw new Error('expected key create, key list or key revoke ID');
  }
}

/** Those of another command are refused: who gives one believes that it counts. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  create: ['name', 'scope', 'account', 'days'],
  list: ['revoked'],
  revoke: [],
};

function refuseOthers(deed: string | undefined, given: readonly string[]): void {
  const taken = Object.hasOwn(OPTIONS, deed ?? '') ? OPTIONS[deed ?? ''] : undefined;
  const other = taken === undefined ? undefined : given.find((name) => !taken.includes(name));
  if (other !== undefined) throw new Error(`key ${deed ?? ''} does not take --${other}`);
}

function readNewKey(values: {
  readonly name?: string | undefined;
  readonly scope?: string[] | undefined;
  readonly account?: string | undefined;
  readonly days?: string | undefined;
}): NewKey {
  const { name, scope, account, days } = values;
  if (name === undefined) throw new Error('key create needs --name NAME');
  const scopes = (scope ?? []).flatMap((list) => list.split(',')).map(readScope);
  if (scopes.length === 0) throw new Error(`key create needs --scope, one or more of ${SCOPES.join(', ')}`);
  return { name, scopes, account: account ?? null, expiresAt: days === undefined ? null : readDays(days) };
}

function readScope(word: string): Scope {
  const scope = word.trim().toUpperCase();
  if (isScope(scope)) return scope;
  throw new Error(`--scope: expected ${SCOPES.join(', ')}, got ${JSON.stringify(word)}`);
}

function readDays(text: string): Date {
  // Number takes 0x10 and 1e3, too.
  const days = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (days > 0 && days <= MAX_DAYS) return new Date(Date.now() + days * DAY_MS);
  throw new Error(`--days: expected more than 0 and at most ${MAX_DAYS}, got ${JSON.stringify(text)}`);
}
