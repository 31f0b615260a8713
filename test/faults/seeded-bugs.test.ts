import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { FAULTS } from './faults.ts';
import { SEEDED_BUGS } from './seeded-bugs.ts';

const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));

it.each(SEEDED_BUGS)('a bug can still be seeded: $name', ({ changes, fault }) => {
  expect(Object.keys(FAULTS)).toContain(fault);
  for (const { file, find } of changes) {
    expect(readFileSync(SOURCES + file, 'utf8').split(find), `${file}: ${find}`).toHaveLength(2);
  }
});
