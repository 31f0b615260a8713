/** Addresses of the page kept in this browser under a name: views, and metrics with a star. */
import { createStore, type Store } from '../api/store.ts';
import type { Kept } from '../api/storage.ts';

export interface Saved {
  readonly name: string;
  /** From the root of this server, with what is chosen there. */
  readonly href: string;
}

export const MAX_SAVED = 100;
export const MAX_NAME_LENGTH = 80;
const MAX_HREF_LENGTH = 4000;

/** As long as a name may be: those of metrics are often longer, and only shown. */
export function shortenName(name: string): string {
  return name.length <= MAX_NAME_LENGTH ? name : `${name.slice(0, MAX_NAME_LENGTH - 1)}…`;
}

/** What is changed is read again first: another tab may have changed it meanwhile. */
export class SavedList {
  readonly items: Store<readonly Saved[]>;
  readonly #storage: Kept;
  readonly #key: string;
  /** What no two of them share. */
  readonly #unique: keyof Saved;

  constructor(storage: Kept, key: string, unique: keyof Saved) {
    this.#storage = storage;
    this.#key = key;
    this.#unique = unique;
    this.items = createStore(this.#read());
  }

  /** Takes over what other tabs change, for as long as the page is open. */
  followOtherTabs(target: Pick<Window, 'addEventListener'>): void {
    target.addEventListener('storage', ({ key }) => {
      if (key === this.#key || key === null) this.items.set(this.#read());
    });
  }

  /** @returns in one sentence why it was not kept; null when it was */
  add({ name, href }: Saved): string | null {
    const items = this.#read();
    if (items.length >= MAX_SAVED)
      return `This browser keeps at most ${MAX_SAVED} of them. Delete one first.`;
    return this.#keep(items, { name: name.trim(), href });
  }

  /** @returns in one sentence why it was not renamed; null when it was */
  rename(old: Saved, name: string): string | null {
    const others = this.#read().filter((item) => !isSame(item, old));
    return this.#keep(others, { name: name.trim(), href: old.href });
  }

  /** @returns in one sentence why it is still there; null when it is not */
  remove(old: Saved): string | null {
    return this.#write(this.#read().filter((item) => item[this.#unique] !== old[this.#unique]));
  }

  #keep(others: readonly Saved[], item: Saved): string | null {
    if (item.name === '') return 'A name is needed.';
    if (item.name.length > MAX_NAME_LENGTH) return `A name has at most ${MAX_NAME_LENGTH} characters.`;
    if (!isSaved(item)) return 'The address of this view is too long to keep.';
    if (others.some((other) => other[this.#unique] === item[this.#unique]))
      return 'There is one of this name already.';
    return this.#write(
      [...others, item].toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true })),
    );
  }

  #write(items: readonly Saved[]): string | null {
    try {
      this.#storage.setItem(this.#key, JSON.stringify(items));
    } catch {
      return 'This browser keeps nothing: its storage is full or switched off.';
    }
    this.items.set(items);
    return null;
  }

  /** What somebody else wrote there is left out. */
  #read(): readonly Saved[] {
    try {
      const kept: unknown = JSON.parse(this.#storage.getItem(this.#key) ?? '[]');
      return Array.isArray(kept)
        ? kept
            .filter(isSaved)
            .map(({ name, href }) => ({ name, href }))
            .slice(0, MAX_SAVED)
        : [];
    } catch {
      return [];
    }
  }
}

function isSame(a: Saved, b: Saved): boolean {
  return a.name === b.name && a.href === b.href;
}

/** An address of this server: neither another host's nor a script. */
function isSaved(item: unknown): item is Saved {
  if (typeof item !== 'object' || item === null) return false;
  const { name, href } = item as Partial<Record<keyof Saved, unknown>>;
  if (typeof name !== 'string' || typeof href !== 'string') return false;
  return name !== '' && href.length <= MAX_HREF_LENGTH && /^\/(?![/\\])/.test(href);
}
