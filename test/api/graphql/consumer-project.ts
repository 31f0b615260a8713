/** A project of somebody else's, with the same packages installed. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

export interface ConsumerProject extends AsyncDisposable {
  readonly folder: string;
}

/** With schema.graphql and the client of the docs in it. */
export async function createConsumerProject(): Promise<ConsumerProject> {
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-consumer-'));
  for (const file of ['schema.graphql', 'tsconfig.json']) await cp(join(ROOT, file), join(folder, file));
  await cp(join(ROOT, 'docs/client'), join(folder, 'docs/client'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

/** @returns what it said. @throws Error with all it said, when it fails */
export async function runTool(tool: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout, stderr } = await run(join(ROOT, 'node_modules/.bin', tool), args, { cwd });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${tool} failed:\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}
