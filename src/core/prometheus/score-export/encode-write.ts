/**
 * Scores as a request of Prometheus remote write 1.0: protocol buffers in a Snappy block. Pure.
 * https://prometheus.io/docs/specs/prw/remote_write_spec/
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { compress } from 'snappyjs';
import { SCORE_SERIES } from '../promql/score-series.ts';
import { NAME_LABEL } from '../promql/parse-selector.ts';
import { type Labels, sortLabels } from '../promql/series-labels.ts';
import type { ScoredSample } from '../../samples/stored-sample.ts';

/** Scores of one metric, in the order of their times. */
export interface MetricScores {
  readonly labels: Labels;
  readonly samples: readonly ScoredSample[];
}

/** @returns the body of a request; five series of each metric */
export function encodeWrite(metrics: readonly MetricScores[]): Uint8Array<ArrayBuffer> {
  const request = new BinaryWriter();
  for (const { labels, samples } of metrics) {
    for (const { name, read } of SCORE_SERIES) {
      request.tag(1, WireType.LengthDelimited).fork();
      for (const [key, value] of sortLabels([[NAME_LABEL, name], ...labels])) {
        request.tag(1, WireType.LengthDelimited).fork();
        request.tag(1, WireType.LengthDelimited).string(key);
        request.tag(2, WireType.LengthDelimited).string(value).join();
      }
      for (const sample of samples) {
        const value = read(sample);
        if (value === null) continue;
        request.tag(2, WireType.LengthDelimited).fork();
        request.tag(1, WireType.Bit64).double(value);
        request.tag(2, WireType.Varint).int64(sample.timestampMs).join();
      }
      request.join();
    }
  }
  return new Uint8Array(compress(request.finish()));
}
