/** The program as a process runs it. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Resolved here: the program may be run from any folder. */
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILT = join(ROOT, 'dist/main.js');
const SOURCES = join(ROOT, 'src');

/**
 * Arguments with which Node runs TypeScript as it stands.
 * @param preload modules to load first
 */
export function fromSources(
  main = join(SOURCES, 'main.ts'),
  preload: readonly string[] = [],
): readonly string[] {
  return [...[TSX, ...preload].flatMap((module) => ['--import', module]), main];
}

/** Arguments with which Node runs the program: as users have it, which starts sooner, if that was built of these sources. */
export function findProgram(): readonly string[] {
  return isBuilt() ? [BUILT] : fromSources();
}

/** Whether the program as users have it is that of these sources. */
export function isBuilt(): boolean {
  if (!existsSync(BUILT)) return false;
  const builtMs = statSync(BUILT).mtimeMs;
  return readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('web'))
    .every((file) => statSync(join(SOURCES, file)).mtimeMs < builtMs);
}
