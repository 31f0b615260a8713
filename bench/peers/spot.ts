import type { Peer } from './peer.ts';

/** SPOT (Siffert et al. 2017): exceedances of a high quantile follow a generalized Pareto law, here fitted by moments. */
export function createSpot(drift: number): Peer {
  const excesses: number[] = [];
  const first: number[] = [];
  const recent: number[] = [];
  let rows = 0;
  let threshold = 0;
  const detrend = (value: number): number => {
    const centre = recent.length === 0 ? value : recent.reduce((sum, v) => sum + v, 0) / recent.length;
    recent.push(value);
    if (recent.length > drift) recent.shift();
    return Math.abs(value - centre);
  };
  return (_, value) => {
    const size = drift > 0 ? detrend(value) : value;
    rows += 1;
    if (rows <= 200) {
      first.push(size);
      if (rows === 200) threshold = first.sort((a, b) => a - b)[196] ?? 0;
      return 0;
    }
    const excess = size - threshold;
    if (excess <= 0) return 0;
    const mean = excesses.reduce((sum, v) => sum + v, 0) / Math.max(1, excesses.length) || excess || 1;
    const variance = excesses.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, excesses.length);
    const shape = variance > 0 ? Math.min(0.9, Math.max(0.01, 0.5 * (1 - mean ** 2 / variance))) : 0.1;
    const scale = mean * (1 - shape);
    excesses.push(excess);
    if (excesses.length > 500) excesses.shift();
    return Math.log10(rows / excesses.length) + Math.log1p((shape * excess) / scale) / shape / Math.LN10;
  };
}
