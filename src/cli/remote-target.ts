/** A running server, as one side of an import or export. */
import { z } from 'zod';
import { connectGraphql } from './graphql-client.ts';
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
    results: z.array(z.object({ error: z.object({ message: z.string() }).nullable() })),
  }),
});

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
      const { exportModels: models } = await client.ask(
        'query Export($ids: [ID!]) { exportModels(ids: $ids) }',
        { ids: [id] },
        EXPORTED,
      );
      yield* models;
    }
  }

  return {
    count: async () => (await listMonitored()).length,
    exportModels,
    // One a call: samples make a model large, and a request has its limit.
    importModel: async (model) => {
      const { importModels } = await client.ask(
        'mutation Import($models: [JSON!]!) { importModels(input: { models: $models }) { results { error { message } } } }',
        { models: [model] },
        IMPORTED,
      );
      return importModels.results[0]?.error?.message ?? null;
    },
    stop: () => Promise.resolve(),
  };
}
