/**
 * Whether a name has what is searched for without quotes.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */

/** What stands between signs: Project2 and trial333 of Project2-trial333. */
const PART = /[\p{L}\p{N}]+/gu;
/** What begins with a capital or is digits: SDB and Failure of SDBFailure. */
const WORD = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+|\p{L}/gu;

/** A name or a text searched for, taken apart once: a search holds each of its texts against each name. */
export class SplitText {
  readonly #text: string;
  #words: readonly string[] | undefined;
  #lowerWords: readonly string[] | undefined;
  /** In small letters. */
  readonly parts: readonly string[];
  /** The parts without the signs between them. */
  readonly joined: string;

  constructor(text: string) {
    this.#text = text;
    this.parts = lower(split(text, PART));
    this.joined = this.parts.join('');
  }

  /** As they are written. */
  get words(): readonly string[] {
    return (this.#words ??= split(this.#text, WORD));
  }

  get lowerWords(): readonly string[] {
    return (this.#lowerWords ??= lower(this.words));
  }
}

/**
 * A single word, a part or the whole is found whatever its case. Of several words, which must follow each other, those
 * that are written without a sign between them must also have the case of the name: Count1 finds CustomCount1, count1
 * does not. A text of nothing but signs finds everything.
 */
export function hasWords(name: SplitText, text: SplitText): boolean {
  // Whatever is found below stands in the name without its signs; most names are done with here.
  if (!name.joined.includes(text.joined)) return false;
  if (name.joined === text.joined || includesRun(name.parts, text.parts)) return true;
  if (text.parts.length > 1 || text.words.length === 1) return includesRun(name.lowerWords, text.lowerWords);
  return includesRun(name.words, text.words);
}

function split(text: string, pattern: RegExp): readonly string[] {
  return text.match(pattern) ?? [];
}

function lower(words: readonly string[]): readonly string[] {
  return words.map((word) => word.toLowerCase());
}

/** Whether the words follow each other somewhere among the others. */
function includesRun(words: readonly string[], run: readonly string[]): boolean {
  return words.some((_, start) => run.every((word, i) => words[start + i] === word)) || run.length === 0;
}
