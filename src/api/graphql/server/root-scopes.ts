/** What an operation needs a key for: every root field of it, those in fragments too. */
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  getOperationAST,
  type GraphQLObjectType,
  type GraphQLSchema,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import { isScope, type Scope } from '../../../model.ts';

export interface NeededScope {
  /** Such as `mutation setMonitoringFlush`. */
  readonly field: string;
  readonly scope: Scope;
}

const DEFAULT_SCOPES: Readonly<Record<OperationTypeNode, Scope>> = {
  [OperationTypeNode.QUERY]: 'READ',
  [OperationTypeNode.SUBSCRIPTION]: 'READ',
  [OperationTypeNode.MUTATION]: 'WRITE',
};

/**
 * Fields that are skipped by a directive are asked for all the same. Introspection needs no scope: the schema is no
 * secret.
 */
export function listNeededScopes(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
): readonly NeededScope[] {
  const operation = getOperationAST(document, operationName);
  if (operation == null) return [];
  const root = schema.getRootType(operation.operation);
  if (root == null) return [];
  return [...listRootFields(document, operation.selectionSet)]
    .filter((name) => !name.startsWith('__'))
    .map((name) => ({
      field: `${operation.operation} ${name}`,
      scope: readScope(root, name) ?? DEFAULT_SCOPES[operation.operation],
    }));
}

/** What the field itself says: `extensions: { scope: 'ADMIN' }`. @throws Error for a scope there is not */
export function readScope(root: GraphQLObjectType, name: string): Scope | null {
  const scope: unknown = root.getFields()[name]?.extensions.scope;
  if (scope === undefined) return null;
  if (!isScope(scope)) throw new Error(`${root.name}.${name} names the scope ${JSON.stringify(scope)}`);
  return scope;
}

/** Names of the fields of an operation, those in fragments too. */
export function listRootFields(document: DocumentNode, top: SelectionSetNode): ReadonlySet<string> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const fields = new Set<string>();
  const visited = new Set<string>();
  const visit = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) fields.add(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) visit(selection.selectionSet);
      else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined) visit(fragment.selectionSet);
      }
    }
  };
  visit(top);
  return fields;
}
