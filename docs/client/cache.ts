/** What normalised caches have to know of this API: a type without an id is a part of what it stands in. */
import { getNamedType, type GraphQLField, type GraphQLSchema, isAbstractType, isObjectType } from 'graphql';

/** Object types that are no `Node`: a rule's scope, the peak of an incident, pages of lists. */
export function listParts(schema: GraphQLSchema): readonly string[] {
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => !roots.has(type) && !type.name.startsWith('__'))
    .filter((type) => !type.getInterfaces().some(({ name }) => name === 'Node'))
    .map(({ name }) => name);
}

export interface TypePolicy<Pages> {
  merge?: true;
  fields?: Record<string, Pages>;
}

/** Say which page of a list is meant; all other arguments say which list. */
const PAGE_ARGS: readonly string[] = ['first', 'after', 'last', 'before'];

/**
 * `typePolicies` of Apollo's InMemoryCache: what one document selects of a part does not take away what another did.
 * @param paginate `relayStylePagination` of `@apollo/client/utilities`, where the pages of a list are to be put together;
 *   documents then select `edges`: it keeps of `nodes` those of the last page alone
 */
export function writeTypePolicies<Pages = never>(
  schema: GraphQLSchema,
  paginate?: (keyArgs: string[]) => Pages,
): Record<string, TypePolicy<Pages>> {
  const policies: Record<string, TypePolicy<Pages>> = {};
  for (const name of listParts(schema)) policies[name] = { merge: true };
  if (paginate === undefined) return policies;
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType)) {
    const lists = Object.values(type.getFields()).filter(isConnection);
    if (lists.length === 0) continue;
    const fields = lists.map(({ name, args }) => {
      const keyArgs = args.map((arg) => arg.name).filter((arg) => !PAGE_ARGS.includes(arg));
      return [name, paginate(keyArgs)] as const;
    });
    policies[type.name] = { ...policies[type.name], fields: Object.fromEntries(fields) };
  }
  return policies;
}

function isConnection({ type }: GraphQLField<unknown, unknown>): boolean {
  return getNamedType(type).name.endsWith('Connection');
}

/** `possibleTypes` of Apollo's InMemoryCache: which types a union or an interface stands for. */
export function writePossibleTypes(schema: GraphQLSchema): Record<string, string[]> {
  return Object.fromEntries(
    Object.values(schema.getTypeMap())
      .filter(isAbstractType)
      .map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
  );
}

/** `keys` of urql's graphcache. */
export function writeKeys(schema: GraphQLSchema): Record<string, () => null> {
  return Object.fromEntries(listParts(schema).map((name) => [name, () => null]));
}
