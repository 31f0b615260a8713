/**
 * Answers as the HTTP API of Prometheus does, below `/prometheus/api/v1/`, so that Grafana's Prometheus data source and
 * others that speak it show every metric with its expected range and its anomaly score.
 * https://prometheus.io/docs/prometheus/latest/querying/api/
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import type { Caller } from '../../../core/access/caller.ts';
import { tenantPool } from '../../../core/access/tenant-pool.ts';
import { PromqlError, type PromqlErrorType } from '../../../core/prometheus/promql/promql-error.ts';
import { parseSeriesSelector } from '../../../core/prometheus/promql/parse-selector.ts';
import { ScoreQueries } from '../../../core/prometheus/promql/score-queries.ts';
import type { Labels } from '../../../core/prometheus/promql/series-labels.ts';
import type { RouteGuard } from '../guard-routes.ts';
import type { Handler } from '../routes.ts';
import { sendJson } from '../send-json.ts';
import {
  inParameter,
  invalid,
  readGrid,
  readLimit,
  readLookback,
  readParameters,
  readTime,
  readTimeout,
} from './read-parameters.ts';
import { describeBuild, describeSeries } from './describe-series.ts';
import { TRUNCATED, writeInstant, writeRange } from './write-result.ts';

export const PROMQL_PATH = '/prometheus/api/v1/';

export interface PromqlOptions {
  readonly pool: pg.Pool;
  readonly admit: RouteGuard['admit'];
  readonly version: string;
  /** Gets why a request failed, for the request monitor. */
  readonly onFailure?: (request: IncomingMessage, code: string) => void;
  /** Milliseconds since 1970: the time of a query that has none. */
  readonly now?: () => number;
}

/** What a request asks, once it may. */
interface Question {
  readonly pool: pg.Pool;
  readonly caller: string;
  readonly parameters: URLSearchParams;
  readonly signal: AbortSignal;
}

/** A list, or what a client asks for on connecting. */
interface Answer {
  readonly data: unknown;
  readonly warnings?: readonly string[];
}

const STATUSES: Readonly<Record<PromqlErrorType, number>> = { bad_data: 400, execution: 422, timeout: 503 };
const LABEL_VALUES = /^label\/([^/]+)\/values$/;

/** To be routed for everything below PROMQL_PATH. */
export function createPromqlHandler(options: PromqlOptions): Handler {
  const endpoint = new PromqlEndpoint(options);
  return (request, response) => endpoint.handle(request, response);
}

class PromqlEndpoint {
  readonly #options: PromqlOptions;
  readonly #queries = new ScoreQueries();
  readonly #answers: ReadonlyMap<string, (question: Question) => Promise<Answer>>;

  constructor(options: PromqlOptions) {
    this.#options = options;
    const none = (data: unknown) => () => Promise.resolve({ data });
    this.#answers = new Map<string, (question: Question) => Promise<Answer>>([
      ['labels', (question) => this.#listLabels(question)],
      ['series', (question) => this.#listSeries(question)],
      [
        'metadata',
        ({ parameters }) =>
          Promise.resolve({ data: describeSeries(parameters.get('metric') ?? '', readLimit(parameters)) }),
      ],
      ['status/buildinfo', none(describeBuild(options.version))],
      // There are none of these here, which is what clients want to know that ask for them on connecting.
      ['rules', none({ groups: [] })],
      ['alerts', none({ alerts: [] })],
      ['query_exemplars', none([])],
    ]);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const caller = this.#admit(request, response);
    if (caller === null) return;
    try {
      const question = await this.#readQuestion(request, response, caller);
      await this.#answer(readName(request), question, response);
    } catch (error) {
      if (!(error instanceof PromqlError)) throw error;
      this.#refuse(request, response, STATUSES[error.type], error.type, error.message);
    }
  }

  #admit(request: IncomingMessage, response: ServerResponse): Caller | null {
    if (request.method !== 'GET' && request.method !== 'POST') {
      response.setHeader('allow', 'GET, POST');
      this.#refuse(
        request,
        response,
        405,
        'bad_data',
        `expected GET or POST, got ${request.method ?? 'none'}`,
      );
      return null;
    }
    const caller = this.#options.admit(request, 'READ');
    if (!('status' in caller)) return caller;
    if (caller.status === 401) response.setHeader('www-authenticate', 'Bearer');
    if (caller.status === 429) response.setHeader('retry-after', '1');
    this.#refuse(request, response, caller.status, caller.code.toLowerCase(), caller.message);
    return null;
  }

  async #readQuestion(
    request: IncomingMessage,
    response: ServerResponse,
    { accountId, keyId, name }: Caller,
  ): Promise<Question> {
    const parameters = await readParameters(request);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const { pool } = this.#options;
    return {
      pool: accountId === null ? pool : tenantPool(pool, accountId),
      // An account may make itself many keys.
      caller: accountId === null ? `key ${keyId ?? name}` : `account ${accountId}`,
      parameters,
      signal: gone.signal,
    };
  }

  async #answer(name: string, question: Question, response: ServerResponse): Promise<void> {
    if (name === 'query' || name === 'query_range') {
      const text = name === 'query' ? await this.#queryAt(question) : await this.#queryRange(question);
      response.writeHead(200, { 'content-type': 'application/json' });
      await pipeline(Readable.from(text), response);
      return;
    }
    const [, label] = LABEL_VALUES.exec(name) ?? [];
    const answer =
      label === undefined ? this.#answers.get(name)?.(question) : this.#listValues(label, question);
    if (answer === undefined) {
      sendJson(response, 404, { status: 'error', errorType: 'not_found', error: `no such path: ${name}` });
      return;
    }
    sendJson(response, 200, { status: 'success', ...(await answer) });
  }

  async #queryAt({ pool, caller, parameters, signal }: Question): Promise<Generator<string>> {
    const { now = Date.now } = this.#options;
    const atMs = readTime(parameters, 'time', now());
    const options = { pool, caller, signal, ...readQueryOptions(parameters) };
    const most = readLimit(parameters);
    const result = await inParameterAsync('query', () => this.#queries.queryAt(options, atMs));
    return writeInstant(result, atMs, most);
  }

  async #queryRange({ pool, caller, parameters, signal }: Question): Promise<Generator<string>> {
    const grid = readGrid(parameters);
    const options = { pool, caller, signal, ...readQueryOptions(parameters) };
    const most = readLimit(parameters);
    const result = await inParameterAsync('query', () => this.#queries.queryRange(options, grid));
    return writeRange(result, grid, most);
  }

  async #findSeries({ parameters, ...options }: Question): Promise<readonly Labels[]> {
    const selectors = inParameter('match[]', () => parameters.getAll('match[]').map(parseSeriesSelector));
    return this.#queries.listSeries(options, selectors);
  }

  async #listSeries(question: Question): Promise<Answer> {
    if (!question.parameters.has('match[]')) {
      throw new PromqlError('bad_data', 'no match[] parameter provided');
    }
    const found = await this.#findSeries(question);
    return limit(
      found.map((labels) => Object.fromEntries(labels)),
      question.parameters,
    );
  }

  async #listLabels(question: Question): Promise<Answer> {
    const found = await this.#findSeries(question);
    const names = new Set(found.flatMap((labels) => [...labels.keys()]));
    return limit([...names].toSorted(), question.parameters);
  }

  async #listValues(encoded: string, question: Question): Promise<Answer> {
    const label = decodeLabel(encoded);
    const found = await this.#findSeries(question);
    const values = new Set(found.flatMap((labels) => labels.get(label) ?? []));
    return limit([...values].toSorted(), question.parameters);
  }

  #refuse(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    errorType: string,
    error: string,
  ): void {
    this.#options.onFailure?.(request, `promql_${errorType}`);
    // What is left of a body is read and dropped.
    request.resume();
    if (!response.destroyed) sendJson(response, status, { status: 'error', errorType, error });
  }
}

/** Below PROMQL_PATH. */
function readName({ url = '/' }: IncomingMessage): string {
  return new URL(url, 'http://localhost').pathname.slice(PROMQL_PATH.length);
}

function readQueryOptions(parameters: URLSearchParams) {
  const query = parameters.get('query') ?? '';
  return { query, lookbackMs: readLookback(parameters), timeoutMs: readTimeout(parameters) };
}

async function inParameterAsync<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    return inParameter(name, () => {
      throw error;
    });
  }
}

function limit(items: readonly unknown[], parameters: URLSearchParams): Answer {
  const most = readLimit(parameters);
  if (items.length <= most) return { data: items };
  return { data: items.slice(0, most), warnings: [TRUNCATED] };
}

function decodeLabel(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw invalid('name', `cannot parse ${JSON.stringify(encoded.slice(0, 50))} to a label name`);
  }
}
