/** The code that the documents show. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = ['docs', 'docs/client', 'docs/reference'];
const PAGES = [
  'README.md',
  ...FOLDERS.flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => `${folder}/${file}`)),
].filter((file) => file.endsWith('.md'));

export interface Example {
  readonly page: string;
  readonly line: number;
  readonly text: string;
  /** What the page shows below it as the answer. */
  readonly answer: string | null;
}

/** The code of a language on all pages, in order. */
export function listExamples(language: string): readonly Example[] {
  return PAGES.flatMap((page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const pattern = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`\n(?:\n\`\`\`json\n(.*?)^\`\`\`\n)?`, 'gms');
    return [...text.matchAll(pattern)].map(({ 1: code = '', 2: answer, index }) => ({
      page,
      line: text.slice(0, index).split('\n').length,
      text: code,
      answer: answer ?? null,
    }));
  });
}

/** @throws Error when there is none */
export function findExample(examples: readonly Example[], page: string, word: string): Example {
  const found = examples.find((one) => one.page === page && one.text.includes(word));
  if (found === undefined) throw new Error(`${page} has no example with ${word}`);
  return found;
}
