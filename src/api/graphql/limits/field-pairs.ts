/**
 * Validation compares every two fields that would have the same place in the answer, arguments and all: its time grows
 * with the square of the repetition. This counts those pairs in linear time, before it begins.
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** Fields that are looked at in the time of one comparison. */
const FIELDS_PER_PAIR = 2;
/** Characters of arguments that take as long to compare as a field without any. */
const CHARACTERS_PER_PAIR = 20;

interface Count {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly most: number;
  /** Fragments whose fields were counted where they are spread. */
  readonly reached: Set<string>;
  pairs: number;
  fields: number;
}

/**
 * @param most where counting stops. Fields seen are bounded by it too, since fragments multiply them.
 * @returns pairs, those with arguments counted as several; somewhat above `most` where there are more
 */
export function countFieldPairs(
  definitions: readonly (OperationDefinitionNode | FragmentDefinitionNode)[],
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  most: number,
): number {
  const count: Count = { fragments, most, reached: new Set(), pairs: 0, fields: 0 };
  const operations = definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  for (const { selectionSet } of operations) countPairs(count, [selectionSet]);
  for (const { kind, name, selectionSet } of definitions) {
    const isLeft = kind === Kind.FRAGMENT_DEFINITION && !count.reached.has(name.value);
    if (isLeft) countPairs(count, [selectionSet]);
  }
  return Math.max(count.pairs, count.fields / FIELDS_PER_PAIR);
}

/** @param sets which are merged into one in the answer */
function countPairs(count: Count, sets: readonly SelectionSetNode[]): void {
  const groups = new Map<string, FieldNode[]>();
  const seen = new Set<string>();
  for (const set of sets) groupFields(count, set, groups, seen);
  for (const nodes of groups.values()) {
    if (isOver(count)) return;
    const weight = nodes.reduce((sum, node) => sum + weigh(node), 0);
    count.pairs += (weight * (nodes.length - 1)) / 2;
    const below = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    if (below.length > 0) countPairs(count, below);
  }
}

/** By the name in the answer; each fragment once. */
function groupFields(
  count: Count,
  set: SelectionSetNode,
  groups: Map<string, FieldNode[]>,
  seen: Set<string>,
): void {
  for (const selection of set.selections) {
    if (isOver(count)) return;
    count.fields += 1;
    if (selection.kind === Kind.FIELD) {
      const name = (selection.alias ?? selection.name).value;
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [selection]);
      else group.push(selection);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      groupFields(count, selection.selectionSet, groups, seen);
    } else if (!seen.has(selection.name.value)) {
      seen.add(selection.name.value);
      count.reached.add(selection.name.value);
      const fragment = count.fragments.get(selection.name.value);
      if (fragment !== undefined) groupFields(count, fragment.selectionSet, groups, seen);
    }
  }
}

function weigh({ arguments: given = [] }: FieldNode): number {
  const characters = given.reduce((sum, { loc }) => sum + (loc === undefined ? 0 : loc.end - loc.start), 0);
  return 1 + characters / CHARACTERS_PER_PAIR;
}

function isOver({ pairs, fields, most }: Count): boolean {
  return pairs > most || fields > most * FIELDS_PER_PAIR;
}
