/** Addresses and ranges of proxies, by the numbers they stand for. */
import { describe, expect, it } from 'vitest';
import { createReadAddress } from '../../../src/core/access/client-address.ts';
import { isAddressRange } from '../../../src/platform/outbound/address-range.ts';
import { fc } from '../../helpers/property.ts';

const CLIENT = '203.0.113.9';

/** Whether a peer is believed: only then what it forwards counts. */
function isTrusted(peer: string, range: string): boolean {
  const headers = { 'x-forwarded-for': CLIENT };
  return createReadAddress([range])({ socket: { remoteAddress: peer }, headers }) === CLIENT;
}

function addressOf(peer: string): string {
  return createReadAddress([])({ socket: { remoteAddress: peer }, headers: {} });
}

const writeV4 = (value: bigint) =>
  [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
const groupsOf = (value: bigint) =>
  Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
const writeV6 = (value: bigint) => groupsOf(value).join(':');

const anyV4 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
const anyV6 = fc
  .bigInt({ min: 0n, max: 2n ** 128n - 1n })
  // ::ffff:0:0/96 is IPv4.
  .filter((value) => value >> 32n !== 0xffffn);

describe('a range of proxies', () => {
  it.each([
    ['IPv4', 32, anyV4, writeV4],
    ['IPv6', 128, anyV6, writeV6],
  ] as const)(
    'of %s has the addresses that begin with the same bits (RFC 4632, 3.1)',
    (_what, bits, any, write) => {
      const change = fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });
      fc.assert(
        fc.property(
          any,
          change,
          fc.integer({ min: 0, max: bits }),
          fc.nat(bits),
          (base, other, length, differing) => {
            // Another that has so many bits of the base, and any behind them.
            const rest = 2n ** BigInt(bits - differing) - 1n;
            const peer = (base & ~rest) | (other & rest);
            if (bits === 128 && peer >> 32n === 0xffffn) return;
            const mask = 2n ** BigInt(bits - length) - 1n;
            const range = `${write(base)}/${length}`;
            expect(isAddressRange(range)).toBe(true);
            expect(isTrusted(write(peer), range)).toBe((base | mask) === (peer | mask));
          },
        ),
        { numRuns: 400 },
      );
    },
  );

  it.each([
    // RFC 4291, 2.2: the same address in three forms.
    ['2001:db8:0:0:8:800:200c:417a', '2001:DB8::8:800:200C:417A', true],
    ['0:0:0:0:0:0:0:1', '::1', true],
    ['::', '0:0:0:0:0:0:0:0', true],
    // 2.5.5.2: IPv4-mapped, in both of its forms.
    ['::ffff:10.1.2.3', '10.0.0.0/8', true],
    ['::ffff:a01:203', '10.1.2.3', true],
    ['10.1.2.3', '::ffff:10.1.2.3', true],
    ['10.0.0.1', '::/0', false],
    ['2001:db8::1', '0.0.0.0/0', false],
    ['127.0.0.1', '0.0.0.0/0', true],
    ['10.0.0.1', '10.0.0.0/31', true],
    ['10.0.0.2', '10.0.0.0/31', false],
    ['fe80::1', 'fe80::/10', true],
    ['febf::1', 'fe80::/10', true],
    ['fec0::1', 'fe80::/10', false],
  ])('with %s in %s: %s', (peer, range, isIn) => {
    expect(isTrusted(peer, range)).toBe(isIn);
  });

  it.each([
    ['10.0.0.0/8', true],
    ['10.0.0.1', true],
    ['fd00::/8', true],
    ['::1', true],
    ['::ffff:10.0.0.1', true],
    // Not as old systems read them: 10/8 is not 0.0.0.10/8, 010.0.0.1 not 8.0.0.1.
    ['10/8', false],
    ['10.0.0.0/33', false],
    ['10.0.0.0/-1', false],
    ['10.0.0.0/', false],
    ['10.0.0.0/8/8', false],
    ['010.0.0.1', false],
    ['0x0a.0.0.1', false],
    ['10.0.0', false],
    ['10.0.0.256', false],
    ['::ffff:10.0.0.0/104', false],
    ['fd00::/129', false],
    ['fd00:::1', false],
    ['proxy.example', false],
    ['*', false],
    ['', false],
    [' 10.0.0.1', false],
  ])('may be %j in the settings: %s', (text, may) => {
    expect(isAddressRange(text)).toBe(may);
  });
});

describe('what an address is counted as', () => {
  it('is the first half of IPv6, whatever is in the other, and each of IPv4', () => {
    fc.assert(
      fc.property(anyV6, anyV6, anyV4, (one, other, v4) => {
        const half = 2n ** 64n - 1n;
        const neighbour = (one & ~half) | (other & half);
        if (neighbour >> 32n !== 0xffffn) expect(addressOf(writeV6(one))).toBe(addressOf(writeV6(neighbour)));
        if (one >> 64n !== other >> 64n) expect(addressOf(writeV6(one))).not.toBe(addressOf(writeV6(other)));
        expect(addressOf(writeV4(v4))).toBe(writeV4(v4));
        expect(addressOf(`::ffff:${writeV4(v4)}`)).toBe(writeV4(v4));
      }),
    );
  });

  it('is found at the end of a chain, of which as much is believed as is trusted', () => {
    const read = createReadAddress(['10.0.0.0/8']);
    const proxy = fc.nat(2 ** 24 - 1).map((host) => writeV4(BigInt(0x0a000000 + host)));
    const stranger = fc.nat(2 ** 24 - 1).map((host) => writeV4(BigInt(0xc6000000 + host)));
    const anything = fc.oneof(
      proxy,
      stranger,
      fc.constantFrom('unknown', '_hidden', '', 'for=1.2.3.4', '[::1'),
    );
    const padded = (hop: fc.Arbitrary<string>) =>
      fc.tuple(hop, fc.constantFrom('', ' ', '\t', '  ')).map(([text, blank]) => blank + text + blank);
    fc.assert(
      fc.property(
        fc.array(padded(anything), { maxLength: 4 }),
        stranger,
        fc.array(padded(proxy), { maxLength: 4 }),
        proxy,
        (madeUp, client, proxies, peer) => {
          const header = [...madeUp, client, ...proxies].join(',');
          const request = { socket: { remoteAddress: peer }, headers: { 'x-forwarded-for': header } };
          expect(read(request)).toBe(client);
        },
      ),
    );
  });

  // RFC 7239, 6: what stands for an address there may be in an X-Forwarded-For, too.
  it.each([
    'unknown',
    '_hidden',
    '_SEVKISEK',
    '203.0.113.9:',
    '203.0.113.9:x',
    '[203.0.113.9',
    '2001:db8::1]:80',
    '""',
  ])('is that of the proxy where the header has %j', (header) => {
    const request = { socket: { remoteAddress: '10.0.0.1' }, headers: { 'x-forwarded-for': header } };
    expect(createReadAddress(['10.0.0.1'])(request)).toBe('10.0.0.1');
  });

  it('is found in no time in a header as long as any may be', () => {
    const read = createReadAddress(['10.0.0.0/8']);
    for (const hop of ['10.0.0.1,', ',', '[', '1.', ':', '[::1]:'])
      expect(
        read({ socket: { remoteAddress: '10.0.0.1' }, headers: { 'x-forwarded-for': hop.repeat(5_000) } }),
      ).toMatch(/^10\./);
  });
});
