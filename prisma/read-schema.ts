/** The data model as one text, whichever files it is split into. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDER = import.meta.dirname;

export async function readSchema(): Promise<string> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.prisma')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(FOLDER, file), 'utf8')));
  return texts.join('\n');
}
