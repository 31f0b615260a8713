/**
 * Whether a name has what is searched for without quotes.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */

/** What stands between signs: Project2 and trial333 of Project2-trial333. */
const PART = /[\p{L}\p{N}]+/gu;
/** What begins with a capital or is digits: SDB and Failure of SDBFailure. */
const WORD = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+|\p{L}/gu;

/**
 * A single word, a part or the whole is found whatever its case. Of several words, which must follow each other, those
 * that are written without a sign between them must also have the case of the name: Count1 finds CustomCount1, count1
 * does not. A text of nothing but signs finds everything.
 */
export function hasWords(name: string, text: string): boolean {
  const [parts, whole] = [lower(split(text, PART)), lower(split(name, PART))];
  // Whatever is found below stands in the name without its signs; most names are done with here.
  if (!whole.join('').includes(parts.join(''))) return false;
  if (whole.join('') === parts.join('') || includesRun(whole, parts)) return true;
  const [words, named] = [split(text, WORD), split(name, WORD)];
  if (parts.length > 1 || words.length === 1) return includesRun(lower(named), lower(words));
  return includesRun(named, words);
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
