import type { Peer } from './peer.ts';

/** Netdata: 2-means of six smoothed differences over six hours, relearned every three; distance over its largest. */
export function createKMeans(): Peer {
  const smoothed: number[] = [];
  const vectors: number[][] = [];
  let last: number | null = null;
  let centres: readonly (readonly number[])[] = [];
  let largest = 0;
  let trainedMs = -Infinity;
  const distance = (a: readonly number[], b: readonly number[]): number =>
    Math.hypot(...a.map((v, i) => v - (b[i] ?? 0)));
  const nearest = (vector: readonly number[]): number =>
    Math.min(...centres.map((centre) => distance(centre, vector)));
  const train = (): void => {
    centres = [vectors[0] ?? [], vectors[vectors.length - 1] ?? []];
    for (let round = 0; round < 8; round++) {
      const groups: number[][][] = [[], []];
      for (const v of vectors)
        groups[distance(v, centres[0] ?? []) <= distance(v, centres[1] ?? []) ? 0 : 1]?.push(v);
      centres = groups.map((group, i) =>
        group.length === 0
          ? (centres[i] ?? [])
          : (group[0] ?? []).map((_, d) => group.reduce((sum, v) => sum + (v[d] ?? 0), 0) / group.length),
      );
    }
    largest = Math.max(...vectors.map(nearest));
  };
  return (timestampMs, value) => {
    smoothed.push(last === null ? 0 : value - last);
    last = value;
    if (smoothed.length > 8) smoothed.shift();
    if (smoothed.length < 8) return 0;
    const vector = [0, 1, 2, 3, 4, 5].map(
      (i) => ((smoothed[i] ?? 0) + (smoothed[i + 1] ?? 0) + (smoothed[i + 2] ?? 0)) / 3,
    );
    const score = largest > 0 ? nearest(vector) / largest : 0;
    vectors.push(vector);
    if (vectors.length > 720) vectors.shift();
    if (vectors.length >= 60 && timestampMs - trainedMs >= 3 * 3_600_000) {
      trainedMs = timestampMs;
      train();
    }
    return score;
  };
}
