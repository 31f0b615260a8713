/** A push of the library for Go, recorded in both of its encodings: what one means the other does. */
import { expect, it } from 'vitest';
import { readFamilies } from '../../../../src/core/ingest/exposition/parse-families.ts';
import {
  type ExpositionSample,
  parseExpositionLine,
} from '../../../../src/core/ingest/exposition/parse-line.ts';

/** Both encodings of one registry, by expfmt of prometheus/common 0.39. */
const RECORDED = Buffer.from(
  'MAoYam9iX2xhc3Rfc3VjY2Vzc19zZWNvbmRzEgVXaGVuLhgBIgsSCQkAAABA/FTZQRoKB2pvYl9uYW4SABgBIgsSCQkBAAAAAAD4' +
    'f2wKDmpvYl9yb3dzX3RvdGFsEgVSb3dzLhgAIicKCQoFZW1wdHkSAAoPCgRzdGVwEgdsbyJhZApcGgkJAAAAAACAREAiKAoKCgVl' +
    'bXB0eRIBeAoPCgRzdGVwEgdncsO2w59lGgkJAAAAAAAA8D9hCgtqb2Jfc2Vjb25kcxIAGAQiTjpMCAoRAAAAAACAK0AaCwgAEfFo' +
    '44i1+OQ+GgsIABF7FK5H4Xp0PxoLCAQRAAAAAAAA8D8aCwgKEQAAAACAhC5BGgsIChEAAAAAhNd3QUsKDmpvYl9zaXplX2J5dGVz' +
    'EgAYAiI1IjMIChEAAAAAAIBLQBoSCQAAAAAAAOA/EQAAAAAAABRAGhIJrkfhehSu7z8RAAAAAAAAJEAeCgtqb2JfdW50eXBlZBIA' +
    'GAMiCyoJCQAAAAAAAAzAGwoIam9iX3plcm8SABgBIgsSCQkAAAAAAAAAAA==',
  'base64',
);
const RECORDED_TEXT = String.raw`# HELP job_last_success_seconds When.
# TYPE job_last_success_seconds gauge
job_last_success_seconds 1.7e+09
# HELP job_nan 
# TYPE job_nan gauge
job_nan NaN
# HELP job_rows_total Rows.
# TYPE job_rows_total counter
job_rows_total{empty="",step="lo\"ad\n\\"} 41
job_rows_total{empty="x",step="größe"} 1
# HELP job_seconds 
# TYPE job_seconds histogram
job_seconds_bucket{le="1e-05"} 0
job_seconds_bucket{le="0.005"} 0
job_seconds_bucket{le="1"} 4
job_seconds_bucket{le="1e+06"} 10
job_seconds_bucket{le="2.5e+07"} 10
job_seconds_bucket{le="+Inf"} 10
job_seconds_sum 13.75
job_seconds_count 10
# HELP job_size_bytes 
# TYPE job_size_bytes summary
job_size_bytes{quantile="0.5"} 5
job_size_bytes{quantile="0.99"} 10
job_size_bytes_sum 55
job_size_bytes_count 10
# HELP job_untyped 
# TYPE job_untyped untyped
job_untyped -3.5
# HELP job_zero 
# TYPE job_zero gauge
job_zero 0`;

const show = ({ name, labels, value, timestampMs }: ExpositionSample) => ({
  name,
  labels,
  value,
  timestampMs,
});

it.each([1, 50, 1_000_000])(
  'of Go, as protocol buffers read %d bytes at a time and as text, are the same',
  (pieceBytes) => {
    const asText = RECORDED_TEXT.split('\n').flatMap((line) => {
      const read = parseExpositionLine(line, 'text');
      return read !== null && 'value' in read ? [show(read)] : [];
    });
    const pieces = [...readFamilies(RECORDED, pieceBytes)];
    expect(pieces.flatMap(({ bad }) => bad)).toEqual([]);
    expect(pieces.flatMap(({ samples }) => samples.map(show))).toEqual(asText);
    expect(asText).toHaveLength(18);
  },
);
