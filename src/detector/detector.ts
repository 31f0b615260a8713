/**
 * The contract every detector keeps.
 *
 * A detector sees one point of one metric at a time, in time order, and nothing else: no clock, no I/O, no
 * randomness. The same points give the same judgements bit for bit, also across a snapshot taken anywhere.
 */
import type { Judgement, ModelParams, View } from '../model.ts';

/** How much one view of the series contributes to the last judgement; shares add up to at most 1. */
export interface Contribution {
  readonly view: View;
  readonly share: number;
}

export interface Detector {
  /**
   * Judges a point, then learns from it.
   * @param timestampMs milliseconds since 1970 UTC; must be after the last point's, else RangeError
   * @param value finite, else RangeError; a refused point changes nothing
   */
  update(timestampMs: number, value: number): Judgement;
  /** Why the last point scored as it did, largest share first. Empty before the first point. */
  explain(): readonly Contribution[];
  /** Points learned from so far. */
  readonly rows: number;
  /** The whole state as versioned bytes, at most 32 kB; `restore` continues from it bit for bit. */
  snapshot(): Uint8Array;
}

export interface DetectorKind {
  /** Stored beside a snapshot, so that bytes are never read by another kind. */
  readonly name: string;
  /** Rises whenever the meaning of the bytes or the scores changes. */
  readonly version: number;
  /** Points before judgements stop being provisional. @param stepMs between two of them; null while it is not known */
  readonly learningRows: (stepMs: number | null) => number;
  create(params: ModelParams): Detector;
  /**
   * @param params those it was created with; the bytes hold no zone
   * @returns null when the bytes are of a version this kind cannot continue: the caller rebuilds from samples
   */
  restore(bytes: Uint8Array, params: ModelParams): Detector | null;
}
