/**
 * A whole Prometheus remote write: its series in their order, some at a time, so that others are served in between.
 * 1.0: prometheus.WriteRequest; 2.0: io.prometheus.write.v2.Request.
 */
import { readFields, readText, WireType } from '../../../platform/bounded-input/protobuf.ts';
import { type BadSeries, parseSeries, type RemoteSeries } from './parse-series.ts';

export type RemoteWriteVersion = 1 | 2;

/** What one piece of the request holds. */
export interface RemoteWritePiece {
  readonly series: readonly (RemoteSeries | BadSeries)[];
  /** Descriptions of metrics, which version 1 sends apart from their series. */
  readonly metadata: number;
}

/** Maximum number of symbols of a request. */
const MAX_SYMBOLS = 1_000_000;
const FIELDS = {
  1: { series: 1, symbols: null, metadata: 3 },
  2: { series: 5, symbols: 4, metadata: null },
} as const;

/** The request has more symbols than it may. */
export class TooManySymbolsError extends Error {
  override readonly name = 'TooManySymbolsError';
  constructor() {
    super(`a write may have ${MAX_SYMBOLS} symbols: send it in parts`);
  }
}

/**
 * @param pieceBytes about how much is read before the caller may do something else; one series is never divided. Pieces
 *   without series are yielded too
 * @throws ProtobufError where the bytes are no message from there on; TooManySymbolsError
 */
export function* readPieces(
  body: Uint8Array,
  version: RemoteWriteVersion,
  pieceBytes: number,
): Generator<RemoteWritePiece> {
  const fields = FIELDS[version];
  // Symbols may come behind the series that refer to them.
  const symbols: (string | null)[] | null = fields.symbols === null ? null : [];
  if (symbols !== null) {
    for (let from = 0; from < body.length;) {
      from = readSymbols(body, fields.symbols ?? 0, { from, to: from + pieceBytes }, symbols);
      yield { series: [], metadata: 0 };
    }
  }
  for (let from = 0; from < body.length;) {
    const series: (RemoteSeries | BadSeries)[] = [];
    let metadata = 0;
    from = readFields(
      body,
      (field, wireType, reader) => {
        if (wireType !== WireType.LengthDelimited) return false;
        if (field === fields.series) series.push(parseSeries(reader.bytes(), symbols));
        else if (field === fields.metadata) {
          reader.bytes();
          metadata += 1;
        } else return false;
        return true;
      },
      { from, to: Math.min(body.length, from + pieceBytes) },
    );
    yield { series, metadata };
  }
}

function readSymbols(
  body: Uint8Array,
  symbolsField: number,
  part: { readonly from: number; readonly to: number },
  symbols: (string | null)[],
): number {
  return readFields(
    body,
    (field, wireType, reader) => {
      if (field !== symbolsField || wireType !== WireType.LengthDelimited) return false;
      if (symbols.length >= MAX_SYMBOLS) throw new TooManySymbolsError();
      symbols.push(readText(reader.bytes()));
      return true;
    },
    { from: part.from, to: Math.min(body.length, part.to) },
  );
}
