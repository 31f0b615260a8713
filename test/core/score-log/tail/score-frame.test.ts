import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANOMALY_PHASES, VIEWS } from '../../../../src/model.ts';
import type { ScoredSample } from '../../../../src/core/samples/stored-sample.ts';
import { decodeFrame, encodeFrame, FRAME_DETAILS } from '../../../../src/core/score-log/tail/score-frame.ts';

const INT4 = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const DOUBLE = fc.double({ noNaN: true });
const SAMPLE: fc.Arbitrary<ScoredSample> = fc.record({
  metricNumber: INT4,
  rowId: INT4,
  timestampMs: fc.integer({ min: -1e13, max: 1e13 }),
  value: DOUBLE,
  seq: fc.maxSafeNat(),
  score: fc.double({ min: 0, max: 1, noNaN: true }),
  expected: DOUBLE,
  low: DOUBLE,
  high: DOUBLE,
  rawScore: DOUBLE,
  view: fc.constantFrom(null, ...VIEWS),
  provisional: fc.boolean(),
  episode: fc.boolean(),
  phase: fc.constantFrom(null, ...ANOMALY_PHASES),
});
const DETAIL = fc.constantFrom(...FRAME_DETAILS);
const FRAME = fc.record({
  after: fc.maxSafeNat(),
  upTo: fc.maxSafeNat(),
  samples: fc.array(SAMPLE, { maxLength: 20 }),
});

describe('a frame of scores', () => {
  it('comes out as it went in, to the last bit, wherever it lies in memory', () => {
    fc.assert(
      fc.property(FRAME, DETAIL, fc.nat({ max: 9 }), (frame, detail, offset) => {
        const sent = encodeFrame(frame, detail);
        const received = new Uint8Array(offset + sent.byteLength).subarray(offset);
        received.set(sent);
        const read = decodeFrame(received);
        expect(read).toMatchObject({
          after: frame.after,
          upTo: frame.upTo,
          rows: frame.samples.length,
          detail,
        });
        expect(read.readSamples()).toEqual(detail === 'scores' ? frame.samples : null);
        expect(read.readProgress()).toEqual(
          frame.samples.map(({ metricNumber, rowId, timestampMs }) => ({ metricNumber, rowId, timestampMs })),
        );
      }),
    );
  });

  it('is refused when it is cut, longer, of another layout, or something else', () => {
    fc.assert(
      fc.property(FRAME, DETAIL, fc.integer({ min: 1, max: 40 }), (frame, detail, bytes) => {
        const sent = encodeFrame(frame, detail);
        const longer = new Uint8Array(sent.byteLength + bytes);
        longer.set(sent);
        const ofOtherLayout = Uint8Array.from(sent);
        ofOtherLayout[3] = 0;
        for (const wrong of [sent.subarray(0, -bytes), longer, ofOtherLayout, Buffer.from('{"data":null}')])
          expect(() => decodeFrame(wrong)).toThrow('not a frame of scores');
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeFrame(bytes)).toThrow('not a frame of scores');
      }),
    );
  });
});
