/**
 * JSON from outside. Its shape is checked on the bytes before it is parsed: JSON.parse makes an object of every pair of
 * brackets, so that a megabyte of them costs seconds and hundreds of megabytes of memory.
 */

/** Nested lists and objects; no input of ours is half as deep. */
const MAX_DEPTH = 64;
/** Lists and objects: as many as there are in the densest data we know of, pairs such as `[1764331200,1],`. */
const BYTES_PER_CONTAINER = 8;
/** Small bodies may be as dense as they like. */
const FREE_CONTAINERS = 1000;
/** Names are compared in the whole and in the objects right below it: a request, its variables. */
const UNIQUE_NAMES_DEPTH = 2;

const [QUOTE, BACKSLASH, COLON, LAST_BLANK] = [0x22, 0x5c, 0x3a, 0x20];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** The text is JSON, or may be, but no client of ours writes the like. The message says what was expected. */
export class JsonShapeError extends Error {
  override readonly name = 'JsonShapeError';
}

/**
 * @param ofList.isDeeper whether names are compared one level deeper where the whole is a list: of requests
 * @throws JsonShapeError for too many brackets, too deep ones, and a name that comes twice in the outermost object or
 *   in one right below it: parsers differ in which of the two they take, and a filter in front of the server may have
 *   seen the other one
 * @throws SyntaxError for what is no JSON; TypeError for bytes that are no UTF-8
 */
export function parseJson(bytes: Buffer, ofList = { isDeeper: false }): unknown {
  checkShape(bytes, ofList.isDeeper);
  // Decoded loosely, bytes that are no text would become U+FFFD and be stored as a name.
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
}

function checkShape(bytes: Buffer, isListDeeper: boolean): void {
  const maxContainers = FREE_CONTAINERS + Math.floor(bytes.length / BYTES_PER_CONTAINER);
  /** Names of the objects that are open, by depth. */
  const names: Set<string>[] = [];
  let [depth, containers, namesDepth] = [0, 0, UNIQUE_NAMES_DEPTH];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      const end = findStringEnd(bytes, at);
      if (depth <= namesDepth && isName(bytes, end)) {
        addName(names[depth], bytes.toString('utf8', at, end));
      }
      at = end - 1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      depth += 1;
      containers += 1;
      if (depth > MAX_DEPTH) throw new JsonShapeError(`expected at most ${MAX_DEPTH} levels of brackets`);
      if (containers > maxContainers) {
        throw new JsonShapeError(
          `expected at most ${maxContainers} lists and objects in ${bytes.length} bytes`,
        );
      }
      if (isListDeeper && byte === OPEN_LIST && depth === 1) namesDepth += 1;
      if (depth <= namesDepth) names[depth] = new Set();
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth -= 1;
  }
}

/** @returns the place behind the closing quote */
function findStringEnd(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return Math.min(bytes.length, at + 1);
}

/** Whether a colon follows. */
function isName(bytes: Buffer, behind: number): boolean {
  let at = behind;
  while ((bytes[at] ?? COLON) <= LAST_BLANK) at += 1;
  return bytes[at] === COLON;
}

/** @param quoted as it is written, escapes and all */
function addName(names: Set<string> | undefined, quoted: string): void {
  if (names === undefined) return;
  const name = quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
  if (names.has(name)) {
    throw new JsonShapeError(`expected each name once, got ${JSON.stringify(name.slice(0, 60))} twice`);
  }
  names.add(name);
}
