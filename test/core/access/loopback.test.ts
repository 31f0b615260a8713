import { describe, expect, it } from 'vitest';
import { isLoopback, isOwnName } from '../../../src/core/access/loopback.ts';

describe('addresses of this machine alone', () => {
  it.each(['localhost', '127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])('%s is one', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.com', '127.evil', 'localhost.example.com', ''])(
    '%j is none',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});

describe('the name a request asks for', () => {
  it.each(['localhost:4000', 'LOCALHOST', '127.0.0.1:1', '[::1]:4000', 'lapwing.lan', 'Lapwing.LAN:80'])(
    '%s is ours',
    (header) => {
      expect(isOwnName(header, ['lapwing.lan'])).toBe(true);
    },
  );

  it.each([
    undefined,
    '',
    'evil.example',
    'evil.example:4000',
    'localhost.evil.example',
    'lapwing.lan.evil',
    '@',
    'a b',
  ])('%s is not', (header) => {
    expect(isOwnName(header, ['lapwing.lan'])).toBe(false);
  });
});
