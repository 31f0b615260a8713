/** Secrets of channels: in the file itself, in a file of their own (`secretFile`), or in the environment (`secretEnv`). */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isNonNullType, type GraphQLInputObjectType } from 'graphql';
import { isText, REFERENCES } from './file-format.ts';

export interface Secrets {
  /** Files are named from here on: the folder of the configuration file. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** As much as a secret may have, and more. */
const MAX_BYTES = 65_536;

/**
 * @param given the settings as the file has them
 * @param type as the API takes them
 * @param report called with the field and what is wrong with it; never with a secret
 * @returns the settings as the API takes them
 */
export function resolveSecrets(
  given: Readonly<Record<string, unknown>>,
  type: GraphQLInputObjectType,
  secrets: Secrets,
  report: (field: string, message: string) => void,
): Readonly<Record<string, unknown>> {
  const settings: Record<string, unknown> = {};
  for (const { name, type: of } of Object.values(type.getFields())) {
    const names = isText(of) ? [name, ...REFERENCES.map((suffix) => `${name}${suffix}`)] : [name];
    const found = names.filter((one) => given[one] !== undefined);
    const [first] = found;
    if (found.length > 1) report(name, `expected one of ${found.join(' and ')}`);
    else if (first === undefined) {
      if (isNonNullType(of) && isText(of)) report(name, `expected ${names.join(', or ')}, is missing`);
    } else settings[name] = first === name ? given[name] : read(String(given[first]), first, secrets, report);
  }
  return settings;
}

function read(
  reference: string,
  field: string,
  { folder, environment }: Secrets,
  report: (field: string, message: string) => void,
): string | undefined {
  if (field.endsWith('Env')) {
    const value = environment[reference]?.replace(/[\r\n]+$/, '');
    if (value === undefined || value === '') report(field, `the variable ${reference} is not set`);
    return value;
  }
  try {
    const bytes = readFileSync(resolve(folder, reference));
    // Editors and `echo` end a file with a line end.
    const text = bytes.toString().trim();
    if (bytes.length > MAX_BYTES) report(field, `expected at most ${MAX_BYTES} bytes in ${reference}`);
    else if (text === '') report(field, `${reference} is empty`);
    return text;
  } catch (error) {
    report(field, `cannot read ${reference}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
