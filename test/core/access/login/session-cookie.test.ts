import { describe, expect, it } from 'vitest';
import { SessionCookie } from '../../../../src/core/access/login/session-cookie.ts';

const ORIGIN = 'https://lapwing.example.com';
const secure = new SessionCookie(ORIGIN);
const plain = new SessionCookie('http://lapwing.lan:4000');

describe('the cookie of a session', () => {
  it('is Secure behind HTTPS, with a prefix that no other host of the domain can set', () => {
    expect(secure.write('session', 'abc', 60)).toBe(
      '__Host-lapwing-session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure',
    );
    expect(plain.write('login', 'abc', 0)).toBe(
      'lapwing-login=abc; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
    );
  });

  it.each([
    ['__Host-lapwing-session=abc', 'abc'],
    ['a=b; __Host-lapwing-session=abc; c=d', 'abc'],
    ['__Host-lapwing-session=a=b', 'a=b'],
    // One that a host of the same domain planted.
    ['lapwing-session=abc', null],
    ['x__Host-lapwing-session=abc', null],
    ['', null],
    [undefined, null],
    [`__Host-lapwing-session=abc; a=${'a'.repeat(20_000)}`, null],
  ])('is read from %j', (cookie, value) => {
    const headers = { origin: ORIGIN, ...(cookie === undefined ? {} : { cookie }) };
    expect(secure.read(headers)).toBe(value);
  });

  it.each([
    [{ origin: ORIGIN }, true],
    [{ origin: `${ORIGIN}:443` }, false],
    [{ origin: 'http://lapwing.example.com' }, false],
    [{ origin: 'https://lapwing.example.com.evil.example' }, false],
    [{ origin: 'null' }, false],
    [{ 'sec-fetch-site': 'same-origin' }, true],
    [{ 'sec-fetch-site': 'none' }, true],
    [{ 'sec-fetch-site': 'same-site' }, false],
    [{ origin: ORIGIN, 'sec-fetch-site': 'same-site' }, false],
    [{ host: 'lapwing.example.com' }, false],
    [{}, false],
  ])('counts for a request with %j: %s', (headers, counts) => {
    expect(secure.isOwnPage(headers)).toBe(counts);
  });
});
