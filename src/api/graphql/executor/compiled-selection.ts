/** Which fields a selection asks of an object: fragments opened, conditions applied, fields of one name together. */
import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getDirectiveValues,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  isAbstractType,
  Kind,
  type NamedTypeNode,
  type SelectionNode,
  typeFromAST,
  visit,
} from 'graphql';
import type { Variables } from './compiled-run.ts';

export interface Selections {
  readonly schema: GraphQLSchema;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  /** Those that decide of @skip and @include: `findConditions`. */
  readonly conditions: Variables;
}

export type FieldsByName = ReadonlyMap<string, readonly FieldNode[]>;

/** As in the GraphQL specification, CollectFields. @param nodes fields or operations of one place of the answer */
export function collectFields(
  selections: Selections,
  type: GraphQLObjectType,
  nodes: readonly { readonly selectionSet?: { readonly selections: readonly SelectionNode[] } | undefined }[],
): FieldsByName {
  const found = new Map<string, FieldNode[]>();
  const opened = new Set<string>();
  const visitAll = (all: readonly SelectionNode[]): void => {
    for (const node of all) if (isIncluded(node, selections.conditions)) visitOne(node);
  };
  const visitOne = (node: SelectionNode): void => {
    if (node.kind === Kind.FIELD) {
      const name = (node.alias ?? node.name).value;
      const group = found.get(name);
      if (group === undefined) found.set(name, [node]);
      else group.push(node);
    } else if (node.kind === Kind.INLINE_FRAGMENT) {
      if (applies(selections.schema, node.typeCondition, type)) visitAll(node.selectionSet.selections);
    } else if (!opened.has(node.name.value)) {
      opened.add(node.name.value);
      const fragment = selections.fragments[node.name.value];
      if (fragment !== undefined && applies(selections.schema, fragment.typeCondition, type)) {
        visitAll(fragment.selectionSet.selections);
      }
    }
  };
  for (const { selectionSet } of nodes) if (selectionSet !== undefined) visitAll(selectionSet.selections);
  return found;
}

/** The variables that decide which fields there are. */
export function findConditions(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive: ({ name, arguments: given = [] }: DirectiveNode) => {
      if (name.value !== 'skip' && name.value !== 'include') return;
      for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}

function isIncluded(node: SelectionNode, conditions: Variables): boolean {
  if (node.directives === undefined || node.directives.length === 0) return true;
  if (getDirectiveValues(GraphQLSkipDirective, node, conditions)?.if === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, node, conditions)?.if !== false;
}

function applies(
  schema: GraphQLSchema,
  condition: NamedTypeNode | undefined,
  type: GraphQLObjectType,
): boolean {
  if (condition === undefined) return true;
  const wanted = typeFromAST(schema, condition);
  return wanted === type || (isAbstractType(wanted) && schema.isSubType(wanted, type));
}
