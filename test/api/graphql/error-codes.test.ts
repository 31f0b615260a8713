/** The enum of error codes lists exactly those that occur. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEnumType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createSchema } from '../../../src/api/graphql/schema.ts';
import { ERROR_CODES } from '../../../src/errors.ts';

const SRC = join(import.meta.dirname, '../../../src');
/** Where codes are listed, not used. */
const LISTS = ['api/graphql/error-types.ts'];
/** Not ours to write: yoga and graphql-ws give these. */
const OF_LIBRARIES = ['GRAPHQL_VALIDATION_FAILED'];

function readSources(): string {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('web') && !file.startsWith('generated'))
    .filter((file) => !LISTS.includes(file.replaceAll('\\', '/')))
    .map((file) => {
      const text = readFileSync(join(SRC, file), 'utf8');
      return file === 'errors.ts' ? text.slice(text.indexOf('abstract class')) : text;
    })
    .join('\n');
}

describe('the enum ErrorCode', () => {
  const type = createSchema().getType('ErrorCode');
  const listed = isEnumType(type) ? type.getValues().map(({ name }) => name) : [];

  it('lists every code, each with what it means', () => {
    expect([...listed].sort()).toEqual([...ERROR_CODES].sort());
    if (isEnumType(type)) for (const { description } of type.getValues()) expect(description).toMatch(/\.$/);
  });

  it('lists none that nothing gives', () => {
    const sources = readSources();
    const unused = listed.filter((code) => !OF_LIBRARIES.includes(code) && !sources.includes(`'${code}'`));
    expect(unused).toEqual([]);
  });

  it('lacks none that something gives', () => {
    const given = [...readSources().matchAll(/extensions: \{ code: '(\w+)'/g)].map(([, code]) => code);
    expect(given.length).toBeGreaterThan(2);
    expect(listed).toEqual(expect.arrayContaining(given));
  });
});
