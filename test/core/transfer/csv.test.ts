import { describe, expect, it } from 'vitest';
import { writeCsvRow } from '../../../src/core/transfer/csv.ts';

describe('a row of CSV', () => {
  it.each([
    ['=1+1', `'=1+1`],
    ['+cmd', `'+cmd`],
    ['-cmd', `'-cmd`],
    ['@SUM(A1)', `'@SUM(A1)`],
    ['\t=1', `'\t=1`],
    ['\r=1', `"'\r=1"`],
    ['=a,"b"', `"'=a,""b"""`],
    ['a=b', 'a=b'],
    ['', ''],
  ])('makes a text of %j that no spreadsheet runs', (cell, written) => {
    expect(writeCsvRow([cell])).toBe(`${written}\r\n`);
  });

  it('leaves numbers numbers, and absence empty', () => {
    expect(writeCsvRow([-1.5, 0, null, true, 1e-7])).toBe('-1.5,0,,true,1e-7\r\n');
  });
});
