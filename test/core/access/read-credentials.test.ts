import { describe, expect, it } from 'vitest';
import { readConnectionKey, readHeaderKey } from '../../../src/core/access/read-credentials.ts';
import { fc } from '../../helpers/property.ts';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('the key of a request', () => {
  it.each([
    [{ authorization: 'Bearer k' }, 'k'],
    [{ authorization: 'bearer  k ' }, 'k'],
    [{ authorization: '\t Bearer \t k' }, 'k'],
    [{ authorization: 'Token k' }, 'k'],
    [{ authorization: basic('anybody:k:with:colons') }, 'k:with:colons'],
    [{ 'x-api-key': 'k' }, 'k'],
    // A header of another form counts as a wrong key.
    [{ authorization: 'k' }, 'k'],
    // https://www.apollographql.com/docs/react/networking/authentication: `Bearer ${token}`, or "" before there is one.
    [{ authorization: '' }, null],
    [{ authorization: ' ' }, null],
    [{ authorization: 'Bearer' }, null],
    [{ authorization: 'Bearer ' }, null],
    [{ authorization: 'token' }, null],
    // What languages write for a token that is not there.
    [{ authorization: 'Bearer null' }, null],
    [{ authorization: 'Bearer undefined' }, null],
    [{ authorization: 'bearer None ' }, null],
    [{ authorization: 'Bearer <nil>' }, null],
    [{ authorization: 'Bearer [object Promise]' }, null],
    [{ authorization: 'null' }, null],
    [{ authorization: 'Basic undefined' }, null],
    [{ authorization: 'Bearer null', 'x-api-key': 'k' }, 'k'],
    [{ 'x-api-key': 'undefined' }, null],
    [{ authorization: 'Bearer nullable' }, 'nullable'],
    [{ authorization: 'Bearer null null' }, 'null null'],
    [{ authorization: 'Basic' }, null],
    [{ authorization: 'Bearer ', 'x-api-key': 'k' }, 'k'],
    [{ 'x-api-key': '' }, null],
    [{ 'x-api-key': ' ' }, null],
    [{ authorization: 'Digest username="k"' }, 'Digest username="k"'],
    [{ authorization: 'Bearer k and more' }, 'k and more'],
    // One that names itself counts before one that does not.
    [{ authorization: 'Bearer k', 'x-api-key': 'other' }, 'k'],
    [{ authorization: 'nonsense', 'x-api-key': 'k' }, 'nonsense'],
    [{}, null],
  ])('in the headers %j is %j', (headers, key) => {
    expect(readHeaderKey(headers)).toBe(key);
  });

  // https://www.rfc-editor.org/rfc/rfc7617 (2 and 2.1)
  it.each([
    ['Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==', 'open sesame'],
    ['Basic dGVzdDoxMjPCow==', '123£'],
    ['BASIC QWxhZGRpbjpvcGVuIHNlc2FtZQ', 'open sesame'],
    [basic(':k'), 'k'],
    [basic('k:'), null],
    [basic('k:undefined'), null],
    [basic('None:None'), null],
    [basic('k'), 'k'],
  ])('as the password of %j is %j', (authorization, key) => {
    expect(readHeaderKey({ authorization })).toBe(key);
  });

  it.each([
    [{ apiKey: 'k' }, 'k'],
    [{ apikey: 'k' }, 'k'],
    [{ authorization: 'Bearer k' }, 'k'],
    [{ Authorization: 'Bearer k' }, 'k'],
    [{ 'X-API-Key': 'k' }, 'k'],
    [{ headers: { Authorization: 'Bearer k' } }, 'k'],
    [{ headers: { 'x-api-key': 'k' } }, 'k'],
    // https://www.apollographql.com/docs/react/data/subscriptions, https://the-guild.dev/graphql/ws/recipes
    [{ authToken: 'k' }, 'k'],
    [{ token: 'k' }, 'k'],
    [{ token: 'Bearer k' }, 'k'],
    [{ headers: { token: 'k' } }, 'k'],
    [{ Authorization: 'Bearer k', token: 'other' }, 'k'],
    [{ token: 7 }, null],
    [{ apiKey: '', Authorization: 'Bearer k' }, 'k'],
    [{ Authorization: 'Bearer ', token: 'k' }, 'k'],
    [{ Authorization: '' }, null],
    [{ apiKey: ' ' }, null],
    [{ apiKey: 'undefined', token: 'k' }, 'k'],
    [{ authToken: 'Bearer null' }, null],
    [{ headers: { Authorization: 'Bearer undefined' } }, null],
    [{ headers: { Authorization: 'Bearer ' } }, null],
    [{ apiKey: 'k', authorization: 'Bearer other' }, 'k'],
    [{ apiKey: null, authorization: 'Bearer k' }, 'k'],
    [{ authorization: ['Bearer k'] }, null],
    [{ headers: { headers: { apiKey: 'k' } } }, null],
    [{ headers: null }, null],
    [{ apiKey: 7 }, null],
    [{}, null],
    [['Bearer k'], null],
    [null, null],
    [undefined, null],
    ['k', null],
  ])('in connection_init with %j is %j', (params, key) => {
    expect(readConnectionKey(params)).toBe(key);
  });

  it('in a connection_init that holds itself is none', () => {
    const params: Record<string, unknown> = {};
    params.headers = params;
    expect(readConnectionKey(params)).toBeNull();
    expect(readConnectionKey({ headers: params })).toBeNull();
  });

  it('is what stands behind the scheme, whatever blanks are around the two (RFC 9110, 11.4)', () => {
    const blank = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 5 });
    const scheme = fc.constantFrom('Bearer', 'bearer', 'BEARER', 'Token', 'tOKEN');
    // b64token: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
    const letter = fc.constantFrom('a', 'b', 'Z', '0', '9', '-', '.', '_', '~', '+', '/');
    const token = fc.string({ unit: letter, minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(blank, scheme, blank, token, blank, (before, name, between, key, after) => {
        const authorization = `${before}${name} ${between}${key}${after}`;
        expect(readHeaderKey({ authorization })).toBe(key);
        expect(readConnectionKey({ authorization })).toBe(key);
      }),
    );
  });

  // A WebSocket takes 2 MB before anybody is known. What takes the square of the length takes seconds here, and then hours.
  it.each([
    ['blanks within the key', true, (count: number) => `Bearer k${' '.repeat(count)}k`],
    ['nothing but blanks', false, (count: number) => ' '.repeat(count)],
    ['a scheme alone', true, (count: number) => 'B'.repeat(count)],
    ['blanks behind the scheme', false, (count: number) => `Bearer${' '.repeat(count)}`],
    ['blanks and words', true, (count: number) => 'Bearer k '.repeat(count / 9)],
    ['a password', true, (count: number) => basic(':'.repeat(count))],
  ])('is found in no time in a text of %s', (_what, isKey, make) => {
    const authorization = make(128 * 1024);
    const began = performance.now();
    expect(readConnectionKey({ authorization }) !== null).toBe(isKey);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});
