/** What was last opened by the search. Kept as long as the API key is: in this tab, so that the next user sees no names. */
import { keepIfPossible, openStorage } from '../api/storage.ts';
import type { Found } from './list-found.ts';

const KEY = 'lapwing-recent';
export const MAX_RECENT = 6;
const TAB = openStorage(() => sessionStorage);

/** @returns the newest first; nothing when what is stored cannot be read */
export function readRecent(storage = TAB): readonly Found[] {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isFound).slice(0, MAX_RECENT) : [];
  } catch {
    return [];
  }
}

export function keepRecent(found: Found, storage = TAB): void {
  const others = readRecent(storage).filter(({ href }) => href !== found.href);
  const { kind, name, detail, href } = found;
  keepIfPossible(
    storage,
    KEY,
    JSON.stringify([{ kind, name, detail, href }, ...others].slice(0, MAX_RECENT)),
  );
}

function isFound(item: unknown): item is Found {
  if (typeof item !== 'object' || item === null) return false;
  const { kind, name, detail, href } = item as Partial<Record<keyof Found, unknown>>;
  const isText = [kind, name, detail, href].every((part) => typeof part === 'string');
  return isText && /^\/(?!\/)/.test(String(href));
}
