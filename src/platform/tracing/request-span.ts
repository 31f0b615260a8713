/** The span of one request, made of what its monitor knows of it: names of ours, and nothing a client wrote. */
import type { IncomingHttpHeaders } from 'node:http';
import { type Span, SpanStatusCode } from '@opentelemetry/api';
import type { EndedRequest } from '../telemetry/request-point.ts';
import type { Tracing } from './tracing.ts';

export interface RequestSpan {
  readonly within: <T>(work: () => T) => T;
  readonly end: (request: EndedRequest) => void;
}

/** Begins the span of a request; null for one that is not traced. */
export type TraceRequest = (route: string, headers?: IncomingHttpHeaders) => RequestSpan | null;

/** Asked every few seconds by those who watch the server: of them nobody wants a trace. */
const UNTRACED = /:\/(?:health|ready|metrics)$/;

export function createTraceRequest(tracing: Tracing): TraceRequest {
  return (route, headers) => {
    if (UNTRACED.test(route)) return null;
    const span = tracing.beginRequest(nameRoute(route), headers);
    return {
      within: (work) => tracing.within(span, work),
      end: (request) => endSpan(span, request),
    };
  };
}

/** By the conventions for HTTP: https://opentelemetry.io/docs/specs/semconv/http/http-spans/ */
function endSpan(span: Span, { route, statusCode, errorCode, requestId, tags }: EndedRequest): void {
  const [method, path] = splitRoute(route);
  span.updateName(nameRoute(route));
  span.setAttributes({
    'http.request.method': method,
    'http.route': path,
    'http.response.status_code': statusCode,
    'lapwing.request_id': requestId,
  });
  for (const [name, value] of Object.entries(tags)) span.setAttribute(`lapwing.${name}`, value);
  if (errorCode !== null) span.setAttribute('error.type', errorCode);
  // What is the client's fault is no failure of the server.
  const isOurs = statusCode >= 500 || errorCode === 'INTERNAL_SERVER_ERROR';
  if (isOurs) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function nameRoute(route: string): string {
  return splitRoute(route).join(' ');
}

function splitRoute(route: string): readonly [method: string, path: string] {
  const colon = route.indexOf(':');
  return [route.slice(0, colon), route.slice(colon + 1)];
}
