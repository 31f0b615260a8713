/** The schema builder: which plugins, which scalars, what a resolver is given. Types register themselves on it. */
import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import type PrismaTypes from '../../../generated/pothos-types.ts';
import { getDatamodel } from '../../../generated/pothos-types.ts';
import type { Context } from './context.ts';
import { toInt } from './int.ts';
import { findNodeId, readNodeId, writeNodeId } from './node-id.ts';
import { UNSTORABLE_INPUT } from './unstorable-input.ts';

/** Of what is no id: it names nothing, so that one of them among `nodes(ids:)` costs the others nothing. */
const NO_TYPE = '';

export const builder = new SchemaBuilder<{
  Connection: { readonly countAll: () => Promise<number> };
  Context: Context;
  DefaultFieldNullability: false;
  PrismaTypes: PrismaTypes;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    JSON: { Input: unknown; Output: unknown };
  };
}>({
  // Errors first: it has to see what the others throw.
  plugins: [ErrorsPlugin, UNSTORABLE_INPUT, RelayPlugin, PrismaPlugin],
  defaultFieldNullability: false,
  errors: {
    // The thing itself is the member of a result union that means success.
    directResult: true,
    defaultUnionOptions: {
      name: ({ fieldName }) => `${fieldName.charAt(0).toUpperCase()}${fieldName.slice(1)}Result`,
    },
  },
  relay: {
    cursorType: 'String',
    encodeGlobalID: writeNodeId,
    decodeGlobalID: (text) => findNodeId(text) ?? { typename: NO_TYPE, id: text },
    nodesOnConnection: { description: 'The page without cursors.' },
    idFieldOptions: {
      description: 'Readable and typed: the name of the type, a colon, what names the thing.',
    },
    nodeTypeOptions: { description: 'Anything with an id that `node` finds again.' },
    nodeQueryOptions: {
      description: 'The thing with this id; null when there is none.',
      args: { id: { description: 'As read from an `id` field.' } },
      resolve: (_root, { id }, _context, _info, resolveNode) => {
        // Refused with its path: it says what an id looks like.
        if (id.typename === NO_TYPE) readNodeId(id.id);
        return resolveNode(id);
      },
    },
    nodesQueryOptions: {
      description: 'The things with these ids, in their order; null for each that does not exist.',
      args: { ids: { description: 'As read from `id` fields; 100 at most.' } },
      resolve: async (_root, { ids }, _context, _info, resolveNodes) => {
        const given = [...ids];
        // The resolver of Pothos reads the list of its own arguments: what is no id is taken out of that.
        ids.splice(0, ids.length, ...given.filter(({ typename }) => typename !== NO_TYPE));
        const found = (await resolveNodes(ids))[Symbol.iterator]();
        return given.map(({ typename }) => (typename === NO_TYPE ? null : found.next().value));
      },
    },
    pageInfoTypeOptions: { description: 'Where a page lies within its list.' },
    hasNextPageFieldOptions: { description: 'Whether there is more after the page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there is more before the page.' },
    startCursorFieldOptions: { description: 'Cursor of the first edge; null on an empty page.' },
    endCursorFieldOptions: { description: 'Cursor of the last edge: pass it as `after` for the next page.' },
    cursorFieldOptions: { description: 'The place of this edge in the list.' },
    nodeFieldOptions: { description: 'The thing itself.' },
    edgesFieldOptions: { description: 'The page, with a cursor for each thing.' },
    pageInfoFieldOptions: { description: 'Where the page lies within the list.' },
    firstArgOptions: { description: 'How many from the front.' },
    afterArgOptions: { description: 'Only what comes after this cursor.' },
    lastArgOptions: { description: 'How many from the end.' },
    beforeArgOptions: { description: 'Only what comes before this cursor.' },
    defaultConnectionTypeOptions: { description: 'One page of a list.' },
    defaultEdgeTypeOptions: { description: 'One thing of a page, with its place.' },
  },
  prisma: {
    client: ({ prisma }) => prisma,
    dmmf: getDatamodel(),
    onUnusedQuery: null,
  },
});

builder.globalConnectionField('totalCount', (t) =>
  t.int({
    description: 'How many there are on all pages. Counted only when it is selected.',
    resolve: async ({ countAll }) => toInt(await countAll()),
  }),
);

builder.queryType({ description: 'What can be asked.' });
builder.mutationType({
  description:
    'What can be changed. Expected failures come back as members of the result union, with HTTP 200; nothing is half done.',
});
builder.subscriptionType({
  description: 'What can be subscribed to, over WebSocket, server-sent events or multipart HTTP.',
});
