/** A file system small enough to be filled: a tmpfs of its own, which only root on Linux may mount. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** @returns null, without having called `use`, where nothing can be mounted */
export async function withSmallDisk<T>(
  sizeMb: number,
  use: (folder: string) => Promise<T>,
): Promise<T | null> {
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-disk-'));
  try {
    if (!(await mount(folder, sizeMb))) return null;
    try {
      return await use(folder);
    } finally {
      await execute('umount', ['--lazy', folder]);
    }
  } finally {
    await rmdir(folder);
  }
}

async function mount(folder: string, sizeMb: number): Promise<boolean> {
  try {
    await execute('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', folder]);
    // PostgreSQL runs as somebody else when the server runs as root.
    await chmod(folder, 0o755);
    return true;
  } catch {
    return false;
  }
}
