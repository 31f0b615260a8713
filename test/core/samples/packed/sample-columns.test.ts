import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';
import { DamagedBlockError } from '../../../../src/core/samples/packed/bits.ts';
import { encodeBlock, SampleBlock } from '../../../../src/core/samples/packed/block-codec.ts';
import { DAMAGED_BLOCKS, readBlock } from '../../../../src/core/samples/packed/open-block.ts';
import {
  findTime,
  phaseBit,
  phaseCode,
  sampleAt,
  toColumns,
  toMarks,
  toViewNumber,
} from '../../../../src/core/samples/packed/sample-columns.ts';
import { makeBlock } from '../../../../src/core/samples/packed/write-blocks.ts';
import { isScored } from '../../../../src/core/samples/stored-sample.ts';
import { ANOMALY_PHASES, VIEWS } from '../../../../src/model.ts';
import { fc } from '../../../helpers/property.ts';
import { makeScoredSample } from '../../../helpers/scored-sample.ts';
import { anySamples } from '../../../helpers/stored-samples.ts';

const ofOneMetric = anySamples
  .map((samples) => samples.filter(isScored).filter(({ metricNumber }) => metricNumber === 1))
  .filter(({ length }) => length > 0);

describe('columns', () => {
  it('hold each sample as it is', () => {
    fc.assert(
      fc.property(ofOneMetric, (samples) => {
        const columns = toColumns(samples);
        expect(samples.map((_, index) => sampleAt(columns, index))).toEqual(samples);
      }),
    );
  });

  it('find the first sample that is not before a time', () => {
    const times = fc
      .uniqueArray(fc.integer({ min: 0, max: 60 }))
      .map((list) => list.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(times, fc.integer({ min: -2, max: 62 }), (list, ms) => {
        const wanted = list.filter((time) => time < ms).length;
        expect(findTime({ timestampsMs: Float64Array.from(list), count: list.length }, ms)).toBe(wanted);
      }),
      { numRuns: 300 },
    );
  });

  it('have a number for every label, which no other has, and none for what is none', () => {
    const views = VIEWS.map(toViewNumber);
    expect(new Set([toViewNumber(null), ...views]).size).toBe(VIEWS.length + 1);
    const marks = [null, ...ANOMALY_PHASES].flatMap((phase) =>
      [false, true].flatMap((one) => [false, true].map((other) => toMarks(phase, one, other))),
    );
    expect(new Set(marks).size).toBe((ANOMALY_PHASES.length + 1) * 4);
    expect(() => toViewNumber('level')).toThrow('level');
    expect(() => toMarks('toString', false, false)).toThrow('toString');
  });

  it('have a bit for every phase, whatever else is marked', () => {
    const bits = [null, ...ANOMALY_PHASES].map(phaseBit);
    // Stored as a smallint.
    expect(bits.reduce((set, bit) => set | bit, 0)).toBe(2 ** bits.length - 1);
    for (const phase of ANOMALY_PHASES)
      expect(1 << phaseCode(toMarks(phase, true, true))).toBe(phaseBit(phase));
  });
});

describe('what is known of a block without reading it', () => {
  it('is the least and the most of what is in it', () => {
    fc.assert(
      fc.property(ofOneMetric, (samples) => {
        const block = makeBlock(toColumns(samples), 1);
        const of = (pick: (sample: (typeof samples)[number]) => number) => samples.map(pick);
        expect(block).toMatchObject({
          metricNumber: 1,
          count: samples.length,
          windowFirst: 1,
          firstMs: Math.min(...of(({ timestampMs }) => timestampMs)),
          lastMs: Math.max(...of(({ timestampMs }) => timestampMs)),
          firstSeq: Math.min(...of(({ seq }) => seq)),
          lastSeq: Math.max(...of(({ seq }) => seq)),
          minValue: Math.min(...of(({ value }) => value)),
          maxValue: Math.max(...of(({ value }) => value)),
          maxScore: Math.max(...of(({ score }) => score)),
          lastRowId: Math.max(...of(({ rowId }) => rowId)),
        });
        const phases = new Set(of(({ phase }) => phaseBit(phase)));
        expect(block.phases).toBe([...phases].reduce((set, bit) => set + bit, 0));
      }),
    );
  });
});

describe('a block that is damaged', () => {
  /** Opens a block, and listens to what is reported meanwhile. */
  function open(data: Buffer, read: (block: SampleBlock) => unknown = ({ count }) => count) {
    const reported: unknown[] = [];
    const note = (message: unknown) => reported.push(message);
    subscribe(DAMAGED_BLOCKS, note);
    try {
      return { result: readBlock({ metricNumber: 7, data }, read), reported };
    } finally {
      unsubscribe(DAMAGED_BLOCKS, note);
    }
  }

  const data = encodeBlock(toColumns([1, 2, 3].map(makeScoredSample)));

  it('is left out and reported by its metric', () => {
    expect(open(data)).toEqual({ result: 3, reported: [] });
    const cut = open(data.subarray(0, -1));
    expect(cut.result).toBeNull();
    expect(cut.reported).toMatchObject([{ metricNumber: 7, error: { name: 'DamagedBlockError' } }]);
  });

  it('is also noticed where only reading a column shows it', () => {
    const { result, reported } = open(data, () => {
      throw new DamagedBlockError('a column of a block ends too early');
    });
    expect([result, reported.length]).toEqual([null, 1]);
  });

  it('is not what a fault of the reader is taken for', () => {
    expect(() =>
      open(data, () => {
        throw new TypeError('a fault');
      }),
    ).toThrow('a fault');
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['nothing', () => Buffer.alloc(0)],
    ['four bytes', () => Buffer.alloc(4)],
    ['zeros', (bytes) => Buffer.alloc(bytes.length)],
    ['a block of a version to come', (bytes) => seal(bytes, (body) => (body[0] = 2))],
    // As a varint: 2^28 - 1 samples.
    [
      'a block that says it has millions of samples',
      () => seal(Buffer.from([1, 255, 255, 255, 127, 0, 0, 0, 0])),
    ],
    ['columns that are longer than the block', (bytes) => seal(bytes, (body) => (body[2] = 100))],
    ['a block of no columns', () => seal(Buffer.from([1, 3, 0, 0, 0, 0]))],
  ])('%s is refused whole, also with the right checksum', (_what, damage) => {
    expect(() => new SampleBlock(7, damage(Buffer.from(data)))).toThrow(DamagedBlockError);
  });
});

/** A block with this body and the checksum of it. */
function seal(bytes: Buffer, change: (body: Buffer) => unknown = () => undefined): Buffer {
  const body = bytes.subarray(0, -4);
  change(body);
  bytes.writeUInt32LE(crcOf(body), body.length);
  return bytes;
}

/** CRC-32 bit by bit, of ISO 3309 and gzip. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
