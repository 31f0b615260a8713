/** Half-space trees (Tan, Ting and Liu 2011): 25 random trees over the last three values, masses of the window before. */
import { createRandom } from '../nab-drop.ts';
import type { Peer } from './peer.ts';

const TREES = 25;
const DEPTH = 8;
const WINDOW = 250;
const DIMENSIONS = 3;
/** Nodes with fewer rows than this are not followed further. */
const SMALLEST_MASS = 0.1 * WINDOW;

interface Tree {
  readonly dimensions: readonly number[];
  readonly centres: readonly number[];
  readonly mass: Float64Array;
  readonly next: Float64Array;
}

function createTree(random: () => number): Tree {
  return {
    dimensions: Array.from({ length: 2 ** DEPTH }, () => Math.floor(random() * DIMENSIONS)),
    centres: Array.from({ length: DIMENSIONS }, () => random()),
    mass: new Float64Array(2 ** (DEPTH + 1)),
    next: new Float64Array(2 ** (DEPTH + 1)),
  };
}

/** Counts a point on its way down. @returns the mass where it would stop, as if at the root */
function descend({ dimensions, centres, mass, next }: Tree, point: readonly number[]): number {
  const low = centres.map((c) => c - 2 * Math.max(c, 1 - c));
  const high = centres.map((c) => c + 2 * Math.max(c, 1 - c));
  let node = 1;
  let reached: number | null = null;
  for (let level = 0; level <= DEPTH; level++) {
    next[node] = (next[node] ?? 0) + 1;
    const here = mass[node] ?? 0;
    if (reached === null && (here < SMALLEST_MASS || level === DEPTH)) reached = here * 2 ** level;
    const dimension = dimensions[node] ?? 0;
    const middle = ((low[dimension] ?? 0) + (high[dimension] ?? 0)) / 2;
    const right = (point[dimension] ?? 0.5) >= middle;
    (right ? low : high)[dimension] = middle;
    node = 2 * node + (right ? 1 : 0);
  }
  return reached ?? 0;
}

export function createHalfSpaceTrees(): Peer {
  const random = createRandom(1);
  const trees = Array.from({ length: TREES }, () => createTree(random));
  const point = new Array<number>(DIMENSIONS).fill(0.5);
  let low = Infinity;
  let high = -Infinity;
  let rows = 0;
  return (_, value) => {
    low = Math.min(low, value);
    high = Math.max(high, value);
    point.shift();
    point.push(high > low ? (value - low) / (high - low) : 0.5);
    rows += 1;
    const mass = trees.reduce((sum, tree) => sum + descend(tree, point), 0) / TREES;
    if (rows % WINDOW === 0) {
      for (const tree of trees) {
        tree.mass.set(tree.next);
        tree.next.fill(0);
      }
    }
    return rows <= WINDOW ? 0 : 1 / (1 + mass);
  };
}
