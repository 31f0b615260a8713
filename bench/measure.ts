/** What every bench prints: one JSON line a figure, beside what it is held against in the same run. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The peer of the same run, and its value. */
  readonly against?: { readonly name: string; readonly value: number } | undefined;
}

/** Prints { name, value, unit, against, ratio }: ratio is value through the peer's value. */
export function printFigure({ name, value, unit, against }: Figure): void {
  const ratio = against === undefined ? null : round(value / against.value);
  const peer = against === undefined ? null : { name: against.name, value: round(against.value) };
  console.log(JSON.stringify({ name, value: round(value), unit, against: peer, ratio }));
}

/** Three digits are more than these machines can repeat. */
function round(value: number): number {
  return Number(value.toPrecision(3));
}

/**
 * The value below which a share of the values lie.
 * @param share 0.5 is the median
 */
export function findQuantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Prints the median and the 99th percentile. */
export function printLatency(name: string, values: readonly number[], peer?: Peer): void {
  for (const [label, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const against =
      peer === undefined ? undefined : { name: peer.name, value: findQuantile(peer.values, share) };
    printFigure({ name: `${name} ${label}`, value: findQuantile(values, share), unit: 'ms', against });
  }
}

export interface Peer {
  readonly name: string;
  readonly values: readonly number[];
}
