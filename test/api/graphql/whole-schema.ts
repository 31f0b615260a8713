/** Every field of every type the API answers with, asked for along the shortest way from a root query. */
import {
  getNamedType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'graphql';

type Field = GraphQLField<unknown, unknown>;
/** Puts a selection where objects of a type are. */
type Wrap = (selection: string) => string;

export interface TypeQuery {
  readonly type: string;
  readonly query: string;
}

/**
 * @param writeArgument the value of an argument as it stands in a document; undefined leaves out one that may be
 * @throws Error for an argument that is needed and was left out
 */
export function listTypeQueries(
  schema: GraphQLSchema,
  writeArgument: (field: string, argument: string) => string | undefined,
): readonly TypeQuery[] {
  const root = schema.getQueryType();
  if (root == null) throw new Error('the schema has no queries');
  const ways = new Map<GraphQLObjectType, Wrap>([[root, (selection) => selection]]);
  const queries: TypeQuery[] = [];
  // The map grows while it is walked: the nearest types come first.
  for (const [type, wrap] of ways) {
    const fields = Object.values(type.getFields());
    const asked = fields.map((field) =>
      writeField(type, field, writeArgument, listLeaves(getNamedType(field.type))),
    );
    // One field in each: a failure of one is not hidden by that of another.
    for (const selection of asked) queries.push({ type: type.name, query: `{ ${wrap(selection)} }` });
    for (const field of fields) {
      for (const member of listMembers(schema, getNamedType(field.type))) {
        if (ways.has(member)) continue;
        ways.set(member, (selection) =>
          wrap(writeField(type, field, writeArgument, `... on ${member.name} { ${selection} }`)),
        );
      }
    }
  }
  return queries;
}

/** Its own values, so that something of each object is read. */
function listLeaves(type: GraphQLNamedType): string {
  if (!isObjectType(type)) return '__typename';
  const leaves = Object.values(type.getFields()).filter(
    ({ type: of, args }) => isLeafType(getNamedType(of)) && args.length === 0,
  );
  return ['__typename', ...leaves.map(({ name }) => name)].join(' ');
}

function listMembers(schema: GraphQLSchema, type: GraphQLNamedType): readonly GraphQLObjectType[] {
  if (isAbstractType(type)) return schema.getPossibleTypes(type);
  return isObjectType(type) ? [type] : [];
}

function writeField(
  parent: GraphQLObjectType,
  { name, args, type }: Field,
  writeArgument: (field: string, argument: string) => string | undefined,
  below: string,
): string {
  const given = args.flatMap((argument) => {
    const value = writeArgument(`${parent.name}.${name}`, argument.name);
    if (value === undefined && isNonNullType(argument.type) && argument.defaultValue === undefined) {
      throw new Error(`${parent.name}.${name} needs ${argument.name}`);
    }
    return value === undefined ? [] : [`${argument.name}: ${value}`];
  });
  const asked = given.length === 0 ? name : `${name}(${given.join(', ')})`;
  return isLeafType(getNamedType(type)) ? asked : `${asked} { ${below} }`;
}
