/** RFC 9110, 5.6.6: a parameter's value means the same in quotes, and charsets have no case (8.3.2). */
import { describe, expect, it, test } from 'vitest';
import { leaveOutUtf8 } from '../../../../src/api/graphql/transport/answer-in-json.ts';

describe('the charset of every answer', () => {
  it.each([
    ['application/json; charset=utf-8', 'application/json'],
    ['application/json;charset=UTF-8', 'application/json'],
    ['application/json; charset="utf-8"', 'application/json'],
    ['application/json; charset=utf8', 'application/json'],
    ['application/json ; charset = "UTF8" ;q=0.9, */*;q=0.1', 'application/json ;q=0.9, */*;q=0.1'],
    [
      'application/graphql-response+json; charset=utf-8, application/json; charset=utf-8',
      'application/graphql-response+json, application/json',
    ],
    ['text/event-stream;q=0.5; charset="utf-8",application/json', 'text/event-stream;q=0.5,application/json'],
  ])('is left out of %s', (accept, left) => {
    expect(leaveOutUtf8(accept)).toBe(left);
  });
});

it.each([
  'application/json',
  'application/json; charset=iso-8859-1',
  'application/json; charset=utf-16',
  'application/json; charset=utf-88',
  'application/json; charset="utf-8',
  'application/json; charset=utf-8"',
  'application/json; x-charset=utf-8',
  'multipart/mixed; boundary="-"; deferSpec=20220824',
  '',
])('another is left where it is: %s', (accept) => {
  expect(leaveOutUtf8(accept)).toBe(accept);
});

test('what only begins as it stays as it is, however often it comes', () => {
  for (const part of ['; charset=', ';   ', '; charset="utf-8', '; charset=utf-8 x']) {
    const accept = part.repeat(16_384 / part.length);
    expect(leaveOutUtf8(accept)).toBe(accept);
  }
});
