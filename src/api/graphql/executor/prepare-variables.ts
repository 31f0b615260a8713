/** The variables of one operation: what each has to be, found out once per document, and whether what was given is that. */
import {
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isInputObjectType,
  isInputType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
  valueFromAST,
  type VariableDefinitionNode,
} from 'graphql';
import { type Coerce, type createCoercions, ODD } from './compile-coercion.ts';

export type Variables = Readonly<Record<string, unknown>>;

export interface Variable {
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly node: VariableDefinitionNode;
  readonly coerce: Coerce;
  /** Undefined where there is no default. */
  readonly fallback: unknown;
  readonly isRequired: boolean;
}

/** @returns null for a type that is no input, which validation refuses */
export function prepareVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  compile: ReturnType<typeof createCoercions>,
): readonly Variable[] | null {
  const variables: Variable[] = [];
  for (const node of variableDefinitions) {
    const type = typeFromAST(schema, node.type);
    if (!isInputType(type)) return null;
    variables.push({
      name: node.variable.name.value,
      type,
      node,
      coerce: compile(type),
      fallback: node.defaultValue === undefined ? undefined : valueFromAST(node.defaultValue, type),
      isRequired: node.type.kind === Kind.NON_NULL_TYPE,
    });
  }
  return variables;
}

/** Variables are named by clients: an object with a prototype would have some before any is given. */
export function createValues(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>; // an object without members fits
}

/** @returns null when one is not plainly right */
export function coercePlainly(variables: readonly Variable[], given: Variables): Variables | null {
  const coerced = createValues();
  for (const variable of variables) if (!readVariable(variable, given, coerced)) return null;
  return coerced;
}

/** @returns false when it is not plainly right */
function readVariable(variable: Variable, given: Variables, coerced: Record<string, unknown>): boolean {
  const { name, coerce, fallback, isRequired } = variable;
  if (!Object.hasOwn(given, name)) {
    if (fallback !== undefined) coerced[name] = fallback;
    return fallback !== undefined || !isRequired;
  }
  const value = coerce(given[name]);
  if (value === ODD) return false;
  coerced[name] = value;
  return true;
}

export interface LongList {
  /** As it is called in the variables: `$input.points`. */
  readonly place: string;
  readonly items: number;
}

/** Input objects within input objects: no input of the schema is deeper. */
const MAX_INPUT_DEPTH = 5;

/** A list longer than `maxItems`, if there is one; lists within lists are not looked into. */
export function findLongList(
  variables: readonly Variable[],
  given: Variables,
  maxItems: number,
): LongList | null {
  for (const { name, type } of variables) {
    if (!Object.hasOwn(given, name)) continue;
    const long = findWithin(type, given[name], `$${name}`, maxItems, 0);
    if (long !== null) return long;
  }
  return null;
}

function findWithin(
  inputType: GraphQLInputType,
  value: unknown,
  place: string,
  maxItems: number,
  depth: number,
): LongList | null {
  const type = getNullableType(inputType);
  if (isListType(type)) {
    return Array.isArray(value) && value.length > maxItems ? { place, items: value.length } : null;
  }
  if (!isInputObjectType(type) || depth > MAX_INPUT_DEPTH) return null;
  if (typeof value !== 'object' || value === null) return null;
  const members = value as Readonly<Record<string, unknown>>;
  for (const field of Object.values(type.getFields())) {
    if (!Object.hasOwn(members, field.name)) continue;
    const inner = findWithin(field.type, members[field.name], `${place}.${field.name}`, maxItems, depth + 1);
    if (inner !== null) return inner;
  }
  return null;
}
