import { describe, expect, it } from 'vitest';
import { checkName, checkResource, checkUnit } from '../../../src/core/ingest/validate-point.ts';

describe('a pushed point', () => {
  it.each([
    ['', 'bad_name'],
    ['a\u0000b', 'bad_name'],
    ['x'.repeat(4097), 'bad_name'],
  ])('with the name %j is refused', (name, reason) => {
    expect(checkName(name)).toMatchObject({ reason, message: expect.stringMatching(/^metric: /) as string });
  });

  it.each(['a\u0000b', 'x'.repeat(256), 'a\nb'])('with the unit %j is refused', (unit) => {
    const message = expect.stringMatching(
      /^unit: expected at most 255 characters, none of them a control character, got (?:"|256$)/,
    ) as string;
    expect(checkUnit(unit)).toMatchObject({ reason: 'bad_unit', message });
  });

  it.each([null, undefined, '', 'ms', '°C', '件/秒'])('may have the unit %j', (unit) => {
    expect(checkUnit(unit)).toBeNull();
  });

  const halves = ['\ud800', 'a\udbffb', '\udc00', 'x\udfff', '\ude00\ud83d', '\ud83d\ud83d\ude00'];

  it.each(halves)('with half of a character is refused: %j', (text) => {
    expect(checkName(text)).toMatchObject({ reason: 'bad_name' });
    expect(checkResource(text)).toMatchObject({ reason: 'bad_resource' });
    expect(checkUnit(text)).toMatchObject({ reason: 'bad_unit' });
  });

  it.each(['\ud83d\ude00', 'disk 💾 free', '𝒳', 'ﬁ'])('may have %j everywhere', (text) => {
    expect([checkName(text), checkResource(text), checkUnit(text)]).toEqual([null, null, null]);
  });
});
