/**
 * Reading a large body without the lists in its variables that are longer than any may be. JSON.parse takes several
 * times as long to make their items as it takes to count them, only for the limits to refuse them.
 */
import type { Variables } from './row-estimate.ts';

/** Below this a body is parsed in a few milliseconds, whatever is in it. */
const LARGE_BODY_BYTES = 1_000_000;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const LAST_SPACE = 0x20;

interface LongList {
  /** Names of the objects it is in, and its own: ['variables', 'points']. */
  readonly path: readonly string[];
  readonly start: number;
  readonly end: number;
  readonly items: number;
}

export interface ShortenedBody {
  readonly bytes: Buffer;
  /** Puts lists of nothing, as long as those that were taken out, into what was parsed: to be refused, not used. */
  readonly restoreLengths: (parsed: object) => void;
}

/** @returns the body as it is unless it is large and has such lists; one that is no JSON may come back as it likes */
export function skipLongLists(bytes: Buffer, mostItems: number): ShortenedBody {
  const lists = bytes.length < LARGE_BODY_BYTES ? [] : findLongLists(bytes, mostItems);
  if (lists.length === 0) return { bytes, restoreLengths: () => undefined };
  const kept: Buffer[] = [];
  let from = 0;
  for (const { start, end } of lists) {
    kept.push(bytes.subarray(from, start + 1));
    from = end - 1;
  }
  kept.push(bytes.subarray(from));
  return {
    bytes: Buffer.concat(kept),
    restoreLengths: (parsed) => {
      for (const { path, items } of lists) placeList(parsed, path, items);
    },
  };
}

/** Where the parsed body has no such place the list was overwritten by a later one of its name. */
function placeList(parsed: object, path: readonly string[], items: number): void {
  let object: unknown = parsed;
  for (const name of path.slice(0, -1)) object = isObject(object) ? object[name] : undefined;
  if (isObject(object)) object[path.at(-1) ?? ''] = new Array<undefined>(items);
}

/** The longest list among variables and the objects in them, wherever it is used; lists are not looked into. */
export function findLongestVariable(variables: Variables): { place: string; items: number } | null {
  let longest: { place: string; items: number } | null = null;
  const open: [place: string, value: unknown][] = [['variables', variables]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [place, value] = next;
    if (Array.isArray(value)) {
      if (longest === null || value.length > longest.items) longest = { place, items: value.length };
    } else if (isObject(value)) {
      for (const name of Object.keys(value)) open.push([`${place}.${name}`, value[name]]);
    }
  }
  return longest;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** In the order they stand. Names are taken as they are written, without regard to escapes. */
function findLongLists(bytes: Buffer, mostItems: number): readonly LongList[] {
  const lists: LongList[] = [];
  /** The object at hand and those it is in; the body itself has no name. */
  const path: string[] = [];
  let name = '';
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === OPEN_OBJECT) path.push(name);
    else if (byte === CLOSE_OBJECT) path.pop();
    else if (byte === QUOTE) {
      const end = endString(bytes, at);
      if (isName(bytes, end)) name = bytes.toString('utf8', at + 1, end - 1);
      at = end - 1;
    } else if (byte === OPEN_LIST) {
      const { end, items } = measureList(bytes, at);
      if (items > mostItems && path[1] === 'variables') {
        lists.push({ path: [...path.slice(1), name], start: at, end, items });
      }
      at = end - 1;
    }
  }
  return lists;
}

/** @returns the place behind the list, and how many items it has */
function measureList(bytes: Buffer, start: number): { readonly end: number; readonly items: number } {
  let [depth, commas, at] = [0, 0, start];
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endString(bytes, at) - 1;
    else if (byte === COMMA) commas += depth === 1 ? 1 : 0;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      depth -= 1;
      if (depth === 0) break;
    }
  }
  return { end: Math.min(bytes.length, at + 1), items: commas + 1 };
}

/** @returns the place behind the closing quote */
function endString(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return Math.min(bytes.length, at + 1);
}

/** Whether a colon follows. */
function isName(bytes: Buffer, behind: number): boolean {
  let at = behind;
  while ((bytes[at] ?? COLON) <= LAST_SPACE) at += 1;
  return bytes[at] === COLON;
}
