/** The lengths of the lists an operation is given: each is told before any of its items is looked at. */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  getNullableType,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import type { Variables } from './row-estimate.ts';

export interface Batch {
  /** Where in the arguments: input.points */
  readonly place: string;
  readonly items: number;
}

/** Input objects within input objects: no input of the schema is deeper. */
const DEEPEST_INPUT = 5;

/** The longest list among the arguments of the operation's own fields; lists within lists are not looked into. */
export function findLongestBatch(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  schema: GraphQLSchema,
  variables: Variables,
): Batch | null {
  const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
  const batches = listRootFields(operation.selectionSet, fragments).flatMap((node) =>
    (fields[node.name.value]?.args ?? []).flatMap(({ name, type }) =>
      listBatches(readArgument(node, name, variables), type, name),
    ),
  );
  return batches.reduce<Batch | null>((a, b) => (a !== null && a.items >= b.items ? a : b), null);
}

/** Those of fragments too, each fragment once. */
function listRootFields(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  seen = new Set<string>(),
): readonly FieldNode[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      return listRootFields(selection.selectionSet, fragments, seen);
    }
    const fragment = fragments.get(selection.name.value);
    if (fragment === undefined || seen.has(selection.name.value)) return [];
    seen.add(selection.name.value);
    return listRootFields(fragment.selectionSet, fragments, seen);
  });
}

/** A value as JSON, or as it stands in the document. */
type Given = { readonly json: unknown } | { readonly node: ValueNode; readonly variables: Variables };

function readArgument(field: FieldNode, name: string, variables: Variables): Given | null {
  const node = field.arguments?.find((argument) => argument.name.value === name)?.value;
  return node === undefined ? null : resolveVariable(node, variables);
}

function resolveVariable(node: ValueNode, variables: Variables): Given {
  return node.kind === Kind.VARIABLE ? { json: variables[node.name.value] } : { node, variables };
}

function listBatches(
  given: Given | null,
  inputType: GraphQLInputType,
  place: string,
  depth = 0,
): readonly Batch[] {
  const type = getNullableType(inputType);
  if (given === null || depth > DEEPEST_INPUT) return [];
  if (isListType(type)) {
    const items = countItems(given);
    return items === null ? [] : [{ place, items }];
  }
  if (!isInputObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) =>
    listBatches(readMember(given, field.name), field.type, `${place}.${field.name}`, depth + 1),
  );
}

function countItems(given: Given): number | null {
  if ('json' in given) return Array.isArray(given.json) ? given.json.length : null;
  return given.node.kind === Kind.LIST ? given.node.values.length : null;
}

function readMember(given: Given, name: string): Given | null {
  if ('json' in given) {
    const { json } = given;
    if (typeof json !== 'object' || json === null || !Object.hasOwn(json, name)) return null;
    return { json: (json as Readonly<Record<string, unknown>>)[name] };
  }
  if (given.node.kind !== Kind.OBJECT) return null;
  const member = given.node.fields.find((field) => field.name.value === name);
  return member === undefined ? null : resolveVariable(member.value, given.variables);
}
