/** The samples and native histograms of a Prometheus remote write: the same in both versions. Pure. */
import { readFields, WireType } from '../../../platform/bounded-input/protobuf.ts';

/** `value` is null for one that holds no number: `skipped` says why. */
export type RemoteValue<T> =
  | { readonly timestampMs: number; readonly value: T; readonly skipped: null }
  | { readonly timestampMs: number; readonly value: null; readonly skipped: 'stale' | 'not_finite' };

/** A NaN of these bits says that the series has ended: https://prometheus.io/docs/specs/prw/remote_write_spec/#stale-markers */
const STALE_MARKER = Buffer.from('020000000000f07f', 'hex');

/** @throws ProtobufError */
export function readSample(bytes: Uint8Array): RemoteValue<number> {
  let [value, timestampMs, isStale] = [0, 0, false];
  readFields(bytes, (field, wireType, reader) => {
    if (field === 1 && wireType === WireType.Bit64) {
      value = reader.double();
      isStale = isStaleMarker(bytes, reader.pos, value);
    } else if (field === 2 && wireType === WireType.Varint) timestampMs = Number(reader.int64());
    else return false;
    return true;
  });
  return Number.isFinite(value) ? { timestampMs, value, skipped: null } : skip(timestampMs, isStale);
}

/**
 * Count and sum of a native histogram, of integers or of floats; its buckets are not used.
 * @throws ProtobufError
 */
export function readHistogram(
  bytes: Uint8Array,
): RemoteValue<{ readonly count: number; readonly sum: number }> {
  let [count, sum, timestampMs, isStale] = [0, 0, 0, false];
  readFields(bytes, (field, wireType, reader) => {
    if (field === 1 && wireType === WireType.Varint) count = Number(reader.uint64());
    else if (field === 2 && wireType === WireType.Bit64) count = reader.double();
    else if (field === 3 && wireType === WireType.Bit64) {
      sum = reader.double();
      isStale = isStaleMarker(bytes, reader.pos, sum);
    } else if (field === 15 && wireType === WireType.Varint) timestampMs = Number(reader.int64());
    else return false;
    return true;
  });
  if (Number.isFinite(count) && Number.isFinite(sum)) {
    return { timestampMs, value: { count, sum }, skipped: null };
  }
  return skip(timestampMs, isStale);
}

function skip(timestampMs: number, isStale: boolean) {
  return { timestampMs, value: null, skipped: isStale ? 'stale' : 'not_finite' } as const;
}

/** Looked for in the bytes: a NaN that has been read need not keep its bits. */
function isStaleMarker(bytes: Uint8Array, end: number, value: number): boolean {
  return Number.isNaN(value) && STALE_MARKER.equals(bytes.subarray(end - STALE_MARKER.length, end));
}
