/** The OpenTelemetry SDK, as the settings ask for it. It is registered nowhere: a process may hold several servers. */
import { setTimeout as delay } from 'node:timers/promises';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Log } from '../../log.ts';
import type { Config } from '../config/read-config.ts';
import type { Stats } from '../telemetry/metrics.ts';
import { createTraceRequest, type TraceRequest } from './request-span.ts';
import { SpanSender } from './send-spans.ts';
import { Tracing } from './tracing.ts';

/** How long a stop waits for the collector. */
const STOP_LIMIT_MS = 5000;

type TracingConfig = Pick<
  Config,
  | 'otlpHeaders'
  | 'otlpTracesHeaders'
  | 'otelServiceName'
  | 'otelResourceAttributes'
  | 'tracesSampler'
  | 'tracesSamplerRatio'
>;

export interface RunningTracing {
  readonly tracing: Tracing;
  readonly traceRequest: TraceRequest;
  /** Sends what waits, for a few seconds at most. */
  readonly stop: () => Promise<void>;
}

/** @param options.url the collector's, path included */
export function startTracing(options: {
  readonly url: string;
  readonly config: TracingConfig;
  readonly version: string;
  readonly stats: Stats;
  readonly log: Log;
  readonly stopLimitMs?: number;
}): RunningTracing {
  const { url, config, version, stats, log, stopLimitMs = STOP_LIMIT_MS } = options;
  const { otelServiceName, otelResourceAttributes, otlpHeaders, otlpTracesHeaders } = config;
  const sender = new SpanSender({
    exporter: new OTLPTraceExporter({ url, headers: { ...otlpHeaders, ...otlpTracesHeaders } }),
    stats,
    log,
  });
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': 'lapwing',
        'service.version': version,
        ...otelResourceAttributes,
        ...(otelServiceName === undefined ? {} : { 'service.name': otelServiceName }),
      }),
    ),
    sampler: createSampler(config),
    spanProcessors: [sender],
  });
  const tracing = new Tracing(provider.getTracer('lapwing', version));
  const stop = async () => {
    const giveUp = new AbortController();
    const ended = provider.shutdown().catch((error: unknown) => {
      log.warn({ err: error }, 'not all traces could be sent at the stop');
    });
    await Promise.race([
      ended,
      delay(stopLimitMs, undefined, { signal: giveUp.signal }).catch(() => undefined),
    ]);
    giveUp.abort();
  };
  return { tracing, traceRequest: createTraceRequest(tracing), stop };
}

function createSampler({ tracesSampler, tracesSamplerRatio }: TracingConfig): Sampler {
  switch (tracesSampler) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(tracesSamplerRatio);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(tracesSamplerRatio) });
  }
}
