/** A process that serves the peer schema, by mercurius with its JIT or by Apollo, as the order says. */
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { fastify } from 'fastify';
import { mercurius } from 'mercurius';
import pg from 'pg';
import { answerOrders } from './measure-process.ts';
import { createPeerContext, type PeerContext, RESOLVERS, TYPES } from './query-peer.ts';

export interface PeerOrder {
  readonly by: 'mercurius' | 'apollo';
  readonly connection: string;
}

async function serveMercurius(pool: pg.Pool): Promise<string> {
  const app = fastify();
  await app.register(mercurius, {
    schema: TYPES,
    resolvers: RESOLVERS as never,
    // Compiled at the first request; the default compiles nothing.
    jit: 1,
    context: () => ({ ...createPeerContext(pool) }),
  });
  return `${await app.listen({ host: '127.0.0.1', port: 0 })}/graphql`;
}

async function serveApollo(pool: pg.Pool): Promise<string> {
  const server = new ApolloServer<PeerContext>({
    typeDefs: TYPES,
    resolvers: RESOLVERS as never,
    csrfPrevention: false,
    introspection: false,
  });
  const { url } = await startStandaloneServer(server, {
    listen: { host: '127.0.0.1', port: 0 },
    context: () => Promise.resolve(createPeerContext(pool)),
  });
  return url;
}

answerOrders(async (given) => {
  // The bench beside this file sends nothing else.
  const { by, connection } = given as PeerOrder;
  const pool = new pg.Pool({ connectionString: connection, max: 10 });
  return { url: await (by === 'mercurius' ? serveMercurius(pool) : serveApollo(pool)) };
});
