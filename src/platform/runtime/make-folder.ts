/** Makes a folder and those above it. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { OperatorError } from '../../errors.ts';

/** LAPWING_DATA_DIR cannot be used; the message says why. */
class DataFolderError extends OperatorError {
  override readonly name = 'DataFolderError';
}

/** @throws DataFolderError */
export async function makeDataFolder(dataDir: string): Promise<void> {
  try {
    await makeFolder(dataDir);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataFolderError(`cannot make the folder LAPWING_DATA_DIR=${dataDir}: ${reason}`, {
      cause: error,
    });
  }
}

/**
 * As `mkdir -p`. The recursive mkdir of Node 20 never returns where the system answers ENOENT for a folder whose parent
 * exists (/proc, a link that leads nowhere); here each step is tried once.
 * @throws the system's error for the folder that cannot be made
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  const missing: string[] = [];
  for (let folder = resolve(path); !(await isFolder(folder)); folder = dirname(folder)) {
    missing.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  for (const folder of missing) {
    await mkdir(folder, { mode }).catch(async (error: unknown) => {
      // Another process may have made it meanwhile.
      if (!(await isFolder(folder))) throw error;
    });
  }
}

/** @throws the system's error when the path cannot be looked at, or is something else than a folder */
async function isFolder(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
  // Lets the system say what is wrong with it: EEXIST for the path itself, ENOTDIR below it.
  await mkdir(path);
  return false;
}
