/** ARNs, units, and texts that can be kept. */
import { describe, expect, it } from 'vitest';
import {
  nameAccount,
  nameAlarmArn,
  nameDashboardArn,
  readAlarmName,
  readArn,
} from '../../../../src/core/cloudwatch-service/model/arn.ts';
import { beginsWith } from '../../../../src/core/cloudwatch-service/model/begins-with.ts';
import { refuseUnstorable } from '../../../../src/core/cloudwatch-service/model/storable-text.ts';
import { isStorable, listUnstorable } from '../../../../src/platform/bounded-input/storable-text.ts';
import {
  findUnitCode,
  nameUnit,
  sortUnits,
  UNITS,
} from '../../../../src/core/cloudwatch-service/model/units.ts';
import { fc } from '../../../helpers/property.ts';

const NAME = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
const REGION = fc.constantFrom('us-east-1', 'eu-central-1', 'us-gov-west-1', 'self');
const ACCOUNT = fc.integer({ min: 1, max: 2 ** 31 - 1 });

describe('An ARN', () => {
  it('names the alarm or the dashboard it was made of, whatever that is called', () => {
    fc.assert(
      fc.property(REGION, ACCOUNT, NAME, (region, account, name) => {
        const alarm = nameAlarmArn(region, account, name);
        expect(readArn(alarm)).toEqual({ kind: 'alarm', accountId: nameAccount(account), name });
        expect(readAlarmName(alarm)).toBe(name);
        const dashboard = nameDashboardArn(account, name);
        expect(readArn(dashboard)).toEqual({ kind: 'dashboard', accountId: nameAccount(account), name });
      }),
    );
  });

  it.each([
    ['arn:aws:cloudwatch:eu-west-1:123456789012:alarm:CPU high: web', 'CPU high: web'],
    ['arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:a', 'a'],
    ['arn:aws-us-gov:cloudwatch:us-gov-west-1:123456789012:alarm:a/b', 'a/b'],
    ['plain name', 'plain name'],
    ['arn:aws:cloudwatch::123456789012:dashboard/main', 'arn:aws:cloudwatch::123456789012:dashboard/main'],
    ['arn:aws:sns:eu-west-1:123456789012:alarm:a', 'arn:aws:sns:eu-west-1:123456789012:alarm:a'],
    ['arn:aws:cloudwatch:eu-west-1:12345:alarm:a', 'arn:aws:cloudwatch:eu-west-1:12345:alarm:a'],
    ['arn:aws:cloudwatch:eu-west-1:123456789012:alarm:', 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:'],
  ])('or a name, %s, means the alarm %s', (given, name) => {
    expect(readAlarmName(given)).toBe(name);
  });

  it('has an account of twelve digits', () => {
    expect([1, 42, 2_147_483_647].map(nameAccount)).toEqual(['000000000001', '000000000042', '002147483647']);
  });
});

describe('A beginning of a name', () => {
  it('stands for itself in LIKE, whatever signs it has', () => {
    /** LIKE with a backslash before what is meant as it is. */
    const like = (pattern: string, value: string) => {
      const parts = [...pattern.matchAll(/\\(.)|%|_|[^\\%_]+/gs)].map(([part, escaped]) => {
        if (part === '%') return '.*';
        if (part === '_') return '.';
        return (escaped ?? part).replaceAll(/[^\w\s]/g, String.raw`\$&`);
      });
      return new RegExp(`^${parts.join('')}.*$`, 's').test(value);
    };
    const text = fc
      .array(fc.constantFrom('a', 'b', '_', '%', '\\'), { maxLength: 4 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(text, text, (prefix, value) => {
        expect(like(beginsWith(prefix).startsWith, value)).toBe(value.startsWith(prefix));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('Units', () => {
  // StandardUnit of AWS' service model.
  const STANDARD =
    'Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits Megabits Gigabits ' +
    'Terabits Percent Count Bytes/Second Kilobytes/Second Megabytes/Second Gigabytes/Second Terabytes/Second Bits/Second ' +
    'Kilobits/Second Megabits/Second Gigabits/Second Terabits/Second Count/Second None';

  it('are those of AWS, each with a code that stands for it', () => {
    expect(UNITS.toSorted()).toEqual(STANDARD.split(' ').toSorted());
    for (const unit of UNITS) expect(nameUnit(findUnitCode(unit) ?? -1)).toBe(unit);
    expect(findUnitCode('None')).toBe(0);
  });

  it.each(['seconds', 'Second', 'Percent ', '', 'constructor', 'Count/second'])('are not %j', (unit) => {
    expect(findUnitCode(unit)).toBeNull();
  });

  it.each([-1, 27, 0.5, NaN])('have no code %d', (code) => {
    expect(() => nameUnit(code)).toThrow(RangeError);
  });

  it('of several the one AWS prefers is first, whatever order they came in', () => {
    const codes = UNITS.map((_, code) => code);
    fc.assert(
      fc.property(fc.shuffledSubarray(codes), (some) => {
        const sorted = sortUnits(some);
        expect(sorted.toSorted((a, b) => a - b)).toEqual(some.toSorted((a, b) => a - b));
        expect(sorted).toEqual(sortUnits(codes).filter((code) => some.includes(code)));
      }),
    );
    const [first] = sortUnits(codes);
    expect([nameUnit(first ?? -1), nameUnit(sortUnits(codes).at(-1) ?? -1)]).toEqual(['Megabits', 'None']);
  });
});

describe('A text', () => {
  it('can be kept unless it has U+0000 or half of a character', () => {
    const unit = fc.constantFrom('a', 'é', '\u0000', '\ud83d', '\ude00', '😀', '\uffff');
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 5 }), (parts) => {
        const text = parts.join('');
        // Half of a character becomes another one in UTF-8.
        const isWhole = Buffer.from(text).toString() === text;
        expect(isStorable(text)).toBe(isWhole && !text.includes('\u0000'));
      }),
    );
  });

  it('that cannot is found wherever it is in a request, and named by its place', () => {
    const tree = {
      Name: 'fine',
      At: new Date(0),
      Rows: [{ Value: 'a\u0000' }, { Value: 'b', Tags: ['\ud83d', 'c'] }],
      Map: { key: 'x\u0000' },
      Count: 3,
      None: null,
    };
    expect(listUnstorable(tree).map(({ path }) => path)).toEqual([
      ['Rows', 0, 'Value'],
      ['Rows', 1, 'Tags', 0],
      ['Map', 'key'],
    ]);
    expect(() => {
      refuseUnstorable(tree);
    }).toThrow(
      [
        'The value a? for parameter Rows.member.1.Value is invalid. It must not contain U+0000 or half of a surrogate pair.',
        'The value ? for parameter Rows.member.2.Tags.member.1 is invalid. It must not contain U+0000 or half of a surrogate pair.',
        'The value x? for parameter Map.key is invalid. It must not contain U+0000 or half of a surrogate pair.',
      ].join('\n'),
    );
  });

  it('of a thousand that cannot the first twenty are named', () => {
    const names = Array<string>(1_000).fill('\u0000');
    const refuse = () => {
      refuseUnstorable({ Names: names });
    };
    expect(refuse).toThrow(/Names\.member\.20 /);
    expect(refuse).not.toThrow(/Names\.member\.21 /);
  });
});
