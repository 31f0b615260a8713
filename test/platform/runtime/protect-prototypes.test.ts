import { expect, test } from 'vitest';
import { protectPrototypes } from '../../../src/platform/runtime/protect-prototypes.ts';

protectPrototypes();

/** As code would that walks an object by names from outside. */
function store(root: object, path: readonly string[], value: unknown): void {
  let object: unknown = root;
  for (const name of path.slice(0, -1)) object = Reflect.get(object as object, name);
  (object as Record<string, unknown>)[path.at(-1) ?? ''] = value;
}

test.each([
  [{}, ['__proto__', 'polluted']],
  [{}, ['constructor', 'prototype', 'polluted']],
  [[], ['__proto__', 'polluted']],
  [[], ['__proto__', '__proto__', 'polluted']],
  [() => undefined, ['constructor', 'prototype', 'polluted']],
])('nothing can be added to what every object inherits from: %o, %j', (root, path) => {
  expect(() => store(root, path, true)).toThrow(TypeError);
  for (const one of [{}, [], () => undefined]) expect('polluted' in one).toBe(false);
});

test('what objects inherit can be overridden, as libraries do', () => {
  const decimal: { toString: () => string } = {};
  decimal.toString = () => '1.5';
  expect(String(decimal)).toBe('1.5');
});
