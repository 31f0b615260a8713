/** Operations by the grammar of the schema: most are right, their values seldom are what anybody meant. */
import {
  getNamedType,
  getNullableType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { NASTY_JSON, NASTY_NUMBERS, NASTY_TEXTS, NASTY_TIMES, type Random } from './random.ts';

export interface Operation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Left out: what would take the test's own key away, or the open server from those without one. */
const NOT_CALLED = new Set(['revokeApiKey', 'createApiKey']);
const DEEPEST = 5;

export function writeOperation(schema: GraphQLSchema, random: Random): Operation {
  const kind = random.pick(['query', 'query', 'query', 'mutation', 'mutation', 'subscription'] as const);
  const root =
    kind === 'query'
      ? schema.getQueryType()
      : kind === 'mutation'
        ? schema.getMutationType()
        : schema.getSubscriptionType();
  if (root == null) throw new Error(`the schema has no ${kind}`);
  const declared: string[] = [];
  const variables: Record<string, unknown> = {};
  const declare = (type: GraphQLInputType, value: unknown) => {
    const name = `v${declared.length}`;
    declared.push(`$${name}: ${String(type)}`);
    variables[name] = value;
    return `$${name}`;
  };
  const fields = Object.values(root.getFields()).filter(({ name }) => !NOT_CALLED.has(name));
  const count = kind === 'subscription' ? 1 : 1 + random.below(2);
  const selections = Array.from({ length: count }, (_, index) => {
    const field = random.pick(fields);
    return `r${index}: ${writeField(schema, random, field, declare, 0)}`;
  });
  const head = declared.length === 0 ? '' : `(${declared.join(', ')})`;
  return { query: `${kind} F${head} { ${selections.join(' ')} }`, variables };
}

type Declare = (type: GraphQLInputType, value: unknown) => string;

function writeField(
  schema: GraphQLSchema,
  random: Random,
  field: GraphQLField<unknown, unknown>,
  declare: Declare,
  depth: number,
): string {
  const given = field.args.flatMap((argument) => writeArgument(random, argument, declare));
  const args = given.length === 0 ? '' : `(${given.join(', ')})`;
  const type = getNamedType(field.type);
  const below = isLeafType(type) ? '' : ` { ${writeSelections(schema, random, type, declare, depth + 1)} }`;
  return `${field.name}${args}${below}`;
}

function writeArgument(random: Random, { name, type }: GraphQLArgument, declare: Declare): string[] {
  if (!isNonNullType(type) && random.chance(0.5)) return [];
  return [`${name}: ${declare(type, makeValue(random, type, 0))}`];
}

function writeSelections(
  schema: GraphQLSchema,
  random: Random,
  type: GraphQLNamedType,
  declare: Declare,
  depth: number,
): string {
  const parts = ['__typename'];
  if (isUnionType(type)) {
    for (const member of type.getTypes()) {
      if (random.chance(0.5)) {
        parts.push(`... on ${member.name} { ${writeSelections(schema, random, member, declare, depth)} }`);
      }
    }
  } else if (isObjectType(type) || isInterfaceType(type)) {
    for (const field of Object.values(type.getFields())) {
      const isLeaf = isLeafType(getNamedType(field.type));
      const likelihood = isLeaf ? 0.5 : depth >= DEEPEST ? 0 : 0.35;
      // An alias of its own, so that the members of a union may disagree about a name.
      if (random.chance(likelihood)) {
        parts.push(`${type.name}_${field.name}: ${writeField(schema, random, field, declare, depth)}`);
      }
    }
  }
  return parts.join(' ');
}

function makeValue(random: Random, type: GraphQLInputType, depth: number): unknown {
  if (random.chance(0.03)) return random.pick([null, [], {}, true, 'x', 1.5, [[1]]]);
  if (!isNonNullType(type) && random.chance(0.1)) return null;
  const inner = getNullableType(type);
  if (isListType(inner)) {
    const length = random.pick([0, 1, 1, 2, 3, 30]);
    return Array.from({ length }, () => makeValue(random, inner.ofType, depth + 1));
  }
  if (isEnumType(inner)) return random.pick(inner.getValues()).name;
  if (isInputObjectType(inner)) return makeObject(random, Object.values(inner.getFields()), depth);
  return makeScalar(random, String(inner));
}

function makeObject(
  random: Random,
  fields: readonly { readonly name: string; readonly type: GraphQLInputType }[],
  depth: number,
): Readonly<Record<string, unknown>> {
  const object: Record<string, unknown> = {};
  for (const { name, type } of fields) {
    const isWanted = isNonNullType(type) || (depth < 4 && random.chance(0.5));
    if (isWanted) object[name] = makeValue(random, type, depth + 1);
  }
  return object;
}

function makeScalar(random: Random, name: string): unknown {
  if (name === 'Int' || name === 'Float') return random.pick(NASTY_NUMBERS);
  if (name === 'Boolean') return random.chance(0.5);
  if (name === 'DateTime' && random.chance(0.3)) return random.pick(NASTY_TIMES);
  if (name === 'DateTime')
    return `20${10 + random.below(20)}-0${1 + random.below(9)}-1${random.below(10)}T00:00:00Z`;
  if (name === 'JSON') return random.pick(NASTY_JSON);
  return random.pick(NASTY_TEXTS);
}
