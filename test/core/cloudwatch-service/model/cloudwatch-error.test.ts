import { describe, expect, it } from 'vitest';
import {
  asValidationError,
  CloudwatchError,
  invalid,
  joinErrors,
  missing,
  showValue,
} from '../../../../src/core/cloudwatch-service/model/cloudwatch-error.ts';
import { fc } from '../../../helpers/property.ts';

describe('A message of the service', () => {
  it('can be printed and sent by any client, whatever of a request it shows', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.nat({ max: 300 }), (text, cut) => {
        const { message } = new CloudwatchError('InvalidParameterValue', text.slice(0, cut));
        expect(message).not.toMatch(/\p{Cs}/u);
        expect(showValue(text)).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  it.each([
    ['a\nb\0', 'a?b?'],
    ['x'.repeat(81), `${'x'.repeat(80)}…`],
    [0.1, '0.1'],
    [true, 'true'],
    [undefined, 'undefined'],
    [new Date(NaN), 'Invalid Date'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
  ])('shows %j as %s', (value, shown) => {
    expect(showValue(value)).toBe(shown);
  });

  it('names all that is wrong, a line each, under the code of the first', () => {
    const joined = joinErrors([missing('A'), invalid('B', 1, 'It must be 2.')]);
    expect(joined).toMatchObject({
      code: 'MissingParameter',
      message: 'The parameter A is required.\nThe value 1 for parameter B is invalid. It must be 2.',
    });
  });

  it.each([
    [missing('A'), 'ValidationError'],
    [invalid('A', 1), 'ValidationError'],
    [new CloudwatchError('InvalidNextToken', ''), 'InvalidNextToken'],
    [new CloudwatchError('Throttling', ''), 'Throttling'],
  ])('%s is %s where an operation knows no error of parameters', (error, code) => {
    expect(asValidationError(error)).toMatchObject({ code });
  });

  it('that is no error of the service stays what it is', () => {
    const bug = new TypeError('a bug');
    expect(asValidationError(bug)).toBe(bug);
  });
});
