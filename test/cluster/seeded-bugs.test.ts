import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { CLUSTER_FAULTS } from './cluster-faults.ts';
import { CLUSTER_BUGS } from './seeded-bugs.ts';

const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));

it.each(CLUSTER_BUGS)('a bug can still be seeded: $name', ({ changes, faults }) => {
  for (const fault of faults) expect([...CLUSTER_FAULTS.keys()]).toContain(fault);
  for (const { file, find } of changes) {
    expect(readFileSync(SOURCES + file, 'utf8').split(find), `${file}: ${find}`).toHaveLength(2);
  }
});
