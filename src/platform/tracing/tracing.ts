/**
 * Traces of what the server does. A request is a span; the batch its points are written with is a child of it, and has
 * children for scoring, for the commit and for what is delivered of it. This is loaded only where traces are sent:
 * without that nobody has a `Tracing`, and nothing of it is run.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingHttpHeaders } from 'node:http';
import {
  type Attributes,
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';

/** Links of one span: OpenTelemetry's own limit. */
const MAX_LINKS = 128;

/** What is written as one, for many who asked. */
export interface TracedBatch {
  /** Of what it is, and of its two steps. */
  readonly names: readonly [batch: string, first: string, second: string];
  /** Of those that asked; undefined for one that is not traced. */
  readonly requests: readonly (Span | undefined)[];
  readonly attributes: Attributes;
}

export class Tracing {
  readonly #tracer: Tracer;
  readonly #active = new AsyncLocalStorage<Context>();
  readonly #propagator = new W3CTraceContextPropagator();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** The span of what runs now; undefined outside of all. */
  active(): Span | undefined {
    const context = this.#active.getStore();
    return context === undefined ? undefined : trace.getSpan(context);
  }

  /**
   * Begins the span of a request; the caller ends it.
   * @param headers of the request: its `traceparent` is followed
   */
  beginRequest(name: string, headers: IncomingHttpHeaders = {}): Span {
    const parent = this.#propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    return this.#tracer.startSpan(name, { kind: SpanKind.SERVER }, parent);
  }

  /** What runs now, for another process: `traceparent` as W3C Trace Context has it; undefined outside of all. */
  writeParent(): string | undefined {
    const carrier: { traceparent?: string } = {};
    this.#propagator.inject(this.#active.getStore() ?? ROOT_CONTEXT, carrier, defaultTextMapSetter);
    return carrier.traceparent;
  }

  /** A span around work that another process asked for. @param traceparent as its `writeParent` gave it */
  runRemote<T>(name: string, traceparent: string | undefined, work: () => Promise<T>): Promise<T> {
    const parent = this.#propagator.extract(ROOT_CONTEXT, { traceparent }, defaultTextMapGetter);
    return this.#runUnder(parent, { name, kind: SpanKind.SERVER, attributes: {} }, work);
  }

  /** Runs work so that spans begun in it are children of this one. */
  within<T>(span: Span, work: () => T): T {
    return this.#active.run(trace.setSpan(ROOT_CONTEXT, span), work);
  }

  /** A span around work, below the one that is active. A failure of the work is the span's and the caller's. */
  run<T>(name: string, attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T> {
    return this.#runUnder(this.#active.getStore() ?? ROOT_CONTEXT, { name, attributes }, work);
  }

  /** The same for what nobody asked for: it begins a trace, whatever is active where its timer was set. */
  runRoot<T>(
    name: string,
    options: { readonly kind?: SpanKind; readonly attributes: Attributes },
    work: (span: Span) => Promise<T>,
  ): Promise<T> {
    return this.#runUnder(ROOT_CONTEXT, { name, ...options }, work);
  }

  /**
   * Spans of a batch that is written in two steps: a child of the first request that is recorded, linked with the
   * others, and they with it.
   * @param first the first step, which gives the second
   * @returns the same, traced
   */
  traceBatch<T>(batch: TracedBatch, first: () => Promise<() => Promise<T>>): () => Promise<() => Promise<T>> {
    const span = this.#beginBatch(batch);
    const context = trace.setSpan(ROOT_CONTEXT, span);
    const [, firstName, secondName] = batch.names;
    const runStep = async <R>(name: string, step: () => Promise<R>): Promise<R> => {
      try {
        return await this.#runUnder(context, { name, attributes: {} }, step);
      } catch (error) {
        fail(span, error);
        span.end();
        throw error;
      }
    };
    return async () => {
      const second = await runStep(firstName, first);
      return async () => {
        const result = await runStep(secondName, second);
        span.end();
        return result;
      };
    };
  }

  #beginBatch({ names: [name], requests, attributes }: TracedBatch): Span {
    const recorded = [...new Set(requests.filter((span) => span?.isRecording() === true))];
    const [first, ...others] = recorded.filter((span) => span !== undefined);
    const parent = first === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, first);
    const links = others.slice(0, MAX_LINKS).map((other): Link => ({ context: other.spanContext() }));
    const span = this.#tracer.startSpan(name, { attributes, links }, parent);
    const back = { context: span.spanContext() };
    for (const other of others) other.addLink(back);
    return span;
  }

  /**
   * What went to a subscriber, from its commit until now: a child of the first of its batches, linked with the others.
   * @param startMs when the first was committed, in milliseconds of `performance.now`
   */
  noteDelivery(
    name: string,
    startMs: number,
    delivered: { readonly batches: readonly SpanContext[]; readonly attributes: Attributes },
  ): void {
    const { batches, attributes } = delivered;
    const [first, ...others] = batches;
    if (first === undefined) return;
    const links = others.slice(0, MAX_LINKS).map((context): Link => ({ context }));
    const startTime = Date.now() - (performance.now() - startMs);
    const options = { kind: SpanKind.PRODUCER, startTime, attributes, links };
    this.#tracer.startSpan(name, options, trace.setSpanContext(ROOT_CONTEXT, first)).end();
  }

  async #runUnder<T>(
    parent: Context,
    {
      name,
      ...options
    }: { readonly name: string; readonly kind?: SpanKind; readonly attributes: Attributes },
    work: (span: Span) => Promise<T>,
  ): Promise<T> {
    const span = this.#tracer.startSpan(name, options, parent);
    try {
      return await this.#active.run(trace.setSpan(parent, span), () => work(span));
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  }
}

/** The kind of the failure alone: messages may hold what somebody sent. */
function fail(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown');
}
