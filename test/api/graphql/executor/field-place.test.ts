import {
  GraphQLList,
  GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSchema,
  GraphQLString,
  parse,
} from 'graphql';
import { expect, test } from 'vitest';
import { compileOperation } from '../../../../src/api/graphql/executor/compiled-operation.ts';

test('a path is one object however often it is asked for, and its parts are those of its neighbours: caches are kept by it', () => {
  const seen: GraphQLResolveInfo['path'][] = [];
  const resolve = (_source: unknown, _args: object, _context: unknown, info: GraphQLResolveInfo) => {
    expect(info.path).toBe(info.path);
    seen.push(info.path);
    return 'x';
  };
  const Item = new GraphQLObjectType({
    name: 'Item',
    fields: { one: { type: GraphQLString, resolve }, two: { type: GraphQLString, resolve } },
  });
  const query = new GraphQLObjectType({ name: 'Query', fields: { items: { type: new GraphQLList(Item) } } });
  const schema = new GraphQLSchema({ query });
  const document = parse('{ items { one two } }');
  void compileOperation(schema, document, null)?.({ document, rootValue: { items: [{}, {}] } });
  const [one, two, otherOne, otherTwo] = seen;
  expect(one?.prev).toBe(two?.prev);
  expect(otherOne?.prev).toBe(otherTwo?.prev);
  expect(one?.prev).not.toBe(otherOne?.prev);
  expect(one?.prev?.prev).toBe(otherOne?.prev?.prev);
});
