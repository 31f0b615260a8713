/** Pairs of Origin and Host as browsers send them, straight and through proxies. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { isOwnOrigin } from '../../../src/core/access/own-origin.ts';

describe('a page of this server', () => {
  it.each([
    ['http://localhost:4000', 'localhost:4000'],
    ['http://127.0.0.1:4000', '127.0.0.1:4000'],
    ['http://[::1]:4000', '[::1]:4000'],
    ['https://lapwing.example.com', 'lapwing.example.com'],
    // nginx: proxy_set_header Host $host:$server_port
    ['https://lapwing.example.com', 'lapwing.example.com:443'],
    ['http://lapwing.example.com', 'lapwing.example.com:80'],
    ['https://lapwing.example.com:8443', 'lapwing.example.com:8443'],
    ['https://lapwing.example.com', 'Lapwing.Example.COM'],
    ['https://xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
  ])('is %s where the host is %s', (origin, host) => {
    expect(isOwnOrigin(origin, host)).toBe(true);
  });
});

describe('another page', () => {
  it.each([
    ['https://evil.example', 'lapwing.example.com'],
    ['https://lapwing.example.com.evil.example', 'lapwing.example.com'],
    ['https://evil.lapwing.example.com', 'lapwing.example.com'],
    // Another port is another server.
    ['http://lapwing.example.com:8080', 'lapwing.example.com'],
    ['https://lapwing.example.com', 'lapwing.example.com:80'],
    ['http://lapwing.example.com', 'lapwing.example.com:443'],
    ['https://lapwing.example.com', 'lapwing.example.com:8443'],
    // Of a sandboxed frame or a file.
    ['null', 'null'],
    ['', ''],
    ['', 'lapwing.example.com'],
    ['https://lapwing.example.com', undefined],
    ['https://lapwing.example.com', ''],
    ['file:///a', ''],
    ['https://lapwing.example.com', 'x@lapwing.example.com'],
    ['https://lapwing.example.com', 'lapwing.example.com/x'],
    ['https://lapwing.example.com', 'lapwing.example.com, evil.example'],
  ])('is %s where the host is %s', (origin, host) => {
    expect(isOwnOrigin(origin, host)).toBe(false);
  });
});

test('of two names each is its own alone, with whatever port', () => {
  const name = fc.domain();
  const port = fc.integer({ min: 1, max: 65_535 });
  fc.assert(
    fc.property(name, name, port, fc.constantFrom('http', 'https'), (one, other, number, scheme) => {
      const host = `${one}:${number}`;
      expect(isOwnOrigin(new URL(`${scheme}://${host}`).origin, host)).toBe(true);
      expect(isOwnOrigin(new URL(`${scheme}://${other}:${number}`).origin, host)).toBe(one === other);
    }),
  );
});
