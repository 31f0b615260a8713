/**
 * The models of an export, one after the other: the file is never in memory as a whole. What is read is a JSON array,
 * or values that follow each other (a single exported model, or one a line).
 */
import { TransferFileError } from './transfer-target.ts';

/** What stands at one place of the file. */
export type ModelItem =
  | { readonly index: number; readonly model: unknown }
  /** It cannot be read, but its end is known, so that the next ones are not harmed. */
  | { readonly index: number; readonly problem: string };

/** A million samples are some forty megabytes. */
const MAX_MODEL_BYTES = 256 * 1024 * 1024;

const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT, QUOTE, BACKSLASH, COMMA] = [
  ...Buffer.from('[]{}"\\,'),
];
/** What may stand between values; some editors put a byte order mark in front of a text. */
const BLANKS = new Set(Buffer.from(' \t\r\n\uFEFF'));

/** @throws TransferFileError for a file that is not of this form, or ends in the middle of a model */
export async function* readModels(source: AsyncIterable<Buffer>): AsyncGenerator<ModelItem> {
  const splitter = createSplitter();
  let index = 0;
  for await (const chunk of source) {
    for (const text of splitter.push(chunk)) yield parseItem(text, index++);
  }
  splitter.end(index);
}

function parseItem(text: string, index: number): ModelItem {
  try {
    return { index, model: JSON.parse(text) as unknown };
  } catch (error) {
    return { index, problem: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Cuts bytes into values by their brackets and quotes alone, all of which are one byte in UTF-8. */
function createSplitter() {
  let isList: boolean | null = null;
  let isListOver = false;
  let depth = 0;
  let inText = false;
  let escaped = false;
  let parts: Buffer[] = [];
  let bytes = 0;

  const take = (part: Buffer) => {
    if (part.length === 0) return;
    bytes += part.length;
    if (bytes > MAX_MODEL_BYTES)
      throw new TransferFileError(`a model is larger than ${MAX_MODEL_BYTES} bytes`);
    parts.push(part);
  };
  const finish = (): string[] => {
    const text = Buffer.concat(parts).toString().trim();
    parts = [];
    bytes = 0;
    return text === '' ? [] : [text];
  };
  /** @returns whether a value ends at this byte, or before it */
  const step = (byte: number): 'goes on' | 'ends here' | 'ended before' => {
    if (inText) {
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) inText = false;
      return 'goes on';
    }
    if (byte === QUOTE) inText = true;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (depth === 0) return 'ended before';
      depth -= 1;
      if (depth === 0 && isList === false) return 'ends here';
    } else if (byte === COMMA && depth === 0) return 'ended before';
    return 'goes on';
  };

  function* push(chunk: Buffer): Generator<string> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (isListOver || isList === null) {
        start = at + 1;
        if (BLANKS.has(byte)) continue;
        if (isListOver) throw new TransferFileError('there is something after the end of the list');
        isList = byte === OPEN_LIST;
        if (isList) continue;
        if (byte !== OPEN_OBJECT) throw new TransferFileError('expected a JSON list of models, or a model');
        start = at;
      }
      const verdict = step(byte);
      if (verdict === 'goes on') continue;
      take(chunk.subarray(start, verdict === 'ends here' ? at + 1 : at));
      start = at + 1;
      yield* finish();
      isListOver = isList && byte === CLOSE_LIST && verdict === 'ended before';
    }
    take(chunk.subarray(start));
  }

  return {
    push,
    /** @throws TransferFileError when more was to come */
    end: (index: number) => {
      const isCut = isList === true ? !isListOver : finish().length > 0;
      if (isList === null) throw new TransferFileError('the file is empty');
      if (isCut) throw new TransferFileError(`the file ends within model ${index}, or before its list does`);
    },
  };
}
