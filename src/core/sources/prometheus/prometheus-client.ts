/**
 * Asks a server that speaks the HTTP API of Prometheus. One that answers 429 or 503 with Retry-After is left alone until
 * then: readings fail meanwhile without a request, and are tried again.
 * https://prometheus.io/docs/prometheus/latest/querying/api/
 */
import { z } from 'zod';
import { SourceUnavailableError } from '../../../errors.ts';
import { readRetryAfter } from '../../../platform/outbound/retry-after.ts';
import { runWithin } from '../../../platform/outbound/time-limit.ts';
import { messageOf } from '../../../platform/runtime/to-error.ts';
import type { RangeSeries } from './merge-series.ts';

export interface PrometheusConnection {
  /** Above `/api/v1`; it may have a path of its own. */
  readonly url: string;
  /** Of basic authentication, with the password. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** A bearer's. */
  readonly token?: string | undefined;
}

/** Steps at which an expression is evaluated, both ends included. */
export interface Steps {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly periodSeconds: number;
}

/** An answer that says no. */
export class PrometheusAnswerError extends SourceUnavailableError {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

const TIMEOUT_MS = 30_000;
/** What the server itself may take: less, so that it says so. */
const QUERY_TIMEOUT = '25s';
/**
 * Of Thanos and of VictoriaMetrics as a cluster: while one of their stores does not answer, they leave its series out, and a sum is
 * that of the rest. Such an answer is none: the time is read again. A Prometheus does not read them.
 */
const WHOLE_ANSWERS = { partial_response: 'false', deny_partial_response: '1' };
/**
 * A Prometheus itself knows no such parameter: it says in a warning which of its remote storages it could not read. Other warnings are
 * remarks about a query.
 */
const UNREAD_STORAGE = 'remote_read:';
/** An answer to one of our questions has some hundred kilobytes; more are the series of a query that chooses too many. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const MAX_SHOWN_TEXT = 300;

const refusal = z.object({ errorType: z.string().optional(), error: z.string() });
const matrix = z.object({
  /** Of VictoriaMetrics, also where what is asked for above is not heeded. */
  isPartial: z.boolean().optional(),
  warnings: z.array(z.string()).default([]),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])).default([]),
        /** Of native histograms, which have no single value. */
        histograms: z.array(z.unknown()).default([]),
      }),
    ),
  }),
});
const names = z.object({ data: z.array(z.string()).nullable() });

export class PrometheusClient {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #now: () => number;
  #pausedUntilMs = 0;

  /** @param now milliseconds since 1970 */
  constructor({ url, user, password, token }: PrometheusConnection, now: () => number = Date.now) {
    this.#url = new URL(url);
    this.#now = now;
    const basic = `Basic ${Buffer.from(`${user ?? ''}:${password ?? ''}`).toString('base64')}`;
    const authorization = token === undefined ? (user === undefined ? null : basic) : `Bearer ${token}`;
    this.#headers = authorization === null ? {} : { authorization };
  }

  /** @throws PrometheusAnswerError when it refuses, SourceUnavailableError whatever else went wrong */
  async queryRange(query: string, steps: Steps, signal: AbortSignal): Promise<readonly RangeSeries[]> {
    const body = new URLSearchParams({
      query,
      start: String(steps.firstMs / 1000),
      end: String(steps.lastMs / 1000),
      step: String(steps.periodSeconds),
      timeout: QUERY_TIMEOUT,
      ...WHOLE_ANSWERS,
    });
    const { data, isPartial, warnings } = await this.#ask(
      matrix,
      'query_range',
      { method: 'POST', body },
      signal,
    );
    const unread = warnings.find((warning) => warning.startsWith(UNREAD_STORAGE));
    if (isPartial === true || unread !== undefined) {
      const reason = (unread ?? 'a part of the storage did not answer').slice(0, MAX_SHOWN_TEXT);
      throw new SourceUnavailableError(`the answer is partial: ${reason}`);
    }
    return data.result.map(({ metric, values, histograms }) => {
      if (histograms.length > 0) {
        throw new SourceUnavailableError(
          'the query gives native histograms, which are no numbers: use histogram_quantile, histogram_avg or alike',
        );
      }
      return { labels: metric, samples: values.map(readValue) };
    });
  }

  /** Names of all metrics. @throws as queryRange */
  async listMetrics(signal: AbortSignal): Promise<readonly string[]> {
    return (await this.#ask(names, 'label/__name__/values', {}, signal)).data ?? [];
  }

  /** Names of the labels the series of a metric have, its own name left out. @throws as queryRange */
  async listLabels(metric: string, signal: AbortSignal): Promise<readonly string[]> {
    const matched = new URLSearchParams({ 'match[]': `{__name__=${JSON.stringify(metric)}}` });
    const { data } = await this.#ask(names, `labels?${matched}`, {}, signal);
    return (data ?? []).filter((label) => label !== '__name__');
  }

  async #ask<T>(
    shape: z.ZodType<T>,
    path: string,
    request: { readonly method?: string; readonly body?: URLSearchParams },
    stopped: AbortSignal,
  ): Promise<T> {
    this.#checkPause();
    const text = await this.#exchange(path, request, stopped);
    const parsed = shape.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw new SourceUnavailableError(
      `Prometheus answered with something else than its API: ${text.slice(0, MAX_SHOWN_TEXT)}`,
    );
  }

  /** @returns the text of an answer that is a success */
  async #exchange(path: string, request: RequestInit, stopped: AbortSignal): Promise<string> {
    const url = new URL(this.#url);
    const [ending = '', search = ''] = path.split('?');
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/${ending}`;
    for (const [key, value] of new URLSearchParams(search)) url.searchParams.append(key, value);
    try {
      return await runWithin({ limitMs: TIMEOUT_MS, stopped }, (signal) =>
        this.#fetch(url, { ...request, signal }),
      );
    } catch (error) {
      if (error instanceof SourceUnavailableError) throw error;
      throw new SourceUnavailableError(`Prometheus did not answer: ${nameReason(error)}`, { cause: error });
    }
  }

  async #fetch(url: URL, request: RequestInit): Promise<string> {
    const response = await fetch(url, { ...request, headers: this.#headers });
    const text = await readText(response);
    if (response.ok) return text;
    this.#notePause(response);
    const { status } = response;
    throw new PrometheusAnswerError(`Prometheus answered with ${status}: ${explain(text)}`, status);
  }

  #notePause({ status, headers }: Response): void {
    const askedMs = status === 429 || status === 503 ? readRetryAfter(headers.get('retry-after')) : null;
    if (askedMs !== null) this.#pausedUntilMs = this.#now() + askedMs;
  }

  #checkPause(): void {
    if (this.#now() >= this.#pausedUntilMs) return;
    const until = new Date(this.#pausedUntilMs).toISOString();
    throw new SourceUnavailableError(`Prometheus asked to be left alone until ${until}`);
  }
}

/** Numbers are texts, because JSON knows neither NaN nor infinity. */
function readValue([seconds, text]: readonly [number, string]): {
  readonly timestampMs: number;
  readonly value: number;
} {
  return { timestampMs: Math.round(seconds * 1000), value: text === '' ? Number.NaN : Number(text) };
}

/** @throws SourceUnavailableError for one that is too long */
async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    // The body of a fetch is bytes.
    const chunk = part as Uint8Array;
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new SourceUnavailableError(
        `Prometheus answered with more than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB: does the query give one series?`,
      );
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function explain(text: string): string {
  const parsed = refusal.safeParse(parseJson(text));
  if (!parsed.success) return text.slice(0, MAX_SHOWN_TEXT).trim() || 'nothing more';
  const { errorType, error } = parsed.data;
  return `${errorType === undefined ? '' : `${errorType}: `}${error}`.slice(0, MAX_SHOWN_TEXT);
}

/** fetch hides why a connection failed in the cause of its error. */
function nameReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && messageOf(cause) !== '' ? messageOf(cause) : error.message;
}
