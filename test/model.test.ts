import { describe, expect, it } from 'vitest';
import { UNPRINTABLE } from '../src/model.ts';

describe('a name', () => {
  it.each(['\u202e', '\u202a', '\u2066', '\u2069', '\u2028', '\u0000', '\u009b', '\ufffd'])(
    'may not hold %j, which would make a line or another name of it',
    (character) => {
      expect(UNPRINTABLE.test(`cpu${character}gpj.exe`)).toBe(true);
    },
  );

  // Marks of languages that are written from the right, joiners of Persian, Hindi and emoji.
  it.each(['\u200f', '\u200e', '\u061c', '\u200d', '\u200c', 'שלום', 'مرحبا', '件', '😀'])(
    'may hold %j',
    (text) => {
      expect(UNPRINTABLE.test(`cpu ${text}`)).toBe(false);
    },
  );
});
