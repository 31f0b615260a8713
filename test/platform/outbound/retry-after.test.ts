import { describe, expect, it } from 'vitest';
import { readAskedPause, readRetryAfter } from '../../../src/platform/outbound/retry-after.ts';
import { fc } from '../../helpers/property.ts';

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    ['0.5', 500],
    ['601', 600_000],
    ['99999999999999999999', 600_000],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 600_000],
    ['-5', 0],
    ['soon', null],
    ['', null],
  ])('of "%s" is %s ms', (header, ms) => {
    expect(readRetryAfter(header)).toBe(ms);
  });

  it('is between nothing and ten minutes, whatever was answered', () => {
    const word = fc.oneof(fc.string(), fc.double().map(String), fc.integer().map(String));
    const field = fc.oneof(fc.jsonValue(), word, fc.double(), fc.integer());
    const body = fc.oneof(
      fc.string(),
      fc.jsonValue().map((value) => JSON.stringify(value)),
      field.map((value) => JSON.stringify({ retry_after: value })),
      field.map((value) => JSON.stringify({ parameters: { retry_after: value } })),
    );
    fc.assert(
      fc.property(word, word, body, (header, reset, text) => {
        const headers = { 'retry-after': header, 'ratelimit-reset': reset };
        const ms = readAskedPause({ status: 429, headers, body: text });
        if (ms !== null) expect(ms).toSatisfy((value: number) => value >= 0 && value <= 600_000);
      }),
    );
  });
});
