/** `lapwing import` and `lapwing export`: a file on one side, a database or a running server on the other. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { json } from 'node:stream/consumers';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import { createProgress } from '../progress.ts';
import { openLocalEnd } from './local-end.ts';
import { openRemoteEnd } from './remote-end.ts';
import { TransferFileError, type TransferEnd } from './transfer-end.ts';

interface TransferOptions {
  readonly config: Config;
  readonly log: Log;
  /** `-` for standard input or output. */
  readonly file: string;
  /** The GraphQL address of a running server; undefined to work on the database itself. */
  readonly url: string | undefined;
}

const MODELS_PER_CALL = 20;

/** Writes a JSON array with one model a line. @throws TransferFileError when the file cannot be written */
export async function exportFile(options: TransferOptions): Promise<void> {
  const end = await openEnd(options);
  try {
    const output = await openOutput(options.file);
    const progress = createProgress({ total: await end.count(), what: 'export' });
    let separator = '[\n';
    for await (const model of end.exportModels()) {
      await output.write(`${separator}${JSON.stringify(model)}`);
      separator = ',\n';
      progress.tick();
    }
    await output.write(separator === '[\n' ? '[]\n' : '\n]\n');
    await output.close();
    progress.end();
  } finally {
    await end.stop();
  }
}

/**
 * Imports every model of a file; one that is bad costs only itself and is told on standard error.
 * @throws TransferFileError when the file is no JSON array, or some models could not be imported
 */
export async function importFile(options: TransferOptions): Promise<void> {
  const models = await readModels(options.file);
  const end = await openEnd(options);
  try {
    const progress = createProgress({ total: models.length, what: 'import' });
    const problems: string[] = [];
    for (let start = 0; start < models.length; start += MODELS_PER_CALL) {
      const part = models.slice(start, start + MODELS_PER_CALL);
      const results = await end.importModels(part);
      for (const [index, problem] of results.entries()) {
        if (problem !== null) problems.push(`model ${start + index}: ${problem}`);
      }
      progress.tick(part.length);
    }
    progress.end();
    if (problems.length > 0) {
      throw new TransferFileError(
        `${problems.length} of ${models.length} models could not be imported:\n  ${problems.join('\n  ')}`,
      );
    }
  } finally {
    await end.stop();
  }
}

function openEnd({ config, log, url }: TransferOptions): Promise<TransferEnd> {
  return url === undefined ? openLocalEnd(config, log) : Promise.resolve(openRemoteEnd(url));
}

async function openOutput(file: string) {
  if (file === '-') {
    const write = (text: string) =>
      new Promise<void>((resolve, reject) => {
        process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
      });
    return { write, close: () => Promise.resolve() };
  }
  const handle = await open(file, 'w').catch((error: unknown) => {
    throw new TransferFileError(`cannot write ${file}: ${describe(error)}`, { cause: error });
  });
  return { write: (text: string) => handle.write(text), close: () => handle.close() };
}

async function readModels(file: string): Promise<readonly unknown[]> {
  let content: unknown;
  try {
    content = await json(file === '-' ? process.stdin : createReadStream(file));
  } catch (error) {
    throw new TransferFileError(`cannot read ${file}: ${describe(error)}`, { cause: error });
  }
  // A single exported model is taken as well.
  return Array.isArray(content) ? (content as readonly unknown[]) : [content];
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
