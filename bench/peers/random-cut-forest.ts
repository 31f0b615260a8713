/**
 * Robust random cut forest (Guha et al. 2016): trees of random cuts over a sliding sample of shingles; a point's score is
 * the mean over the trees of the largest ratio of a sibling's size to the size of the subtree around the point
 * (collusive displacement). Trees are cut anew for every window instead of by insertion and deletion.
 */
import { createRandom } from '../nab-drop.ts';
import type { Peer } from './peer.ts';

const TREES = 20;
const SAMPLE = 64;
const SHINGLE = 4;
/** Rows after which the sample's trees are grown again. */
const EVERY = 64;

interface Cut {
  readonly size: number;
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly dimension: number;
  readonly at: number;
  readonly left: Cut | null;
  readonly right: Cut | null;
}

function grow(points: readonly (readonly number[])[], random: () => number): Cut | null {
  if (points.length === 0) return null;
  const sides = Array.from({ length: SHINGLE }, (_, d) => points.map((point) => point[d] ?? 0));
  const low = sides.map((side) => Math.min(...side));
  const high = sides.map((side) => Math.max(...side));
  const { dimension, at } = chooseCut(low, high, random);
  const left = points.filter((point) => (point[dimension] ?? 0) <= at);
  const leaf = left.length === points.length;
  return {
    size: points.length,
    low,
    high,
    dimension,
    at,
    left: leaf ? null : grow(left, random),
    right: leaf
      ? null
      : grow(
          points.filter((point) => (point[dimension] ?? 0) > at),
          random,
        ),
  };
}

/** A dimension with a chance in proportion to its extent, and a place in it. */
function chooseCut(
  low: readonly number[],
  high: readonly number[],
  random: () => number,
): { dimension: number; at: number } {
  const extents = low.map((from, d) => (high[d] ?? 0) - from);
  let rest = random() * extents.reduce((sum, extent) => sum + extent, 0);
  for (const [dimension, extent] of extents.entries()) {
    if (rest < extent) return { dimension, at: (low[dimension] ?? 0) + rest };
    rest -= extent;
  }
  return { dimension: 0, at: high[0] ?? 0 };
}

/** Follows a point down; where a cut of the box that holds the point too would part it from all others, it would be inserted. */
function displace(root: Cut | null, point: readonly number[], random: () => number): number {
  let best = 0;
  for (let cut = root; cut !== null;) {
    const low = cut.low.map((from, d) => Math.min(from, point[d] ?? 0));
    const high = cut.high.map((until, d) => Math.max(until, point[d] ?? 0));
    const { dimension, at } = chooseCut(low, high, random);
    const value = point[dimension] ?? 0;
    if ((at >= (cut.high[dimension] ?? 0) && value > at) || (at < (cut.low[dimension] ?? 0) && value <= at)) {
      return Math.max(best, cut.size);
    }
    const isLeft: boolean = (point[cut.dimension] ?? 0) <= cut.at;
    const own: Cut | null = isLeft ? cut.left : cut.right;
    const other = isLeft ? cut.right : cut.left;
    if (own !== null && other !== null) best = Math.max(best, other.size / (own.size + 1));
    cut = own;
  }
  return best;
}

export function createRandomCutForest(): Peer {
  const random = createRandom(1);
  const samples = Array.from({ length: TREES }, (): number[][] => []);
  let trees: (Cut | null)[] = [];
  const shingle: number[] = [];
  let rows = 0;
  return (_, value) => {
    shingle.push(value);
    if (shingle.length > SHINGLE) shingle.shift();
    if (shingle.length < SHINGLE) return 0;
    rows += 1;
    const point = [...shingle];
    const score = trees.reduce((sum, tree) => sum + displace(tree, point, random), 0) / TREES;
    for (const sample of samples) {
      if (sample.length < SAMPLE) sample.push(point);
      else if (random() < 0.1) sample[Math.floor(random() * SAMPLE)] = point;
    }
    if (rows % EVERY === 0) trees = samples.map((sample) => grow(sample, random));
    return score;
  };
}
