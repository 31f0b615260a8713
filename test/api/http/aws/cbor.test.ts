/** Values as other encoders write them: the examples of RFC 8949, Appendix A, as members of a request. */
import { encode } from 'cborg';
import { describe, expect, it } from 'vitest';
import { cborProtocol } from '../../../../src/api/http/aws/cbor.ts';
import type { AwsRequest } from '../../../../src/api/http/aws/protocol.ts';
import { CloudwatchError } from '../../../../src/core/cloudwatch-service/model/cloudwatch-error.ts';
import {
  blob,
  boolean,
  double,
  integer,
  list,
  string,
  structure,
  timestamp,
  type StructureShape,
} from '../../../../src/core/cloudwatch-service/model/shape.ts';
import { fc } from '../../../helpers/property.ts';

const SHAPE = structure({
  double,
  integer,
  boolean,
  string,
  timestamp,
  list: list(double),
  inner: structure({ double }),
});
const REQUEST: AwsRequest = {
  method: 'POST',
  path: '/aws/service/GraniteServiceVersion20100801/operation/PutMetricData',
  queryString: '',
  headers: {},
  rawHeaders: [],
  body: Buffer.alloc(0),
};

function read(body: Buffer, shape: StructureShape = SHAPE): unknown {
  return cborProtocol.decode(REQUEST, body).read(shape);
}

/** A map of one member, whose value is given in hexadecimal. */
function readMember(name: keyof typeof SHAPE.members, hex: string): unknown {
  const body = Buffer.concat([Buffer.from([0xa1]), encode(name), Buffer.from(hex, 'hex')]);
  return (read(body) as Record<string, unknown>)[name];
}

describe('A member in CBOR', () => {
  it.each([
    ['double', '00', 0],
    ['double', '1864', 100],
    ['double', '1b000000e8d4a51000', 1_000_000_000_000],
    ['double', '1bffffffffffffffff', 18_446_744_073_709_552_000],
    ['double', '3bffffffffffffffff', -18_446_744_073_709_552_000],
    ['double', '20', -1],
    ['double', 'f93e00', 1.5],
    ['double', 'f97bff', 65_504],
    ['double', 'f90001', 5.960464477539063e-8],
    ['double', 'fa47c35000', 100_000],
    ['double', 'fb3ff199999999999a', 1.1],
    ['double', 'fbc010666666666666', -4.1],
    ['double', 'fb7e37e43c8800759c', 1e300],
    ['double', 'f97c00', Infinity],
    ['double', 'faff800000', -Infinity],
    ['double', 'fb7ff8000000000000', NaN],
    ['integer', '1903e8', 1_000],
    ['integer', 'f94900', 10],
    ['boolean', 'f5', true],
    ['boolean', 'f4', false],
    ['string', '60', ''],
    ['string', '64f0908591', '𐅑'],
    ['string', '7f657374726561646d696e67ff', 'streaming'],
    ['timestamp', 'c11a514b67b0', new Date('2013-03-21T20:04:00Z')],
    ['timestamp', 'c1fb41d452d9ec200000', new Date('2013-03-21T20:04:00.500Z')],
    ['timestamp', '1a514b67b0', new Date('2013-03-21T20:04:00Z')],
    ['timestamp', 'c120', new Date('1969-12-31T23:59:59Z')],
    ['list', '83010203', [1, 2, 3]],
    ['list', '9f010203ff', [1, 2, 3]],
    ['list', '80', []],
    ['inner', 'bfff', {}],
    ['inner', 'bf66646f75626c65f93c00ff', { double: 1 }],
    ['double', 'f6', undefined],
    ['double', 'f7', undefined],
  ] as const)('%s of %s is %s', (name, hex, value) => {
    expect(readMember(name, hex)).toEqual(value);
  });

  it.each([
    ['double', '6131', /double must be a number/],
    ['double', 'c249010000000000000000', /not CBOR|must be a number/],
    ['integer', 'f93e00', /integer must be a whole number/],
    ['boolean', '01', /boolean must be true or false/],
    ['string', '01', /string must be a string/],
    ['string', '4161', /string must be a string/],
    ['timestamp', 'c074323031332d30332d32315432303a30343a30305a', /not CBOR|must be a time/],
    ['timestamp', 'c1f97e00', /timestamp must be a time/],
    ['timestamp', 'c1fb7e37e43c8800759c', /timestamp must be a time/],
    ['list', 'a0', /list must be a list/],
    ['list', '816131', /list.member.1 must be a number/],
    ['inner', '80', /inner must be a structure/],
  ] as const)('%s of %s is refused by its name', (name, hex, message) => {
    expect(() => readMember(name, hex)).toThrow(CloudwatchError);
    expect(() => readMember(name, hex)).toThrow(message);
  });

  it('that is not known is passed over, and an empty body has none', () => {
    expect(read(Buffer.from(encode({ unknown: [1, { a: 'b' }], double: 2 })))).toEqual({ double: 2 });
    expect(read(Buffer.alloc(0))).toEqual({});
  });

  it('of any bytes is read or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          read(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(CloudwatchError);
        }
      }),
    );
  });
});

describe('A long text', () => {
  /** As Jackson's generator writes it, which Java's SDK uses: in chunks of 3,996 characters, no pair cut in two. */
  function writeInChunks(text: string): Buffer {
    const parts = [Buffer.from([0x7f])];
    for (let at = 0; at < text.length;) {
      const end = at + 3_996;
      const isCut = /[\ud800-\udbff]/.test(text.charAt(end - 1));
      const chunk = text.slice(at, isCut ? end - 1 : end);
      parts.push(Buffer.from(encode(chunk)));
      at += chunk.length;
    }
    return Buffer.concat([...parts, Buffer.from([0xff])]);
  }
  const body = (text: Buffer) => Buffer.concat([Buffer.from([0xa1]), encode('string'), text]);

  it('in chunks is one text', () => {
    for (const text of ['a'.repeat(3_997), 'ü€'.repeat(50_000), `a${'😀'.repeat(20_000)}`]) {
      expect(read(body(writeInChunks(text)))).toEqual({ string: text });
    }
  });

  it('may stand in a list, and be the name of a member', () => {
    const name = writeInChunks('double');
    expect(read(Buffer.concat([Buffer.from([0xbf]), name, Buffer.from([0x01, 0xff])]))).toEqual({
      double: 1,
    });
  });

  it.each([
    ['that has no end', '7f6161'],
    ['of chunks in chunks', '7f7f6161ffff'],
    ['of bytes', '7f4161ff'],
    ['of a number', '7f01ff'],
    ['of nothing but a head', '7f'],
    ['that is no UTF-8', '7f61ffff'],
    ['in one piece that is no UTF-8', '63e28228'],
    ['that ends within a character', '62e282'],
  ])('%s is refused', (_what, hex) => {
    expect(() => read(body(Buffer.from(hex, 'hex')))).toThrow(CloudwatchError);
  });

  it('of a million empty chunks is refused before it is made', () => {
    const chunks = Buffer.concat([Buffer.from([0x7f]), Buffer.alloc(1_000_000, 0x60), Buffer.from([0xff])]);
    expect(() => read(body(chunks))).toThrow('The body is not CBOR.');
  });
});

describe('An answer in CBOR', () => {
  const OUTPUT = structure({ double, string, timestamp, blob, list: list(timestamp) });
  const write = (value: object) =>
    Buffer.from(cborProtocol.encode('GetMetricData', OUTPUT, value, 'id').body).toString('hex');

  // RFC 8949 again, with times under tag 1 as Smithy has them.
  it.each([
    [{}, 'a0'],
    [{ double: 1.1 }, 'a166646f75626c65fb3ff199999999999a'],
    [{ timestamp: new Date('2013-03-21T20:04:00Z') }, 'a16974696d657374616d70c11a514b67b0'],
    [{ timestamp: new Date('2013-03-21T20:04:00.500Z') }, 'a16974696d657374616d70c1fb41d452d9ec200000'],
    [{ blob: Uint8Array.of(1, 2, 3, 4) }, 'a164626c6f624401020304'],
    [{ string: 'ü', double: undefined }, 'a166737472696e6762c3bc'],
    [{ list: [new Date(0)] }, 'a1646c69737481c100'],
  ])('%j is %s', (value, hex) => {
    expect(write(value)).toBe(hex);
  });

  it('that is an error names it in the body and in a header', () => {
    const error = new CloudwatchError('DashboardNotFound', 'gone');
    expect(cborProtocol.encodeError(error, 'id')).toMatchObject({
      status: 404,
      headers: {
        'smithy-protocol': 'rpc-v2-cbor',
        'content-type': 'application/cbor',
        'x-amzn-query-error': 'ResourceNotFound;Sender',
      },
    });
  });
});
