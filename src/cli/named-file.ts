/** Files that are named on the command line; `-` is standard input or output. */
import { constants, rmSync, statSync } from 'node:fs';
import { type FileHandle, lstat, open, realpath, rename, rm, stat } from 'node:fs/promises';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { toError } from '../platform/runtime/to-error.ts';
import { TransferFileError } from './transfer-target.ts';

/** What stands for standard input or output. */
const STANDARD = '-';

/** How a file that is read is called in messages. */
export function nameInput(file: string): string {
  return file === STANDARD ? 'standard input' : file;
}

/** @throws TransferFileError when there is no such file, or it is a folder */
export async function openInput(file: string): Promise<Readable> {
  if (file === STANDARD) return process.stdin;
  const handle = await open(file).catch((error: unknown) => {
    throw new TransferFileError(`cannot read ${file}: ${toError(error).message}`, { cause: error });
  });
  if (!(await handle.stat()).isDirectory()) return handle.createReadStream();
  await handle.close();
  throw new TransferFileError(`cannot read ${file}: it is a folder`);
}

/** What comes, and what it goes through. */
type Source = readonly [Readable, ...Duplex[]];

export interface Output {
  /** Writes all of it. Where that fails nothing is left of it, and what was there before stays. */
  readonly write: (...source: Source) => Promise<void>;
}

/**
 * A file is there only when it is complete. A pipe and a device are written to as they are: who replaces /dev/null takes it
 * from every other program.
 * @param mode of a file that is made
 * @throws TransferFileError when it cannot be written to
 */
export async function openOutput(file: string, mode = 0o666): Promise<Output> {
  if (file === STANDARD)
    return { write: (...source) => pipeline([...source, process.stdout], { end: false }) };
  const explain = (error: unknown) =>
    new TransferFileError(`cannot write ${file}: ${toError(error).message}`, { cause: error });
  try {
    const target = await findReplaceable(file);
    if (target === null) return await openInPlace(file, explain);
    return await openBeside(target, mode, explain);
  } catch (error) {
    throw explain(error);
  }
}

/** @returns the regular file it is, or becomes, where links lead; null for what is none */
async function findReplaceable(file: string): Promise<string | null> {
  const known = await stat(file).catch(() => null);
  if (known === null) return (await lstat(file).catch(() => null)) === null ? file : null;
  // What a descriptor of this process leads to is open already, under any name or none.
  const isDescriptor = /^\/(?:dev|proc)\//.test(file);
  return known.isFile() && !isDescriptor ? realpath(file) : null;
}

async function openInPlace(file: string, explain: (error: unknown) => Error): Promise<Output> {
  const handle = await open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC);
  return { write: (...source) => pipeTo(source, handle.createWriteStream(), explain) };
}

async function openBeside(file: string, mode: number, explain: (error: unknown) => Error): Promise<Output> {
  const partial = `${file}.partial`;
  await rm(partial, { force: true });
  const handle = await open(partial, 'wx', mode);
  const { ino, dev } = await handle.stat();
  const isOurs = async () => {
    const now = await stat(partial).catch(() => null);
    return now !== null && now.ino === ino && now.dev === dev;
  };
  return {
    write: async (...source) => {
      const stopWatching = removeWhenKilled(partial, ino);
      try {
        await pipeTo(source, handle.createWriteStream({ flush: true }), explain);
        // Of two that write the same file the later one wins: half of its work must not get the name.
        if (!(await isOurs())) throw explain(new Error('another command began to write it meanwhile'));
        await rename(partial, file);
      } catch (error) {
        if (await isOurs()) await rm(partial, { force: true });
        throw error;
      } finally {
        stopWatching();
      }
    },
  };
}

/** Who stops a command half-way does not look for what it has left. @returns ends the watch */
function removeWhenKilled(partial: string, ino: number): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stop = () => {
    for (const signal of signals) process.removeListener(signal, remove);
  };
  const remove = (signal: NodeJS.Signals) => {
    if (statSync(partial, { throwIfNoEntry: false })?.ino === ino) rmSync(partial);
    stop();
    // Ends the process as it would have without this listener.
    process.kill(process.pid, signal);
  };
  for (const signal of signals) process.on(signal, remove);
  return stop;
}

/** Failures of the source stay what they are; a full disk is one of the file. */
async function pipeTo(
  source: Source,
  output: ReturnType<FileHandle['createWriteStream']>,
  explain: (error: unknown) => Error,
): Promise<void> {
  try {
    await pipeline([...source, output]);
  } catch (error) {
    const { syscall, code } = toError(error) as NodeJS.ErrnoException;
    throw (syscall === 'write' || syscall === 'fsync') && code !== 'EPIPE' ? explain(error) : error;
  }
}
