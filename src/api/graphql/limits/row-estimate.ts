/** How many rows a list of an answer may have, as far as the document and its variables show. */
import {
  type FieldNode,
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLSchema,
  isListType,
  isObjectType,
  Kind,
  type ValueNode,
} from 'graphql';

export type Variables = Readonly<Record<string, unknown>>;

/** Arguments that say how many rows the lists right below a field have. */
const SIZE_ARGUMENTS = new Set(['first', 'last', 'maxPoints', 'maxBatch']);
/** A page nobody gave a size. */
export const DEFAULT_PAGE_ROWS = 100;
/** A list that has no pages: the metrics of a resource, the tags, … */
const DEFAULT_LIST_ROWS = 10;

export interface PageRows {
  readonly argument: string;
  readonly rows: number;
}

/** The names of types whose lists are as long as a size argument of the field above says. */
export function findPagedTypes(schema: GraphQLSchema): ReadonlySet<string> {
  const names = new Set<string>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      // A list is as long as its own arguments say.
      if (isListType(getNullableType(field.type))) continue;
      if (field.args.some(({ name }) => SIZE_ARGUMENTS.has(name))) names.add(getNamedType(field.type).name);
    }
  }
  return names;
}

/** The largest size a field is given; null where it is given none. A size that is no number is left to validation. */
export function readPageRows(
  node: FieldNode,
  field: GraphQLField<unknown, unknown>,
  variables: Variables,
): PageRows | null {
  let largest: PageRows | null = null;
  for (const { name, defaultValue } of field.args) {
    if (!SIZE_ARGUMENTS.has(name)) continue;
    const given = node.arguments?.find((argument) => argument.name.value === name);
    const rows = (given === undefined ? null : readNumber(given.value, variables)) ?? defaultValue;
    if (typeof rows === 'number' && rows > (largest?.rows ?? -1)) largest = { argument: name, rows };
  }
  return largest;
}

/** How long a list without pages may be: as long as the ids it is asked for by, or as lists usually are. */
export function guessListRows(node: FieldNode, variables: Variables): number {
  const ids = node.arguments?.find(({ name }) => name.value === 'ids');
  if (ids === undefined) return DEFAULT_LIST_ROWS;
  return countItems(ids.value, variables) ?? DEFAULT_LIST_ROWS;
}

function readNumber(value: ValueNode, variables: Variables): number | null {
  if (value.kind === Kind.INT) return Number(value.value);
  const given = value.kind === Kind.VARIABLE ? readVariable(variables, value.name.value) : null;
  return typeof given === 'number' ? given : null;
}

function countItems(value: ValueNode, variables: Variables): number | null {
  if (value.kind === Kind.LIST) return value.values.length;
  const given = value.kind === Kind.VARIABLE ? readVariable(variables, value.name.value) : null;
  return Array.isArray(given) ? given.length : null;
}

/** Clients name their variables: what every object has is none of them. */
function readVariable(variables: Variables, name: string): unknown {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}
