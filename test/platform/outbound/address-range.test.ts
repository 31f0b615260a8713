import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { isAddressRange, isInRange } from '../../../src/platform/outbound/address-range.ts';
import { fc } from '../../helpers/property.ts';

describe('a range of addresses', () => {
  it.each([
    '10.0.0.0/8',
    '192.168.1.5/16',
    '127.0.0.1',
    '0.0.0.0/0',
    'fd00::/8',
    '::1',
    '::/0',
    '::ffff:10.0.0.1',
    '2001:db8::/32',
  ])('may be %s', (text) => {
    expect(isAddressRange(text)).toBe(true);
  });

  it.each([
    // Each would be another network than it seems to be.
    '10/8',
    '192.168/16',
    '172.16/12',
    '10.0/8',
    '10',
    '010.0.0.1',
    '10.0.0.010/32',
    '0x0a.0.0.1',
    '167772161',
    '::ffff:10.0.0.0/104',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.256',
    '10.0.0.1-10.0.0.9',
    '[::1]',
    'fd00::/129',
    'localhost',
    '*',
    '',
  ])('is not %j', (text) => {
    expect(isAddressRange(text)).toBe(false);
  });

  it('of IPv4 holds the addresses whose first bits are its own', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const address = fc.tuple(octet, octet, octet, octet);
    const toNumber = ([a, b, c, d]: readonly [number, number, number, number]) =>
      ((a * 256 + b) * 256 + c) * 256 + d;
    fc.assert(
      fc.property(address, address, fc.integer({ min: 0, max: 32 }), (base, other, bits) => {
        const size = 2 ** (32 - bits);
        const isWithin = Math.floor(toNumber(base) / size) === Math.floor(toNumber(other) / size);
        const range = `${base.join('.')}/${bits}`;
        expect(isAddressRange(range)).toBe(true);
        expect(isInRange(ipaddr.process(other.join('.')), range)).toBe(isWithin);
        expect(isInRange(ipaddr.process(`::ffff:${other.join('.')}`), range)).toBe(isWithin);
      }),
    );
  });
});
