/** The forms samples are downloaded in, read by what stands in their specifications. */
import { decodeMulti } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import {
  DOWNLOAD_FORMATS,
  SAMPLE_FORMATS,
  type DownloadFormat,
  type NamedSample,
} from '../../../src/core/transfer/download-format.ts';
import { fc } from '../../helpers/property.ts';

const UID = '0b5a6f1e-3c5d-4f7a-9b8c-1d2e3f405162';
const SAMPLE: NamedSample = {
  uid: UID,
  name: 'cpu',
  metricNumber: 1,
  rowId: 7,
  seq: 9,
  timestampMs: Date.parse('2026-11-20T12:00:00.250Z'),
  value: 1.5,
  rawScore: 0.25,
  score: 0.5,
  expected: 1,
  low: 0.5,
  high: 2,
  view: 'LEVEL',
  provisional: false,
  episode: true,
  phase: 'OPENS',
};
const UNSCORED: NamedSample = {
  ...SAMPLE,
  seq: null,
  rawScore: null,
  score: null,
  expected: null,
  low: null,
  high: null,
  view: null,
  provisional: false,
  episode: false,
  phase: null,
};

/** All of a file, as its parts are sent one after the other. */
function writeFile(format: DownloadFormat, ...pages: readonly (readonly NamedSample[])[]): Buffer {
  const { header, write } = SAMPLE_FORMATS[format];
  return Buffer.concat([header, ...pages.map(write)]);
}

/** RFC 4180: rows of fields, some in quotes, in which two quotes are one. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  for (let at = 0; at < text.length;) {
    const row: string[] = [];
    for (let isLast = false; !isLast;) {
      const [field = '', quoted, plain = '', end = ''] =
        /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(text.slice(at)) ?? [];
      if (end === '') throw new Error(`no field at ${at}`);
      row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
      at += field.length;
      isLast = end === '\r\n';
    }
    rows.push(row);
  }
  return rows;
}

describe('CSV', () => {
  it('has a name for each column, and an empty field for what there is not', () => {
    const [names = [], scored = [], unscored = []] = readCsv(
      writeFile('CSV', [SAMPLE], [UNSCORED]).toString(),
    );
    const read = (row: readonly string[]) => Object.fromEntries(names.map((name, i) => [name, row[i]]));
    expect(read(scored)).toEqual({
      uid: UID,
      metric: 'cpu',
      rowid: '7',
      timestamp: '2026-11-20T12:00:00.250Z',
      value: '1.5',
      anomaly_score: '0.5',
      raw_anomaly_score: '0.25',
      expected: '1',
      expected_low: '0.5',
      expected_high: '2',
      view: 'LEVEL',
      provisional: 'false',
      episode: 'true',
    });
    expect(Object.values(read(unscored)).filter((field) => field === '')).toHaveLength(6);
  });

  it('keeps names of whatever signs, but for those a spreadsheet would run', () => {
    const unit = fc.constantFrom('a', ',', '"', '\n', '\r', ' ', '=', '+', '@', '-', '\t', 'é', "'");
    fc.assert(
      fc.property(
        fc.array(unit, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
        (name) => {
          const [, row] = readCsv(writeFile('CSV', [{ ...SAMPLE, name }]).toString());
          expect(row?.[1]).toBe(/^[=+\-@\t\r]/.test(name) ? `'${name}` : name);
          expect(row).toHaveLength(13);
        },
      ),
    );
  });
});

describe('NDJSON', () => {
  it('has an object in each line, whatever is in it', () => {
    const text = writeFile('NDJSON', [{ ...SAMPLE, name: 'a\nb"\u2028' }], [UNSCORED]).toString();
    const lines = text.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        uid: UID,
        metric: 'a\nb"\u2028',
        rowId: 7,
        timestamp: '2026-11-20T12:00:00.250Z',
        value: 1.5,
        anomalyScore: 0.5,
        rawAnomalyScore: 0.25,
        expected: { value: 1, low: 0.5, high: 2 },
        view: 'LEVEL',
        provisional: false,
        episode: true,
      },
      {
        uid: UID,
        metric: 'cpu',
        rowId: 7,
        timestamp: '2026-11-20T12:00:00.250Z',
        value: 1.5,
        anomalyScore: null,
        rawAnomalyScore: null,
        expected: null,
        view: null,
        provisional: false,
        episode: false,
      },
    ]);
  });
});

describe('MessagePack', () => {
  it('is an array of names, then one of values for each sample', () => {
    const found = [...decodeMulti(writeFile('MSGPACK', [SAMPLE, UNSCORED]))];
    const seconds = SAMPLE.timestampMs / 1000;
    expect(found).toEqual([
      ['names', 'uid', 'timestamp', 'value', 'anomaly_score', 'rowid'],
      [UID, seconds, 1.5, 0.5, 7],
      [UID, seconds, 1.5, null, 7],
    ]);
  });

  // fixarray of 5, str 8 of 36 bytes, float 64, float 64, nil, positive fixint: by the specification of the format.
  it('is written in its shortest forms', () => {
    const bytes = Buffer.from(SAMPLE_FORMATS.MSGPACK.write([UNSCORED]));
    expect([bytes[0], bytes[1], bytes[2]]).toEqual([0x95, 0xd9, 36]);
    expect([bytes[39], bytes[48], bytes[57], bytes[58]]).toEqual([0xcb, 0xcb, 0xc0, 7]);
    expect(bytes.readDoubleBE(40)).toBe(UNSCORED.timestampMs / 1000);
    expect(bytes).toHaveLength(59);
  });
});

it('every form of no samples is its header alone, by the type it is sent as', () => {
  for (const format of DOWNLOAD_FORMATS) {
    const { header, write } = SAMPLE_FORMATS[format];
    expect(write([]).byteLength).toBe(0);
    expect(header.byteLength > 0).toBe(format !== 'NDJSON');
  }
  expect(DOWNLOAD_FORMATS.map((format) => SAMPLE_FORMATS[format].contentType.split(';')[0])).toEqual([
    'application/octet-stream',
    'application/x-ndjson',
    'text/csv',
  ]);
});
