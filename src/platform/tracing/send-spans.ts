/**
 * Spans on their way to the collector: they wait in a bounded queue, and those a collector that is away or slow cannot
 * take are dropped and counted. Nothing waits for it.
 */
import {
  type SpanExporter,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { TraceFlags } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { Log } from '../../log.ts';
import type { Stats } from '../telemetry/metrics.ts';

/** Spans that may wait; some 2 kB each. */
const MAX_WAITING_SPANS = 8192;
const SPANS_PER_REQUEST = 512;

export interface SendSpansOptions {
  readonly exporter: SpanExporter;
  readonly stats: Pick<Stats, 'count' | 'countReason'>;
  readonly log: Log;
  /** How long a span waits for others; 1 s when left out. */
  readonly delayMs?: number;
  readonly maxWaiting?: number;
}

export class SpanSender implements SpanProcessor {
  readonly #options: SendSpansOptions;
  readonly #batches: BatchSpanProcessor;
  readonly #maxWaiting: number;
  #waiting = 0;
  /** Whether the last request failed: one line in the log for each time the collector goes away. */
  #isAway = false;

  constructor(options: SendSpansOptions) {
    this.#options = options;
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING_SPANS;
    const { exporter, delayMs = 1000 } = options;
    this.#batches = new BatchSpanProcessor({
      exporter: {
        export: (spans, onResult) => {
          this.#waiting -= spans.length;
          exporter.export(spans, (result) => {
            this.#note(spans.length, result);
            onResult(result);
          });
        },
        shutdown: () => exporter.shutdown(),
      },
      maxQueueSize: this.#maxWaiting,
      maxExportBatchSize: Math.min(SPANS_PER_REQUEST, this.#maxWaiting),
      scheduledDelayMillis: delayMs,
    });
  }

  onStart(): void {
    // Nothing is to be done before its end.
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (this.#waiting >= this.#maxWaiting) {
      this.#options.stats.countReason('trace_spans_dropped', 'queue_full');
      return;
    }
    this.#waiting += 1;
    this.#batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#batches.forceFlush();
  }

  /** Sends what waits; what the collector does not take is dropped. */
  shutdown(): Promise<void> {
    return this.#batches.shutdown();
  }

  #note(spans: number, { code, error }: ExportResult): void {
    const { stats, log } = this.#options;
    const hasFailed = code !== ExportResultCode.SUCCESS;
    if (hasFailed) stats.countReason('trace_spans_dropped', 'not_taken', spans);
    else stats.count('trace_spans_sent', spans);
    if (hasFailed && !this.#isAway) log.warn({ err: error }, 'the collector did not take spans of traces');
    this.#isAway = hasFailed;
  }
}
