/** What normalised caches have to know of this API: a type without an id is a part of what it stands in. */
import { type GraphQLSchema, isAbstractType, isObjectType } from 'graphql';

/** Object types that have no id: a rule's scope, the peak of an incident, pages of lists. */
export function listParts(schema: GraphQLSchema): readonly string[] {
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => !roots.has(type) && !type.name.startsWith('__') && !('id' in type.getFields()))
    .map(({ name }) => name);
}

/** `typePolicies` of Apollo's InMemoryCache: what one document selects of a part does not take away what another did. */
export function writeTypePolicies(schema: GraphQLSchema): Record<string, { merge: true }> {
  return Object.fromEntries(listParts(schema).map((name) => [name, { merge: true }]));
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
