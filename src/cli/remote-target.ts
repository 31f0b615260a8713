/** A running server, as one side of an import or export. */
import { z } from 'zod';
import { formatHost } from '../api/http/format-host.ts';
import type { Config } from '../platform/config/read-config.ts';
import type { ErrorCode } from '../errors.ts';
import { connectGraphql, RemoteError } from './graphql-client.ts';
import type { TransferEnd } from './transfer-target.ts';

const LISTED = z.object({
  metrics: z.object({
    nodes: z.array(z.object({ id: z.string(), status: z.string() })),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
});
const EXPORTED = z.object({ exportModels: z.array(z.record(z.string(), z.unknown())) });
const IMPORTED = z.object({
  importModels: z.object({
    results: z.array(z.object({ created: z.boolean(), error: z.object({ message: z.string() }).nullable() })),
  }),
});

/** Who listens on every address is asked at the one of this machine. */
const OWN_HOSTS: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** Where the server with these settings answers GraphQL. */
export function findOwnUrl({ host, port }: Pick<Config, 'host' | 'port'>): string {
  return `http://${formatHost(OWN_HOSTS.get(host) ?? host)}:${port}/graphql`;
}

/** A metric that was listed and is deleted, or no longer monitored, by the time its model is asked for. */
const GONE = new Set<string>(['NOT_FOUND', 'INVALID_INPUT'] satisfies ErrorCode[]);
/** Refusals of who asks: the next model would be refused, too. Any other is of the model. */
const OF_CALLER = new Set<string>(['UNAUTHENTICATED', 'FORBIDDEN', 'MISDIRECTED'] satisfies ErrorCode[]);

/** A model is one item, which cannot be sent in parts. */
function explainRefusal({ code, message }: RemoteError): string {
  const isTooLarge = code === ('REQUEST_ENTITY_TOO_LARGE' satisfies ErrorCode);
  return isTooLarge
    ? `${message}. One model cannot: let the server and the proxies before it take more, or import while no server runs`
    : message;
}

/**
 * @param url its GraphQL address, e.g. http://127.0.0.1:4000/graphql
 * @param key an API key of it; null where it asks for none
 */
export function openRemoteEnd(url: string, key: string | null): TransferEnd {
  const client = connectGraphql(url, key);

  const listMonitored = async (): Promise<string[]> => {
    const ids: string[] = [];
    let after: string | null = null;
    do {
      const { metrics }: z.output<typeof LISTED> = await client.ask(
        'query List($after: String) { metrics(first: 100, after: $after) { nodes { id status } pageInfo { hasNextPage endCursor } } }',
        { after },
        LISTED,
      );
      ids.push(...metrics.nodes.filter(({ status }) => status !== 'UNMONITORED').map(({ id }) => id));
      after = metrics.pageInfo.hasNextPage ? metrics.pageInfo.endCursor : null;
    } while (after !== null);
    return ids;
  };

  async function* exportModels() {
    for (const id of await listMonitored()) {
      const models = await exportOne(id).catch((error: unknown) => {
        if (error instanceof RemoteError && error.code !== null && GONE.has(error.code)) return [];
        throw error;
      });
      yield* models;
    }
  }

  const exportOne = async (id: string) => {
    const query = 'query Export($ids: [ID!]) { exportModels(ids: $ids) }';
    return (await client.ask(query, { ids: [id] }, EXPORTED)).exportModels;
  };

  return {
    count: async () => (await listMonitored()).length,
    exportModels,
    // One a call: samples make a model large, and a request has its limit.
    importModel: async (model) => {
      const query =
        'mutation Import($models: [JSON!]!) { importModels(input: { models: $models }) { results { created error { message } } } }';
      try {
        const { importModels } = await client.ask(query, { models: [model] }, IMPORTED);
        const [result] = importModels.results;
        if (result?.error != null) return { problem: result.error.message };
        return result?.created === true ? 'created' : 'known';
      } catch (error) {
        if (error instanceof RemoteError && error.code !== null && !OF_CALLER.has(error.code))
          return { problem: explainRefusal(error) };
        throw error;
      }
    },
    stop: () => Promise.resolve(),
  };
}
