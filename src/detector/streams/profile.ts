/**
 * What a quantity normally is at a time of day or of the week: nodes on a circle, with straight lines between them.
 */
import { readCell } from './cells.ts';

export interface Profile {
  readonly nodes: Float64Array;
  /** Rows each node was learned from, at most its memory. */
  readonly visits: Float64Array;
}

/** A time's place on the circle: between two nodes, `part` of the way from the first to the second. */
export interface Place {
  before: number;
  after: number;
  part: number;
}

export function createProfile(nodes: number): Profile {
  return { nodes: new Float64Array(nodes), visits: new Float64Array(nodes) };
}

/**
 * @param nodes on the circle
 * @param nodeMs from one node to the next
 * @param stepMs of the metric; one as coarse as the nodes has a node for each of its rows, and no lines
 * @param place filled
 */
export function findPlace(
  place: Place,
  nodes: number,
  nodeMs: number,
  { localMs, stepMs }: { readonly localMs: number; readonly stepMs: number },
): void {
  const position = stepMs >= nodeMs ? Math.floor(localMs / nodeMs) : localMs / nodeMs - 0.5;
  const node = Math.floor(position);
  place.before = ((node % nodes) + nodes) % nodes;
  place.after = (place.before + 1) % nodes;
  place.part = position - node;
}

/** The normal value at a place; `fallback` where nothing is known yet. */
export function readProfile({ nodes, visits }: Profile, place: Place, fallback: number): number {
  const before = readCell(visits, place.before) > 0 ? 1 - place.part : 0;
  const after = readCell(visits, place.after) > 0 ? place.part : 0;
  const sum = before + after;
  if (sum === 0) return fallback;
  return (before / sum) * readCell(nodes, place.before) + (after / sum) * readCell(nodes, place.after);
}

export function isKnown({ visits }: Profile, place: Place): boolean {
  const after = place.part === 0 ? Infinity : readCell(visits, place.after);
  return Math.min(readCell(visits, place.before), after) >= 1;
}

/** Learns a row: both nodes move towards it by their share. @param memory rows a node remembers */
export function learnProfile(profile: Profile, place: Place, value: number, memory: number): void {
  const { nodes } = profile;
  const { before, after, part } = place;
  visit(profile, before, 1 - part, value, memory);
  visit(profile, after, part, value, memory);
  const error = value - ((1 - part) * readCell(nodes, before) + part * readCell(nodes, after));
  nodes[before] = readCell(nodes, before) + pace(profile, before, 1 - part) * error;
  nodes[after] = readCell(nodes, after) + pace(profile, after, part) * error;
}

function visit({ nodes, visits }: Profile, node: number, part: number, value: number, memory: number): void {
  if (part === 0) return;
  const seen = readCell(visits, node);
  if (seen === 0) nodes[node] = value;
  visits[node] = Math.min(memory, seen + part);
}

function pace({ visits }: Profile, node: number, part: number): number {
  return part / Math.max(1, readCell(visits, node));
}

/** Whether a value so far off now would be normal at another time. */
export function fitsElsewhere({ nodes, visits }: Profile, value: number, deviation: number): boolean {
  const near = Math.abs(deviation) / 4;
  for (let node = 0; node < nodes.length; node++) {
    if (readCell(visits, node) >= 1 && Math.abs(value - readCell(nodes, node)) <= near) return true;
  }
  return false;
}
