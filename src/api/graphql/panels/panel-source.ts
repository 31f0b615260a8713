/**
 * What panels show, for http/embed: two fixed documents, run with the rights of a READ key of the metric's account. What
 * comes from outside is a place in the log and a number of points, never GraphQL.
 */
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { ExecutionResult } from 'graphql';
import { createPanelCaller } from '../../../core/access/caller.ts';
import type { PanelLinks } from '../../../core/access/panel-links/panel-links.ts';
import type { StoredPanel } from '../../../core/access/panel-links/panel-link-store.ts';
import { writeNodeId } from '../builder/node-id.ts';
import type { CallerGate } from '../limits/callers.ts';
import { createConnectionLimit } from '../limits/connections.ts';
import { endWithRights } from '../server/end-when-revoked.ts';
import type { MaskError } from '../transport/mask-error.ts';
import { type GetEnveloped, prepareOperation } from '../transport/prepare-operation.ts';
import { type EventStreams, isStream } from '../transport/http-streams.ts';
import { FRAMINGS } from '../transport/stream-framing.ts';
import { PANEL_QUERY, PANEL_SUBSCRIPTION } from './panel-documents.ts';

/** Of one link from all addresses together: it may be on a page that many people look at. */
const MAX_STREAMS_OF_LINK = 1_000;
const HOUR_MS = 3_600_000;
const ORIGIN = 'EMBED';

/** For whom it is asked. */
interface PanelClient {
  readonly address: string;
  readonly response: ServerResponse;
}

export class PanelSource {
  readonly #options: {
    readonly getEnveloped: GetEnveloped;
    readonly gate: CallerGate;
    readonly streams: EventStreams;
    readonly maskError: MaskError;
  };
  readonly #ofLinks = createConnectionLimit(MAX_STREAMS_OF_LINK);

  constructor(options: {
    readonly getEnveloped: GetEnveloped;
    readonly gate: CallerGate;
    readonly streams: EventStreams;
    readonly maskError: MaskError;
  }) {
    this.#options = options;
  }

  /** Counts a request. @returns why it is refused, with 429; null when it may be answered */
  checkRate(address: string): string | null {
    return this.#options.gate.checkRate(address)?.message ?? null;
  }

  /** @returns the answer as GraphQL has it in JSON */
  async read({ metricId, accountId, hours }: StoredPanel, maxPoints: number): Promise<object> {
    const from = new Date(Date.now() - hours * HOUR_MS).toISOString();
    const id = writeNodeId('Metric', metricId);
    const prepared = await this.#prepare(accountId, PANEL_QUERY, { id, from, maxPoints });
    if ('errors' in prepared) return prepared;
    // A query has one result.
    return (await prepared.runner.execute(prepared.args)) as ExecutionResult;
  }

  /**
   * The scores since a place, then live; as an event stream that ends with the link.
   * @returns why it is refused, with 429; null when the response has begun
   */
  async follow(
    { id, metricId, accountId }: StoredPanel,
    links: Pick<PanelLinks, 'watch'>,
    client: PanelClient & { readonly after: string | null; readonly pipe: (body: Readable) => void },
  ): Promise<string | null> {
    const { address, response, after } = client;
    const refusal = this.#countStream(id, { address, response });
    if (refusal !== null) return refusal;
    const variables = { id: writeNodeId('Metric', metricId), after };
    const prepared = await this.#prepare(accountId, PANEL_SUBSCRIPTION, variables);
    const result: unknown = 'errors' in prepared ? prepared : await prepared.runner.subscribe(prepared.args);
    let why = '';
    const results = isStream(result)
      ? endWithRights(result, {
          watch: (end) =>
            links.watch(id, (problem) => {
              why = problem;
              end();
            }),
          describe: () => `the panel link has ended: ${why}`,
        })
      : // What a client asks for that cannot be had, such as a place that is gone, is an event, too.
        listOne(result as ExecutionResult);
    response.writeHead(200, { ...FRAMINGS.sse.headers, 'cache-control': 'private, no-store, no-transform' });
    client.pipe(this.#options.streams.open(this.#mask(results), response.socket));
    return null;
  }

  #countStream(link: string, { address, response }: PanelClient): string | null {
    const refusal = this.#options.gate.checkConnection(address, response);
    if (refusal !== null) return refusal.message;
    const leave = this.#ofLinks.enter(link);
    if (leave === null) return `${MAX_STREAMS_OF_LINK} panels of this link are open: try again later`;
    response.once('close', leave);
    return null;
  }

  #prepare(accountId: number, query: string, variables: Record<string, unknown>) {
    return prepareOperation(
      this.#options.getEnveloped,
      createPanelCaller(accountId),
      { query, variables },
      { origin: ORIGIN },
    );
  }

  /** What breaks a running subscription has not been masked yet. */
  #mask(results: AsyncIterable<ExecutionResult>): AsyncIterable<ExecutionResult> {
    const inner = results[Symbol.asyncIterator]();
    const mask = (error: unknown): never => {
      throw this.#options.maskError(error);
    };
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => inner.next().catch(mask),
        return: () => inner.return?.() ?? Promise.resolve({ done: true, value: undefined }),
      }),
    };
  }
}

async function* listOne(result: ExecutionResult): AsyncGenerator<ExecutionResult> {
  yield await Promise.resolve(result);
}
