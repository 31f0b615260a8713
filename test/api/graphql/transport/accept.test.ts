/** RFC 9110, 5.6.6: a parameter's value means the same in quotes, charsets have no case (8.3.2), weights order (12.4.2). */
import { describe, expect, it, test } from 'vitest';
import { chooseStream, readAccept } from '../../../../src/api/graphql/transport/accept.ts';

describe('the charset of every answer', () => {
  it.each([
    ['application/json; charset=utf-8', 'application/json'],
    ['application/json;charset=UTF-8', 'application/json'],
    ['application/json; charset="utf-8"', 'application/json'],
    ['application/json; charset=utf8', 'application/json'],
    ['application/json ; charset = "UTF8" ;q=0.9, */*;q=0.1', 'application/json, */*'],
    [
      'application/graphql-response+json; charset=utf-8, application/json; charset=utf-8',
      'application/graphql-response+json, application/json',
    ],
    ['text/event-stream;q=0.5; charset="utf-8",application/json', 'application/json, text/event-stream'],
  ])('is left out of %s', (accept, left) => {
    expect(readAccept(accept)).toBe(left);
  });
});

describe('what is wanted most', () => {
  const [OLD, NEW] = ['application/json', 'application/graphql-response+json'];
  it.each([
    [`${OLD};q=0.9, */*;q=0.1`, `${OLD}, */*`],
    [`${NEW};q=0.5, ${OLD}`, `${OLD}, ${NEW}`],
    [`${NEW},${OLD};q=0.9`, `${NEW}, ${OLD}`],
    [`${OLD};q=0, */*`, '*/*'],
    [`${OLD};q=0.000,${NEW};q=0.001`, NEW],
    // As a browser asks that follows a link.
    [
      'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      'text/html, application/xhtml+xml, application/xml, */*',
    ],
    ['multipart/mixed;deferSpec=20220824;q=0.5,*/*; Q = 0.7', '*/*, multipart/mixed;deferSpec=20220824'],
    // No weight: it is left for a parameter, of which there may be any.
    [`${OLD};q=high, */*;q=0.1`, `${OLD};q=high, */*`],
    [`${OLD};q=1.1.1, */*;q=0.1`, `${OLD};q=1.1.1, */*`],
  ])('comes first of %s', (accept, left) => {
    expect(readAccept(accept)).toBe(left);
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
  expect(readAccept(accept)).toBe(accept);
});

test('what only begins as it stays as it is, however often it comes', () => {
  for (const part of ['; charset=', ';   ', '; charset="utf-8', '; charset=utf-8 x']) {
    const accept = part.repeat(16_384 / part.length);
    expect(readAccept(accept)).toBe(accept);
  }
});

test.each([
  ['', 'sse'],
  ['*/*', 'sse'],
  ['text/event-stream', 'sse'],
  ['application/json, text/*', 'sse'],
  // Apollo Client 3 and 4, iOS, Kotlin.
  ['multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json', 'multipart'],
  ['multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json', 'multipart'],
  ['multipart/mixed;subscriptionSpec=1.0,application/json', 'multipart'],
  ['multipart/mixed; boundary="graphql"; subscriptionSpec="1.0", */*', 'multipart'],
  ['text/event-stream, multipart/mixed;subscriptionSpec=1.0', 'sse'],
  ['application/json', null],
  ['multipart/mixed', null],
  ['multipart/mixed;subscriptionSpec=1.01', null],
  ['text/html,application/xhtml+xml', null],
])('a subscription is sent to who takes %s as %s', (accept, type) => {
  expect(chooseStream(accept)).toBe(type);
});
