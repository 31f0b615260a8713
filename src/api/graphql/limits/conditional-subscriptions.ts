/**
 * `@skip` and `@include` at the root of a subscription: without its one field there is nothing to subscribe to. The
 * specification refuses them, as graphql 17 does; graphql 16 fails in the middle of its validation or its execution.
 * https://spec.graphql.org/draft/#sec-Single-root-field
 */
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionNode,
} from 'graphql';

const CONDITIONS: readonly string[] = ['skip', 'include'];

export function findConditionalSubscriptions({ definitions }: DocumentNode): readonly GraphQLError[] {
  const operations = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const subscriptions = operations.filter(({ operation }) => operation === OperationTypeNode.SUBSCRIPTION);
  if (subscriptions.length === 0) return [];
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const byName = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  return subscriptions.flatMap((subscription) => findConditional(subscription, byName) ?? []);
}

function findConditional(
  { name, selectionSet }: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): GraphQLError | null {
  const selections: SelectionNode[] = [...selectionSet.selections];
  const seen = new Set<string>();
  for (const selection of selections) {
    const condition = selection.directives?.find((directive) => CONDITIONS.includes(directive.name.value));
    if (condition !== undefined) {
      const subject = name === undefined ? 'Anonymous Subscription' : `Subscription "${name.value}"`;
      return new GraphQLError(
        `${subject} must not use \`@skip\` or \`@include\` directives in the top level selection.`,
        { nodes: condition },
      );
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) selections.push(...selection.selectionSet.selections);
    if (selection.kind !== Kind.FRAGMENT_SPREAD || seen.has(selection.name.value)) continue;
    seen.add(selection.name.value);
    selections.push(...(fragments.get(selection.name.value)?.selectionSet.selections ?? []));
  }
  return null;
}
