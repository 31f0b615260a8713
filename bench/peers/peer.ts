/** What a streaming peer of the detector is. */
/** Scores one value after another; larger is more anomalous. */
export type Peer = (timestampMs: number, value: number) => number;

export interface PeerKind {
  readonly name: string;
  /** Scores below this are written as 0: what is not rare is no alert. */
  readonly floor: number;
  readonly create: () => Peer;
}
