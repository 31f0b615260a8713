/** Warnings of Node that an operator would read on standard error fail the file that caused them. */
import { afterAll, beforeAll, expect } from 'vitest';

const warnings: string[] = [];
const note = (warning: Error) => {
  if (warning.name === 'MaxListenersExceededWarning') warnings.push(warning.stack ?? warning.message);
};

beforeAll(() => {
  warnings.length = 0;
  process.on('warning', note);
});
afterAll(() => {
  process.off('warning', note);
  expect(warnings).toEqual([]);
});
