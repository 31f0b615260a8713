/** Reads a configuration file from where it is. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
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
  if (file === STANDARD_INPUT) return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigurationFileError(`cannot read ${file}: ${toError(error).message}`, { cause: error });
  }
}
