import { describe, expect, it } from 'vitest';
import { readProblem } from '../../src/web/parts/field-problem.ts';
import { keyOf } from '../../src/web/rules/planned-windows.ts';
import { describeWindow, placeWindow, type Window, writeWindow } from '../../src/web/rules/windows.ts';

const at = (time: string) => Date.parse(time);
const nights: Window = { weekdays: ['FRIDAY'], from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' };

describe('a maintenance window', () => {
  it('that comes once begins at its start and is over at its end', () => {
    const window: Window = { start: '2026-11-23T10:00:00.000Z', end: '2026-11-23T12:00:00.000Z' };
    expect(placeWindow(window, at('2026-11-23T09:59:59.999Z'))).toBe('later');
    expect(placeWindow(window, at('2026-11-23T10:00:00Z'))).toBe('now');
    expect(placeWindow(window, at('2026-11-23T12:00:00Z'))).toBe('over');
  });

  it('that comes every week goes by the clock of its zone, past midnight into the next day', () => {
    // 2026-11-27 is a Friday; Berlin is an hour ahead of UTC then.
    expect(placeWindow(nights, at('2026-11-27T20:59:00Z'))).toBe('later');
    expect(placeWindow(nights, at('2026-11-27T21:00:00Z'))).toBe('now');
    expect(placeWindow(nights, at('2026-11-28T04:59:00Z'))).toBe('now');
    expect(placeWindow(nights, at('2026-11-28T05:00:00Z'))).toBe('later');
    expect(placeWindow(nights, at('2026-11-27T04:00:00Z'))).toBe('later');
    const mornings: Window = { weekdays: ['SUNDAY'], from: '06:00', to: '24:00', timeZone: 'UTC' };
    expect(placeWindow(mornings, at('2026-11-29T23:59:00Z'))).toBe('now');
    expect(placeWindow(mornings, at('2026-11-30T00:00:00Z'))).toBe('later');
  });

  it('is shown with the zone whose clock it goes by', () => {
    expect(describeWindow(nights, 'UTC')).toBe('Fri, 22:00 to 06:00 of the next day, Europe/Berlin');
    const once: Window = { start: '2026-11-23T10:00:00.000Z', end: '2026-11-23T12:00:00.000Z' };
    expect(describeWindow(once, 'UTC')).toContain('UTC');
  });

  it('of holidays is now on one of them, later while some come, and over after the last', () => {
    const window: Window = { dates: ['2026-12-24', '2026-12-31'], timeZone: 'Asia/Tokyo' };
    const yearly: Window = { dates: ['12-25'], timeZone: 'Asia/Tokyo' };
    expect(placeWindow(window, at('2026-12-23T14:59:59Z'))).toBe('later');
    expect(placeWindow(window, at('2026-12-23T15:00:00Z'))).toBe('now');
    expect(placeWindow(window, at('2026-12-24T15:00:00Z'))).toBe('later');
    expect(placeWindow(window, at('2026-12-31T15:00:00Z'))).toBe('over');
    expect(placeWindow(yearly, at('2030-12-25T12:00:00Z'))).toBe('now');
    expect(placeWindow(yearly, at('2030-12-26T12:00:00Z'))).toBe('later');
    expect(writeWindow(window)).toEqual({ holidays: window });
    expect(describeWindow(yearly, 'UTC')).toBe('12-25 every year, whole days, Asia/Tokyo');
  });

  it('is the same whatever order its days are in', () => {
    const one: Window = { ...nights, weekdays: ['FRIDAY', 'MONDAY'] };
    expect(keyOf(one)).toBe(keyOf({ ...nights, weekdays: ['MONDAY', 'FRIDAY'] }));
    expect(keyOf(one)).not.toBe(keyOf(nights));
  });
});

describe('a refusal', () => {
  it('is taken apart into the field it is about and the reason', () => {
    expect(readProblem('channels.0.webhook.url: expected an http or https URL')).toEqual({
      path: 'channels.0.webhook.url',
      text: 'expected an http or https URL',
    });
    expect(readProblem('input.scope.tags.1.key: "a" is given twice').path).toBe('scope.tags.1.key');
  });

  it('of a value that is not of its type names the field, too', () => {
    const message =
      'Variable "$input" got invalid value 99999999999 at "input.confirmSeconds"; Int cannot represent non 32-bit signed integer value: 99999999999';
    expect(readProblem(message).path).toBe('confirmSeconds');
  });

  it('of no field is left as it is', () => {
    const message = 'The server cannot be reached: no network';
    expect(readProblem(message)).toEqual({ path: '', text: message });
  });
});
