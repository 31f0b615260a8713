import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodePushes,
  encodePushes,
  type ForwardedPush,
} from '../../../../src/core/ingest/forwarded/point-frame.ts';
import { VALUE_KINDS } from '../../../../src/model.ts';

const TEXT = fc.string({ unit: 'binary', maxLength: 20 });
const PUSH: fc.Arbitrary<ForwardedPush> = fc.record({
  id: fc.maxSafeNat(),
  accountId: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  traceparent: fc.option(TEXT, { nil: undefined }),
  points: fc.array(
    fc.record({
      metric: TEXT,
      timestampMs: fc.double(),
      value: fc.double(),
      unit: fc.option(TEXT, { nil: null }),
      resource: fc.option(TEXT, { nil: null }),
      valueKind: fc.option(fc.constantFrom(...VALUE_KINDS), { nil: undefined }),
    }),
    { maxLength: 10 },
  ),
});

describe('a message of pushes', () => {
  it('comes out as it went in, whatever the points are, wherever it lies in memory', () => {
    fc.assert(
      fc.property(fc.array(PUSH, { maxLength: 4 }), fc.nat({ max: 9 }), (pushes, offset) => {
        const sent = encodePushes(pushes);
        const received = Buffer.concat([Buffer.alloc(offset), sent]).subarray(offset);
        expect(decodePushes(received)).toEqual(pushes);
      }),
    );
  });

  it('says nothing of units, resources and kinds where no point has them', () => {
    const points = [{ metric: 'm', timestampMs: 1, value: 2 }];
    const message = encodePushes([{ id: 1, accountId: 1, points }]);
    expect(message.toString()).toMatch(/"metrics":\["m"\]\}$/);
  });

  it('is refused where it is cut off, or is of something else', () => {
    const whole = encodePushes([
      { id: 1, accountId: 1, points: [{ metric: 'm', timestampMs: 1, value: 2 }] },
    ]);
    for (let length = 0; length < whole.byteLength; length++)
      expect(() => decodePushes(whole.subarray(0, length))).toThrow(Error);
    expect(() => decodePushes(Buffer.from('{"pushes":[],"metrics":[]}'))).toThrow('not a frame of points');
  });

  it('is refused where pushes and points do not agree', () => {
    const points = [{ metric: 'm', timestampMs: 1, value: 2 }];
    const message = encodePushes([{ id: 1, accountId: 1, points }]);
    const others = Buffer.from(message.toString('latin1').replace('"count":1', '"count":2'), 'latin1');
    expect(() => decodePushes(others)).toThrow('other names than points');
  });
});
