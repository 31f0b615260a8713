import { describe, expect, it } from 'vitest';
import { createReadAddress } from '../../../src/core/access/client-address.ts';

const PROXIES = ['10.0.0.0/8', '127.0.0.1', '::1', 'fd00::/8'];

function read(trusted: readonly string[], peer: string, forwarded?: string | string[]): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded as string };
  return createReadAddress(trusted)({ socket: { remoteAddress: peer }, headers });
}

describe('the address of a request', () => {
  it.each([
    ['is its peer, whatever it says', [], '10.0.0.1', '203.0.113.9', '10.0.0.1'],
    ['is its peer where that is no trusted proxy', PROXIES, '192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['is what a trusted proxy says', PROXIES, '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['is its proxy where that says nothing', PROXIES, '10.0.0.1', undefined, '10.0.0.1'],
    [
      'is the last that is no proxy: what is before it may be made up',
      PROXIES,
      '127.0.0.1',
      '1.1.1.1, 203.0.113.9',
      '203.0.113.9',
    ],
    [
      'is behind a chain of proxies',
      PROXIES,
      '127.0.0.1',
      '1.1.1.1, 203.0.113.9, 10.9.9.9, fd00::1',
      '203.0.113.9',
    ],
    ['is the first where all are proxies', PROXIES, '127.0.0.1', '10.1.1.1, 10.2.2.2', '10.1.1.1'],
    [
      'is not looked for behind what is no address',
      PROXIES,
      '127.0.0.1',
      '203.0.113.9, unknown',
      '127.0.0.1',
    ],
    ['is not looked for behind an empty header', PROXIES, '127.0.0.1', '', '127.0.0.1'],
    ['comes with a port', PROXIES, '127.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
    ['comes in brackets', PROXIES, '127.0.0.1', '[2001:db8:1:2:3::4]:4711', '2001:db8:1:2::/64'],
    ['is in several headers', PROXIES, '127.0.0.1', ['1.1.1.1', '203.0.113.9'], '203.0.113.9'],
    ['is IPv4 in IPv6', PROXIES, '::ffff:10.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
    ['is a number no address has', PROXIES, '127.0.0.1', '203.0.113.999', '127.0.0.1'],
  ])('%s', (_what, trusted, peer, forwarded, address) => {
    expect(read(trusted, peer, forwarded)).toBe(address);
  });

  it('of IPv6 is a network: whoever has one address has 2^64 of them', () => {
    const of = (peer: string) => read([], peer);
    expect(of('2001:db8:1:2::1')).toBe(of('2001:db8:1:2:ffff:ffff:ffff:ffff'));
    expect(of('2001:db8:1:2::1')).not.toBe(of('2001:db8:1:3::1'));
    expect(of('fe80::1%eth0')).toBe(of('fe80::2%eth0'));
  });

  it('of IPv4 in IPv6 is no network: each is somebody else', () => {
    expect(read([], '::ffff:203.0.113.9')).not.toBe(read([], '::ffff:203.0.113.10'));
  });

  it('of a socket that is closed is the same for all', () => {
    expect(createReadAddress([])({ socket: {}, headers: {} })).toBe('gone');
  });
});
