import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FORWARDED_HEADER,
  ForwardedHeader,
  isForwarded,
} from '../../../src/platform/cluster/forwarded-header.ts';

const NOW = Date.parse('2026-01-05T00:00:00Z');
const secret = Buffer.alloc(32, 1);
const at = (nowMs: number, key: Uint8Array = secret) => new ForwardedHeader(key, () => nowMs);
const read = (value: string | string[], nowMs = NOW) => at(nowMs).read({ [FORWARDED_HEADER]: value });

describe('what a member says of a request it passes on', () => {
  it('is the address of the client, for a minute on clocks that differ', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4(),
          fc.ipV6().map((address) => `${address}/64`),
          fc.constant('gone'),
        ),
        fc.integer({ min: -60_000, max: 60_000 }),
        (address, skewMs) => read(at(NOW + skewMs).write(address)) === address,
      ),
    );
    for (const skewMs of [-60_001, 60_001]) expect(read(at(NOW + skewMs).write('10.0.0.1'))).toBeNull();
  });

  it('is believed of nobody without the secret, and in no other form', () => {
    const written = at(NOW).write('10.0.0.1');
    const forged = [
      at(NOW, Buffer.alloc(32, 2)).write('10.0.0.1'),
      written.replace('10.0.0.1', '10.0.0.2'),
      written.replace(`t=${NOW}`, `t=${NOW + 1}`),
      written.replace(/mac=../, 'mac=00'),
      written.slice(0, -2),
      `${written} `,
      `${written};x=1`,
      '10.0.0.1',
      '',
    ];
    expect(forged.map((value) => read(value))).toEqual(forged.map(() => null));
    expect(read([written, written])).toBeNull();
    expect(at(NOW).read({})).toBeNull();
  });

  it('keeps it from being passed on again, also where it is forged', () => {
    expect(isForwarded({ [FORWARDED_HEADER]: 'forged' })).toBe(true);
    expect(isForwarded({})).toBe(false);
  });
});
