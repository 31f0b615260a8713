/**
 * Measures an operation before it runs: how deep, how many of everything, how much it may make the server read.
 * Each fragment is measured once, however often it is spread, so that the time is linear in the document.
 *
 * The cost is the number of objects the answer may hold: a list counts as often as its page has rows, a list of plain
 * values a tenth of that. It is measured on documents that are not validated yet: what is not there costs nothing.
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import {
  findPagedTypes,
  guessListRows,
  type PageRows,
  readPageRows,
  DEFAULT_PAGE_ROWS,
  type Variables,
} from './row-estimate.ts';

export interface Measures {
  readonly depth: number;
  readonly fields: number;
  readonly aliases: number;
  readonly directives: number;
  readonly rootFields: number;
  readonly cost: number;
  /** The largest page asked for; null where none has a size. */
  readonly page: PageRows | null;
}

/** What a set of selections adds to the one it stands in. */
interface Sum {
  depth: number;
  fields: number;
  aliases: number;
  directives: number;
  /** Its own fields, those of fragments spread in it included. */
  width: number;
  cost: number;
  /** Cost for each row of the page it is part of. */
  rowCost: number;
}

interface Walk {
  readonly schema: GraphQLSchema;
  readonly pagedTypes: ReadonlySet<string>;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Variables;
  readonly measured: Map<string, Sum>;
  page: PageRows | null;
}

type Field = GraphQLField<unknown, unknown>;
type Parent = GraphQLNamedType | undefined;

/** A list of plain values is read and written much faster than one of objects. */
const PLAIN_VALUE_COST = 0.1;
/** The whole schema, asked for in one field. */
const INTROSPECTION_COST = 5_000;

export type MeasureOperation = (
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  variables: Variables,
) => Measures;

/** @returns a measure for operations on this schema. It recurses as deep as the document: parsed ones only. */
export function createMeasure(schema: GraphQLSchema): MeasureOperation {
  const pagedTypes = findPagedTypes(schema);
  return (operation, fragments, variables) => {
    const walk: Walk = { schema, pagedTypes, fragments, variables, measured: new Map(), page: null };
    const root = schema.getRootType(operation.operation) ?? undefined;
    const sum = measureSelections(walk, operation.selectionSet, root);
    const { depth, fields, aliases, width, cost } = sum;
    const directives = sum.directives + (operation.directives?.length ?? 0);
    return { depth, fields, aliases, directives, rootFields: width, cost, page: walk.page };
  };
}

function measureSelections(walk: Walk, set: SelectionSetNode, parent: Parent): Sum {
  const sum = createSum();
  for (const selection of set.selections) {
    sum.directives += selection.directives?.length ?? 0;
    if (selection.kind === Kind.FIELD) {
      addField(walk, sum, selection, parent);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      const condition = selection.typeCondition?.name.value;
      const type = condition === undefined ? parent : walk.schema.getType(condition);
      addSum(sum, measureSelections(walk, selection.selectionSet, type));
    } else {
      addSum(sum, measureFragment(walk, selection.name.value));
    }
  }
  return sum;
}

function measureFragment(walk: Walk, name: string): Sum {
  const known = walk.measured.get(name);
  if (known !== undefined) return known;
  const sum = createSum();
  // Set ahead: within itself a fragment adds nothing, and validation refuses the circle.
  walk.measured.set(name, sum);
  const fragment = walk.fragments.get(name);
  if (fragment === undefined) return sum;
  const type = walk.schema.getType(fragment.typeCondition.name.value);
  addSum(sum, measureSelections(walk, fragment.selectionSet, type));
  sum.directives += fragment.directives?.length ?? 0;
  return sum;
}

function addField(walk: Walk, sum: Sum, node: FieldNode, parent: Parent): void {
  const name = node.name.value;
  const field = findField(parent, name);
  const type = field === undefined ? undefined : getNamedType(field.type);
  const below =
    node.selectionSet === undefined ? null : measureSelections(walk, node.selectionSet, type ?? undefined);
  sum.width += 1;
  sum.fields += 1 + (below?.fields ?? 0);
  sum.aliases += (node.alias === undefined ? 0 : 1) + (below?.aliases ?? 0);
  sum.directives += below?.directives ?? 0;
  if (name.startsWith('__') || parent?.name.startsWith('__') === true) {
    // The standard introspection query is deeper than any other: graphql has a limit of its own for it.
    sum.depth = Math.max(sum.depth, 1);
    if (below !== null && parent?.name.startsWith('__') !== true) sum.cost += INTROSPECTION_COST;
    return;
  }
  sum.depth = Math.max(sum.depth, 1 + (below?.depth ?? 0));
  if (field !== undefined) addCost(walk, sum, { node, field, below, parent });
}

function addCost(
  walk: Walk,
  sum: Sum,
  { node, field, below, parent }: { node: FieldNode; field: Field; below: Sum | null; parent: Parent },
): void {
  const page = readPageRows(node, field, walk.variables);
  if (page !== null && page.rows > (walk.page?.rows ?? -1)) walk.page = page;
  const rows = page?.rows ?? DEFAULT_PAGE_ROWS;
  const ofBelow = below === null ? 0 : below.cost + below.rowCost * rows;
  const isPlain = !isCompositeType(getNamedType(field.type));
  if (!isListType(getNullableType(field.type))) {
    sum.cost += (isPlain ? 0 : 1) + ofBelow;
    return;
  }
  const ofRow = (isPlain ? PLAIN_VALUE_COST : 1) + ofBelow;
  if (parent !== undefined && walk.pagedTypes.has(parent.name)) sum.rowCost += ofRow;
  else sum.cost += ofRow * (page?.rows ?? guessListRows(node, walk.variables));
}

function findField(parent: Parent, name: string): Field | undefined {
  if (parent === undefined || !(isObjectType(parent) || isInterfaceType(parent))) return undefined;
  return parent.getFields()[name];
}

function createSum(): Sum {
  return { depth: 0, fields: 0, aliases: 0, directives: 0, width: 0, cost: 0, rowCost: 0 };
}

function addSum(sum: Sum, other: Sum): void {
  sum.depth = Math.max(sum.depth, other.depth);
  sum.fields += other.fields;
  sum.aliases += other.aliases;
  sum.directives += other.directives;
  sum.width += other.width;
  sum.cost += other.cost;
  sum.rowCost += other.rowCost;
}
