/** Reads a configuration file from where it is. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { toError } from '../../platform/runtime/to-error.ts';
import type { Configuration } from './configuration.ts';
import { ConfigurationFileError, readConfiguration } from './read-configuration.ts';

/** What stands for standard input. */
const STANDARD_INPUT = '-';

/** How a file is called in messages. */
export function nameFile(file: string): string {
  return file === STANDARD_INPUT ? 'standard input' : file;
}

/**
 * Reads the file, and those its secrets are in.
 * @throws ConfigurationFileError naming every problem with its line and column, or that there is no such file
 */
export async function loadConfiguration(
  file: string,
  environment: NodeJS.ProcessEnv,
): Promise<Configuration> {
  const folder = file === STANDARD_INPUT ? '.' : dirname(file);
  return readConfiguration(await readSource(file), nameFile(file), { folder, environment });
}

async function readSource(file: string): Promise<string> {
  const bytes = await readBytes(file);
  try {
    // Without the byte order mark some editors write.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ConfigurationFileError(`${nameFile(file)}: expected text in UTF-8`, { cause: error });
  }
}

async function readBytes(file: string): Promise<Buffer> {
  if (file === STANDARD_INPUT) return buffer(process.stdin);
  try {
    return await readFile(file);
  } catch (error) {
    throw new ConfigurationFileError(`cannot read ${file}: ${toError(error).message}`, { cause: error });
  }
}
