/** vitest's asymmetric matchers, typed: its own are `any`. */
import { expect } from 'vitest';

export const anyNumber: unknown = expect.any(Number);
export const anyText: unknown = expect.any(String);

export function textWith(part: string): unknown {
  return expect.stringContaining(part);
}

export function textLike(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

export function partly(shape: object): unknown {
  return expect.objectContaining(shape);
}
