/**
 * The models of an export, one after the other: the file is never in memory as a whole. What is read is a JSON array,
 * or values that follow each other (a single exported model, or one a line).
 */
import { UNPRINTABLE } from '../model.ts';
import { createLimit } from '../platform/runtime/concurrency-limit.ts';
import { Signal } from '../platform/runtime/signal.ts';
import { TransferFileError } from './transfer-target.ts';

/** What stands at one place of the file. */
export type ModelItem =
  | { readonly index: number; readonly model: unknown }
  /** It cannot be read, but its end is known, so that the next ones are not harmed. */
  | { readonly index: number; readonly problem: string };

/** A million samples are some forty megabytes. */
const MAX_MODEL_BYTES = 256 * 1024 * 1024;

const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT, QUOTE, BACKSLASH, COMMA, NEW_LINE] = [
  ...Buffer.from('[]{}"\\,\n'),
];
/** What may stand between values; some editors put a byte order mark in front of a text. */
const BLANKS = new Set(Buffer.from(' \t\r\n\uFEFF'));

/**
 * @param onText called with the length of what is parsed, and given, next
 * @throws TransferFileError for a file that is not of this form, or ends in the middle of a model
 */
export async function* readModels(
  source: AsyncIterable<Buffer>,
  onText: (length: number) => void = () => undefined,
): AsyncGenerator<ModelItem> {
  const splitter = new ModelSplitter();
  let index = 0;
  for await (const chunk of source) {
    for (const text of splitter.push(chunk)) {
      onText(text.length);
      yield parseItem(text, index++);
    }
  }
  splitter.end(index);
}

/**
 * Calls `use` with each model, some of them at once: so many at most, and no further one while those in use were read from as much
 * text. In memory a model takes some six times its text.
 * @throws what `use` throws, or the reading, once all that were begun are done
 */
export async function useModels(
  source: AsyncIterable<Buffer>,
  { width, maxLength }: { readonly width: number; readonly maxLength: number },
  use: (item: ModelItem) => Promise<void>,
): Promise<void> {
  let [inUse, length] = [0, 0];
  const models = readModels(source, (next) => (length = next));
  const reading = createLimit(1);
  const released = new Signal();
  const work = async () => {
    for (;;) {
      const next = await reading.run(async () => {
        while (inUse >= maxLength) await released.wait().done;
        const given = await models.next();
        if (given.done === true) return null;
        inUse += length;
        return { item: given.value, length };
      });
      if (next === null) return;
      try {
        await use(next.item);
      } finally {
        inUse -= next.length;
        released.wake();
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: width }, work));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

function parseItem(text: string, index: number): ModelItem {
  try {
    return { index, model: JSON.parse(text) as unknown };
  } catch (error) {
    return { index, problem: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Of the line a file begins with. */
const MAX_SHOWN_BYTES = 80;

/** By what it begins with: the mistakes that are made with files. */
function describeOther(beginning: Buffer): string {
  const expected = 'expected a JSON list of models, or a model';
  if (beginning[0] === 0x1f && (beginning[1] ?? 0x8b) === 0x8b)
    return `${expected}, got what gzip compressed: a backup is for lapwing restore, an export for gunzip first`;
  if (beginning[0] === 0xff || beginning[0] === 0xfe) return `${expected}, in UTF-8, got UTF-16`;
  const [line = ''] = beginning.toString('utf8', 0, MAX_SHOWN_BYTES).split(/[\r\n]/, 1);
  // Half of a character is at its end.
  const shown = line.replace(/\ufffd+$/, '').replaceAll('\t', ' ');
  const got = shown === '' || UNPRINTABLE.test(shown) ? '' : `, got ${JSON.stringify(shown)}`;
  return `${expected}, as lapwing export writes them${got}: samples of other programs are pushed, see docs/push.md#files-of-other-programs`;
}

/** After which an object may begin within a value. */
const BEFORE_OBJECT = new Set(Buffer.from('[,:'));

/**
 * Cuts bytes into values by their brackets and quotes alone, all of which are one byte in UTF-8. Of values one a line, one that
 * was cut ends where the next begins: no text goes over a line end, and no object follows a value.
 */
class ModelSplitter {
  /** Null before the first byte that says so. */
  #isList: boolean | null = null;
  #isListOver = false;
  #depth = 0;
  #inText = false;
  #isEscaped = false;
  /** The last byte outside of texts that is no blank. */
  #last = 0;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** @returns the values that end in this chunk @throws TransferFileError */
  *push(chunk: Buffer): Generator<string> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (this.#isListOver || this.#isList === null) {
        start = at + 1;
        if (BLANKS.has(byte)) continue;
        if (this.#isListOver) throw new TransferFileError('there is something after the end of the list');
        this.#isList = byte === OPEN_LIST;
        if (this.#isList) continue;
        if (byte !== OPEN_OBJECT) throw new TransferFileError(describeOther(chunk.subarray(at)));
        start = at;
      }
      const verdict = this.#step(byte);
      if (verdict === 'goes on') continue;
      this.#take(chunk.subarray(start, verdict === 'ends here' ? at + 1 : at));
      start = verdict === 'another begins' ? at : at + 1;
      yield* this.#finish();
      this.#isListOver = this.#isList && byte === CLOSE_LIST && verdict === 'ended before';
    }
    this.#take(chunk.subarray(start));
  }

  /** @param index of the model that would be next @throws TransferFileError when more was to come */
  end(index: number): void {
    const isCut = this.#isList === true ? !this.#isListOver : this.#finish().length > 0;
    if (this.#isList === null) throw new TransferFileError('the file is empty');
    if (isCut) throw new TransferFileError(`the file ends within model ${index}, or before its list does`);
  }

  /** @returns whether a value ends at this byte, or before it */
  #step(byte: number): 'goes on' | 'ends here' | 'ended before' | 'another begins' {
    if (this.#inText) {
      if (byte === NEW_LINE && this.#isList === false) return this.#giveUp();
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) this.#inText = false;
      return 'goes on';
    }
    const last = this.#last;
    if (!BLANKS.has(byte)) this.#last = byte;
    if (byte === OPEN_OBJECT && this.#isList === false && this.#depth > 0 && !BEFORE_OBJECT.has(last)) {
      this.#depth = 1;
      return 'another begins';
    }
    if (byte === QUOTE) this.#inText = true;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) this.#depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (this.#depth === 0) return 'ended before';
      this.#depth -= 1;
      if (this.#depth === 0 && this.#isList === false) return 'ends here';
    } else if (byte === COMMA && this.#depth === 0) return 'ended before';
    return 'goes on';
  }

  #giveUp(): 'ended before' {
    [this.#inText, this.#isEscaped, this.#depth] = [false, false, 0];
    return 'ended before';
  }

  #take(part: Buffer): void {
    if (part.length === 0) return;
    this.#bytes += part.length;
    if (this.#bytes > MAX_MODEL_BYTES)
      throw new TransferFileError(`a model is larger than ${MAX_MODEL_BYTES} bytes`);
    this.#parts.push(part);
  }

  #finish(): string[] {
    const text = Buffer.concat(this.#parts).toString().trim();
    this.#parts = [];
    this.#bytes = 0;
    return text === '' ? [] : [text];
  }
}
