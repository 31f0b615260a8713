/** Forms of AWS Query: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
import { describe, expect, it } from 'vitest';
import type { AwsRequest } from '../../../../src/api/http/aws/protocol.ts';
import { queryProtocol } from '../../../../src/api/http/aws/query.ts';
import { CloudwatchError } from '../../../../src/core/cloudwatch-service/model/cloudwatch-error.ts';
import {
  boolean,
  double,
  integer,
  list,
  string,
  structure,
  timestamp,
} from '../../../../src/core/cloudwatch-service/model/shape.ts';
import { fc } from '../../../helpers/property.ts';

const SHAPE = structure({
  Text: string,
  Number: double,
  Whole: integer,
  Is: boolean,
  At: timestamp,
  List: list(string),
  Inner: structure({ List: list(structure({ Name: string, Values: list(double) })) }),
});

function decode(form: string | Buffer, queryString = '') {
  const body = Buffer.from(form);
  const request: AwsRequest = {
    method: 'POST',
    path: '/aws',
    queryString,
    headers: {},
    rawHeaders: [],
    body,
  };
  return queryProtocol.decode(request, body);
}
const read = (form: string | Buffer, queryString?: string) => decode(form, queryString).read(SHAPE);

describe('A form', () => {
  it.each([
    ['', {}],
    ['Text=a+b%2Bc%26%3D%25', { Text: 'a b+c&=%' }],
    ['Text=%C3%BC%F0%9F%98%80', { Text: 'ü😀' }],
    ['Text=%EF%BF%BD', { Text: '\ufffd' }],
    ['Text=', { Text: '' }],
    ['Text', { Text: '' }],
    ['Text=first&Text=last', { Text: 'last' }],
    ['Number=-1.5e-3&Whole=60', { Number: -0.0015, Whole: 60 }],
    ['Number=Infinity', { Number: Infinity }],
    ['Whole=60.0', { Whole: 60 }],
    ['Is=true', { Is: true }],
    ['Is=False', { Is: false }],
    ['At=2026-11-20T12%3A00%3A00Z', { At: new Date('2026-11-20T12:00:00Z') }],
    ['At=20261120T120000Z', { At: new Date('2026-11-20T12:00:00Z') }],
    ['At=2026-11-20T13%3A30%3A00%2B01%3A30', { At: new Date('2026-11-20T12:00:00Z') }],
    ['List.member.2=b&List.member.1=a&List.member.10=c', { List: ['a', 'b', 'c'] }],
    ['List.1=a&List.2=b', { List: ['a', 'b'] }],
    ['List=', { List: [] }],
    [
      'Inner.List.member.1.Name=a&Inner.List.member.1.Values.member.1=1&Inner.List.member.2.Name=b',
      { Inner: { List: [{ Name: 'a', Values: [1] }, { Name: 'b' }] } },
    ],
    ['Inner=', { Inner: {} }],
    ['Unknown.member.1=x&Text=a', { Text: 'a' }],
    ['__proto__.Text=x&constructor=y&Text=a', { Text: 'a' }],
  ])('%s is read', (form, tree) => {
    expect(read(form)).toEqual(tree);
  });

  it('may stand in the URL, in the body, or in both', () => {
    expect(read('Text=a', 'Whole=1')).toEqual({ Text: 'a', Whole: 1 });
    expect(decode('', 'Action=ListMetrics').operation).toBe('ListMetrics');
    expect(decode('Operation=ListMetrics').operation).toBe('ListMetrics');
    expect(decode('Action.member.1=ListMetrics').operation).toBe('');
  });

  it.each([
    ['Number=1,5', /Number must be a number/],
    ['Number=', /Number must be a number/],
    ['Number=0x10', /Number must be a number/],
    ['Whole=1.5', /Whole must be a whole number/],
    ['Is=yes', /Is must be true or false/],
    ['At=yesterday', /At must be a time/],
    ['At=12', /At must be a time/],
    ['List=a', /List must be a list/],
    ['Text.member.1=a', /Text must be a string/],
    ['Inner.List.member.1.Values.member.1=x', /Inner.List.member.1.Values.member.1 must be a number/],
    [`${'a.'.repeat(17)}b=1`, /nested too deeply/],
    ['Text=%FF', /not encoded as UTF-8/],
    ['Text=%E2%82', /not encoded as UTF-8/],
    ['Text=%EF%BF%BD%FF', /not encoded as UTF-8/],
    ['%C3=a', /not encoded as UTF-8/],
  ])('%s is refused', (form, message) => {
    expect(() => read(form)).toThrow(CloudwatchError);
    expect(() => read(form)).toThrow(message);
  });

  it('of bytes that are no text is refused', () => {
    expect(() => read(Buffer.from('Text=\xfc', 'latin1'))).toThrow(/not encoded as UTF-8/);
  });

  it('gives any text back that a client encodes', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 50 });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (texts) => {
        const form = texts.map((one, i) => `List.member.${i + 1}=${encodeURIComponent(one)}`).join('&');
        expect(read(form)).toEqual({ List: texts });
        const plus = new URLSearchParams(texts.map((one, i) => [`List.member.${i + 1}`, one]));
        expect(read(plus.toString())).toEqual({ List: texts });
      }),
    );
  });
});
