import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { writeElement, writeShape } from '../../../../src/api/http/aws/xml.ts';
import {
  blob,
  boolean,
  double,
  list,
  map,
  string,
  structure,
  timestamp,
} from '../../../../src/core/cloudwatch-service/model/shape.ts';
import { fc } from '../../../helpers/property.ts';

/** What an XML 1.0 reader makes of the ends of lines, before anything else: section 2.11. */
const readLineEnds = (xml: string) => xml.replaceAll(/\r\n?/g, '\n');
const parser = new XMLParser({ trimValues: false, parseTagValue: false, htmlEntities: true });
const readText = (xml: string) => {
  const { a } = parser.parse(readLineEnds(xml)) as { a: string };
  return a;
};

describe('A text in XML', () => {
  // The first four as Smithy's tests of its XML protocols have them.
  it.each([
    ['\r', '<a>&#xD;</a>'],
    ['\u0085', '<a>&#x85;</a>'],
    ['\u2028', '<a>&#x2028;</a>'],
    [`<&"'>`, '<a>&lt;&amp;&quot;&apos;&gt;</a>'],
    ['a\0\u0008\ufffe\ud800b', '<a>ab</a>'],
    ['\t\n', '<a>\t\n</a>'],
    ['ü€😀', '<a>ü€😀</a>'],
  ])('%j is written as %s', (text, xml) => {
    expect(writeElement('a', text, 'text')).toBe(xml);
  });

  it('reads as it was, its ends of lines too', () => {
    const unit = fc.constantFrom(
      'a',
      '\r',
      '\n',
      '\t',
      ' ',
      '&',
      '<',
      '>',
      '"',
      "'",
      ']',
      'ü',
      '😀',
      '#',
      ';',
      'xD',
    );
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1, maxLength: 40 }), (text) => {
        expect(readText(writeElement('a', `.${text}.`, 'text'))).toBe(`.${text}.`);
      }),
    );
  });
});

describe('A shape in XML', () => {
  const SHAPE = structure({
    Name: string,
    Value: double,
    Is: boolean,
    At: timestamp,
    Bytes: blob,
    List: list(string),
    Map: map(double),
  });
  it.each([
    ['what is undefined is left out', {}, ''],
    ['numbers', { Value: 1e21 }, '<Value>1e+21</Value>'],
    ['negative zero', { Value: -0 }, '<Value>0</Value>'],
    ['a whole second', { At: new Date('2026-11-20T12:00:00Z') }, '<At>2026-11-20T12:00:00Z</At>'],
    ['milliseconds', { At: new Date('2026-11-20T12:00:00.120Z') }, '<At>2026-11-20T12:00:00.120Z</At>'],
    ['bytes', { Bytes: Uint8Array.of(1, 2, 255) }, '<Bytes>AQL/</Bytes>'],
    ['a list', { List: ['a', '&'] }, '<List><member>a</member><member>&amp;</member></List>'],
    ['an empty list', { List: [] }, '<List></List>'],
    ['a map', { Map: { p50: 1 } }, '<Map><entry><key>p50</key><value>1</value></entry></Map>'],
    ['members in the order of the shape', { Is: true, Name: 'n' }, '<Name>n</Name><Is>true</Is>'],
  ])('%s', (_what, value, xml) => {
    expect(writeShape('a', SHAPE, value)).toBe(`<a>${xml}</a>`);
  });

  it('of EC2 has items', () => {
    expect(writeShape('a', list(string), ['b'], 'item')).toBe('<a><item>b</item></a>');
  });
});
