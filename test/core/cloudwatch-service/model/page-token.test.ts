import { describe, expect, it } from 'vitest';
import { createPaging } from '../../../../src/core/cloudwatch-service/model/page-token.ts';
import { fc } from '../../../helpers/property.ts';

const refuse = () => new Error('refused');
const paging = createPaging(1, { name: 'a' }, refuse);

describe('A token of a page', () => {
  it('gives back any place that can be kept', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }), (place) => {
        fc.pre(!place.includes('\0'));
        expect(paging.read(paging.write(place))).toBe(place);
      }),
    );
  });

  it('is one that can stand in a URL', () => {
    expect(paging.write('ü/+?')).toMatch(/^[\w-]+$/);
  });

  it('is refused of another account, another question, and where anything of it is changed', () => {
    const token = paging.write('17');
    for (const other of [createPaging(2, { name: 'a' }, refuse), createPaging(1, { name: 'b' }, refuse)]) {
      expect(() => other.read(token)).toThrow('refused');
    }
    fc.assert(
      fc.property(fc.nat({ max: 15 }), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const bytes = Buffer.from(token, 'base64url');
        bytes[place] = (bytes[place] ?? 0) ^ change;
        expect(() => paging.read(bytes.toString('base64url'))).toThrow('refused');
      }),
    );
  });

  it('is refused whatever was made up', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (text) => {
        expect(() => paging.read(text)).toThrow('refused');
      }),
    );
  });

  it.each(['', '-1', '1.5', '2147483648', '99999999999', '1e3', ' 1', '0x1', '1\0', 'NaN'])(
    'that holds %j is of no row',
    (place) => {
      expect(() => paging.readId(paging.write(place))).toThrow('refused');
    },
  );

  it('holds the largest id PostgreSQL has', () => {
    expect(paging.readId(paging.write('2147483647'))).toBe(2_147_483_647);
  });
});
