/** A running server, as one side of an import or export. */
import { z } from 'zod';
import { formatHost } from '../api/http/format-host.ts';
import type { Config } from '../platform/config/read-config.ts';
import type { ErrorCode } from '../errors.ts';
import { parseUtcTime } from '../platform/runtime/utc-time.ts';
import { connectGraphql, type GraphqlClient, RemoteError } from './graphql-client.ts';
import type { ImportOutcome, TransferEnd } from './transfer-target.ts';

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

/** Who listens on every address does so on those of IPv4, too, and with :: also where IPv6 is off. */
const ANY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Where the server with these settings answers GraphQL. */
export function findOwnUrl({ host, port }: Pick<Config, 'host' | 'port'>): string {
  return `http://${ANY_ADDRESS.has(host) ? '127.0.0.1' : formatHost(host)}:${port}/graphql`;
}

/** A model whose samples can be pushed. */
const PUSHABLE = z.looseObject({
  datasource: z.string().regex(/^custom$/i),
  metricSpec: z.looseObject({ name: z.string() }),
  data: z.array(z.tuple([z.number(), z.string().refine((time) => !Number.isNaN(parseUtcTime(time)))])).min(1),
});
const PUSHED = z.object({
  putMetricData: z.object({ rejected: z.array(z.object({ reason: z.string() })) }),
});
/** What any server takes, whose limit is a million bytes by default, and the most points of one push. */
const MAX_PUSHED_BYTES = 400_000;
const MAX_PUSHED_POINTS = 5_000;
/** Of a point as JSON, beside its names. */
const POINT_BYTES = 120;

/** A metric that was listed and is deleted, or no longer monitored, by the time its model is asked for. */
const GONE = new Set<string>(['NOT_FOUND', 'INVALID_INPUT'] satisfies ErrorCode[]);
/** Refusals of who asks: the next model would be refused, too. Any other is of the model. */
const OF_CALLER = new Set<string>(['UNAUTHENTICATED', 'FORBIDDEN', 'MISDIRECTED'] satisfies ErrorCode[]);

function isTooLarge({ code }: RemoteError): boolean {
  return code === ('REQUEST_ENTITY_TOO_LARGE' satisfies ErrorCode);
}

/** A model is one item. Only samples of pushed metrics can be sent in parts, as points. */
function explainRefusal(error: RemoteError): string {
  const { message } = error;
  return isTooLarge(error)
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
      try {
        return await importOne(client, model).catch(async (error: unknown) => {
          const { success, data } = PUSHABLE.safeParse(model);
          if (!success || !(error instanceof RemoteError && isTooLarge(error))) throw error;
          const problem = await pushSamples(client, data);
          return problem === null ? importOne(client, { ...data, data: [] }) : { problem };
        });
      } catch (error) {
        if (error instanceof RemoteError && error.code !== null && !OF_CALLER.has(error.code))
          return { problem: explainRefusal(error) };
        throw error;
      }
    },
    stop: () => Promise.resolve(),
  };
}

async function importOne(client: GraphqlClient, model: unknown): Promise<ImportOutcome> {
  const query =
    'mutation Import($models: [JSON!]!) { importModels(input: { models: $models }) { results { created error { message } } } }';
  const { importModels } = await client.ask(query, { models: [model] }, IMPORTED);
  const [result] = importModels.results;
  if (result?.error != null) return { problem: result.error.message };
  return result?.created === true ? 'created' : 'known';
}

/**
 * As points of a metric that is not monitored yet: they are scored when it is, and then it gets its resource.
 * @returns why not all of them are taken
 */
async function pushSamples(
  client: GraphqlClient,
  { metricSpec: { name }, data }: z.output<typeof PUSHABLE>,
): Promise<string | null> {
  const query =
    'mutation Push($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { rejected { reason } } }';
  const bytesEach = POINT_BYTES + Buffer.byteLength(JSON.stringify(name));
  const count = Math.max(1, Math.min(MAX_PUSHED_POINTS, Math.floor(MAX_PUSHED_BYTES / bytesEach)));
  for (let from = 0; from < data.length; from += count) {
    const points = data.slice(from, from + count).map(([value, time]) => ({
      metric: name,
      timestamp: new Date(parseUtcTime(time)).toISOString(),
      value,
    }));
    const { putMetricData } = await client.ask(query, { points }, PUSHED);
    const [first] = putMetricData.rejected;
    if (first !== undefined) return first.reason;
  }
  return null;
}
