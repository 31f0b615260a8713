/** Reads a configuration file from where it is. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { toError } from '../../platform/runtime/to-error.ts';
import { nameInput } from '../named-file.ts';
import type { Configuration } from './configuration.ts';
import { ConfigurationFileError, readConfiguration } from './read-configuration.ts';

/**
 * Reads the file, and those its secrets are in.
 * @throws ConfigurationFileError naming every problem with its line and column, or that there is no such file
 */
export async function loadConfiguration(
  file: string,
  environment: NodeJS.ProcessEnv,
): Promise<Configuration> {
  const folder = file === '-' ? '.' : dirname(file);
  return readConfiguration(await readSource(file), nameInput(file), { folder, environment });
}

async function readSource(file: string): Promise<string> {
  const bytes = await readBytes(file);
  try {
    // Without the byte order mark some editors write.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ConfigurationFileError(`${nameInput(file)}: expected text in UTF-8`, { cause: error });
  }
}

async function readBytes(file: string): Promise<Buffer> {
  if (file === '-') return buffer(process.stdin);
  try {
    return await readFile(file);
  } catch (error) {
    throw new ConfigurationFileError(`cannot read ${file}: ${toError(error).message}`, { cause: error });
  }
}
