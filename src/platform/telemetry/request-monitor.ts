/** Watches requests from their start to their end: counts them, and makes the points of what became of them. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { createNanoClock, describeRequest, type WriteMonitorPoint } from './request-point.ts';
import type { Stats } from './metrics.ts';
import type { RequestSpan, TraceRequest } from '../tracing/request-span.ts';

/** A request under way. Nothing here waits or throws. */
export interface OpenRequest {
  readonly id: string;
  /** Replaces the route: METHOD:/path and the operation. */
  setRoute(route: string): void;
  /** A tag of the handler's own; of few values. The last of a name counts. */
  addTag(name: string, value: string): void;
  addField(name: string, value: string | number | boolean): void;
  /** Says why it failed. The first reason counts. */
  fail(errorCode: string): void;
  /** Runs work as a part of it: what is traced there belongs to its trace. */
  within<T>(work: () => T): T;
  /** Ends it. Only the first end counts. One of 400 or more failed, whether `fail` was called or not. */
  end(statusCode: number): void;
}

export interface RequestMonitor {
  /**
   * @param owner what the request is known by, so that a handler can add to it; held weakly
   * @param headers of the request, where it has its own: its trace is the caller's then
   */
  begin(route: string, owner?: object, headers?: IncomingHttpHeaders): OpenRequest;
  /** The request under way of this owner. */
  of(owner: object): OpenRequest | undefined;
}

export interface RequestMonitorOptions {
  readonly stats: Stats;
  /** Null when nobody wants the points: requests are then only counted. */
  readonly write: WriteMonitorPoint | null;
  /** Null, or left out, where no traces are sent. */
  readonly trace?: TraceRequest | null;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly clockMs?: () => number;
}

export function createRequestMonitor(options: RequestMonitorOptions): RequestMonitor {
  const { stats, write, trace = null, clockMs = () => performance.now() } = options;
  const readTime = createNanoClock(options.now);
  const byOwner = new WeakMap<object, OpenRequest>();

  const open = (firstRoute: string, span: RequestSpan | null): OpenRequest => {
    const id = randomUUID();
    const timeNs = readTime();
    const startMs = clockMs();
    const tags: Record<string, string> = {};
    const fields: Record<string, string | number | boolean> = {};
    let route = firstRoute;
    let reason: string | null = null;
    let isOpen = true;
    return {
      id,
      setRoute: (next) => (route = next),
      addTag: (name, value) => (tags[name] = value),
      addField: (name, value) => (fields[name] = value),
      fail: (errorCode) => (reason ??= errorCode),
      within: (work) => (span === null ? work() : span.within(work)),
      end: (statusCode) => {
        if (!isOpen) return;
        isOpen = false;
        const errorCode = reason ?? (statusCode >= 400 ? `HTTP_${statusCode}` : null);
        stats.count('requests');
        if (errorCode !== null) stats.count('requests_failed');
        const executionSeconds = (clockMs() - startMs) / 1000;
        const ended = { timeNs, requestId: id, route, statusCode, errorCode, executionSeconds, tags, fields };
        span?.end(ended);
        if (write === null) return;
        for (const point of describeRequest(ended)) write(point);
      },
    };
  };

  return {
    begin: (route, owner, headers) => {
      const request = open(route, trace?.(route, headers) ?? null);
      if (owner !== undefined) byOwner.set(owner, request);
      return request;
    },
    of: (owner) => byOwner.get(owner),
  };
}

/**
 * Times a part of a request: its seconds become a field, added up when the part runs more than once.
 * @returns what `work` gives; its failure is the caller's, and the time is kept all the same
 */
export async function monitorTime<T>(
  data: Record<string, number>,
  fieldName: string,
  work: () => Promise<T> | T,
  clockMs: () => number = () => performance.now(),
): Promise<T> {
  const startMs = clockMs();
  try {
    return await work();
  } finally {
    data[fieldName] = (data[fieldName] ?? 0) + (clockMs() - startMs) / 1000;
  }
}
