import { describe, expect, it } from 'vitest';
import { escapeMarkdown, fitBytes, fitLength } from '../../../src/core/notify/fit-text.ts';
import { fc } from '../../helpers/property.ts';

const LONE_SURROGATE = /\p{Cs}/u;
/** Of whole characters. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('𝒳'.repeat(20), 'é'.repeat(40), '€'.repeat(30)),
);

describe('a text that a receiver takes no more than so much of', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    // A character of two UTF-16 units is kept or left out as a whole.
    ['ab𝒳d', 4, 'ab…'],
    ['a𝒳cd', 4, 'a𝒳…'],
    ['ab', 1, '…'],
  ])('is cut by its length: %j at %i', (given, maxLength, expected) => {
    expect(fitLength(given, maxLength)).toBe(expected);
  });

  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 4, 'abcd'],
    // The ellipsis has three bytes, € three, é two, 𝒳 four.
    ['abcde', 4, 'a…'],
    ['é€€', 7, 'é…'],
    ['€€€', 8, '€…'],
    ['€€€', 5, '…'],
    ['𝒳𝒳𝒳', 11, '𝒳𝒳…'],
    ['𝒳𝒳𝒳', 10, '𝒳…'],
  ])('is cut by its bytes: %j at %i', (given, maxBytes, expected) => {
    expect(fitBytes(given, maxBytes)).toBe(expected);
  });

  it('is never longer, is the same where it fits, and has no half of a character', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 3, max: 80 }), (given, most) => {
        const short = fitLength(given, most);
        expect(short.length).toBeLessThanOrEqual(most);
        expect(short === given).toBe(given.length <= most);
        const few = fitBytes(given, most);
        expect(Buffer.byteLength(few)).toBeLessThanOrEqual(most);
        expect(few === given).toBe(Buffer.byteLength(given) <= most);
        for (const cut of [short, few]) expect(LONE_SURROGATE.test(cut)).toBe(false);
      }),
    );
  });
});

describe('a text that is no markup', () => {
  it.each([
    ['*bold* _i_ ~s~ `c` |x|', String.raw`\*bold\* \_i\_ \~s\~ \`c\` \|x\|`],
    ['[a](https://evil.example)', String.raw`\[a\](https://evil.example)`],
    ['<@123> @everyone', String.raw`\<@123\> @everyone`],
    [String.raw`C:\temp`, String.raw`C:\\temp`],
    // Addresses would be others with a backslash in them.
    ['see https://wiki.example/run_book_1 now_', String.raw`see https://wiki.example/run_book_1 now\_`],
  ])('is escaped, and addresses stay: %j', (given, expected) => {
    expect(escapeMarkdown(given)).toBe(expected);
  });
});
