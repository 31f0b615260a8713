/** The forms samples can be downloaded in. A metric's uid is the uuid in `Metric.id`. */
import { Encoder } from '@msgpack/msgpack';
import type { StoredSample } from '../samples/stored-sample.ts';
import { writeCsvRow } from './csv.ts';

export const DOWNLOAD_FORMATS = ['MSGPACK', 'NDJSON', 'CSV'] as const;
export type DownloadFormat = (typeof DOWNLOAD_FORMATS)[number];

/** A sample and the metric it is of. */
export interface NamedSample extends StoredSample {
  readonly uid: string;
  readonly name: string;
}

export interface SampleFormat {
  readonly contentType: string;
  readonly extension: string;
  /** What stands before the first sample. */
  readonly header: Uint8Array;
  readonly write: (samples: readonly NamedSample[]) => Uint8Array;
}

/** What HTM-IT gave as application/octet-stream: an array of names, then one array per sample. */
const MSGPACK_NAMES = ['names', 'uid', 'timestamp', 'value', 'anomaly_score', 'rowid'];
const CSV_NAMES = [
  'uid',
  'metric',
  'rowid',
  'timestamp',
  'value',
  'anomaly_score',
  'raw_anomaly_score',
  'expected',
  'expected_low',
  'expected_high',
  'view',
  'provisional',
  'episode',
];

export const SAMPLE_FORMATS: Readonly<Record<DownloadFormat, SampleFormat>> = {
  MSGPACK: {
    contentType: 'application/octet-stream',
    extension: 'msgpack',
    header: encode([MSGPACK_NAMES]),
    write: (samples) => encode(samples.map(toMsgpackRow)),
  },
  NDJSON: {
    contentType: 'application/x-ndjson',
    extension: 'ndjson',
    header: new Uint8Array(),
    write: (samples) =>
      Buffer.from(samples.map((sample) => `${JSON.stringify(toJsonRow(sample))}\n`).join('')),
  },
  CSV: {
    contentType: 'text/csv; charset=utf-8; header=present',
    extension: 'csv',
    header: Buffer.from(writeCsvRow(CSV_NAMES)),
    write: (samples) => Buffer.from(samples.map((sample) => writeCsvRow(toCsvRow(sample))).join('')),
  },
};

/** [uid, seconds since 1970, value, score, row id] */
function toMsgpackRow({ uid, timestampMs, value, score, rowId }: NamedSample) {
  return [uid, timestampMs / 1000, value, score, rowId];
}

function toJsonRow(sample: NamedSample) {
  const { uid, name, rowId, timestampMs, value, score, rawScore, expected, low, high, ...rest } = sample;
  return {
    uid,
    metric: name,
    rowId,
    timestamp: new Date(timestampMs).toISOString(),
    value,
    anomalyScore: score,
    rawAnomalyScore: rawScore,
    expected: expected === null ? null : { value: expected, low, high },
    view: rest.view,
    provisional: rest.provisional,
    episode: rest.episode,
  };
}

function toCsvRow(sample: NamedSample) {
  const { uid, name, rowId, timestampMs, value, score, rawScore, expected, low, high } = sample;
  const { view, provisional, episode } = sample;
  const time = new Date(timestampMs).toISOString();
  return [uid, name, rowId, time, value, score, rawScore, expected, low, high, view, provisional, episode];
}

function encode(values: readonly unknown[]): Uint8Array {
  const encoder = new Encoder();
  return Buffer.concat(values.map((value) => encoder.encode(value)));
}
