/**
 * A copy of the sources with failpoints in it and, when asked for, one bug: what is served to users holds neither.
 * In the sources a failpoint is a comment of its own line, `// failpoint: name`, in an async function.
 */
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SeededBug } from './seeded-bugs.ts';

export interface TestBuild extends AsyncDisposable {
  /** What `node --import tsx` runs instead of the sources' main.ts. */
  readonly main: string;
  readonly failpoints: readonly string[];
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What the sources read beside themselves. */
const BESIDE = ['node_modules', 'package.json', 'tsconfig.json', 'prisma', 'schema.graphql'];
const MARK = /^[ \t]*\/\/ failpoint: ([\w.]+)$/gm;

/** @throws Error when the bug's place is not found exactly once: the code moved, and the bug has to follow it */
export async function makeTestBuild(bug: Pick<SeededBug, 'name' | 'changes'> | null): Promise<TestBuild> {
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-build-'));
  for (const name of BESIDE) await symlink(join(ROOT, name), join(folder, name));
  const sources = join(folder, 'src');
  await cp(join(ROOT, 'src'), sources, { recursive: true });
  await cp(new URL('./failpoint.ts', import.meta.url), join(sources, 'failpoint.ts'));
  if (bug !== null) await seed(sources, bug);
  const failpoints: string[] = [];
  for (const file of await listSources(sources)) failpoints.push(...(await openFailpoints(sources, file)));
  return {
    main: join(sources, 'main.ts'),
    failpoints,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function listSources(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder, { recursive: true });
  return files.filter((file) => file.endsWith('.ts') && !file.startsWith('generated'));
}

async function openFailpoints(sources: string, file: string): Promise<readonly string[]> {
  const path = join(sources, file);
  const text = await readFile(path, 'utf8');
  const names = [...text.matchAll(MARK)].map(([, name = '']) => name);
  if (names.length === 0) return [];
  const from = relative(join(path, '..'), join(sources, 'failpoint.ts'));
  const head = `import { reach } from '${from.startsWith('.') ? from : `./${from}`}';\n`;
  await writeFile(path, head + text.replaceAll(MARK, (_, name: string) => `await reach('${name}');`));
  return names;
}

async function seed(sources: string, { name, changes }: Pick<SeededBug, 'name' | 'changes'>): Promise<void> {
  for (const { file, find, replace } of changes) {
    const path = join(sources, file);
    const text = await readFile(path, 'utf8');
    if (text.split(find).length !== 2) {
      throw new Error(`seeded bug ${name}: expected its place once in src/${file}; let it follow the code`);
    }
    await writeFile(
      path,
      text.replace(find, () => replace),
    );
  }
}
