/** Spans and a collector that is slow or away, by the SDK's own tracer. */
import { setTimeout as delay } from 'node:timers/promises';
import { ExportResultCode } from '@opentelemetry/core';
import { type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { readConfig } from '../../../src/platform/config/read-config.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { SpanSender } from '../../../src/platform/tracing/send-spans.ts';
import { startTracing } from '../../../src/platform/tracing/start-tracing.ts';
import { TraceCollector } from '../../helpers/trace-collector.ts';

const log = createLog('silent');

function startSender(exporter: SpanExporter, maxWaiting: number) {
  const stats = createStats();
  const sender = new SpanSender({ exporter, stats, log, maxWaiting, delayMs: 3_600_000 });
  const provider = new TracerProvider({ spanProcessors: [sender] });
  const tracer = provider.getTracer('tests');
  const end = (count: number) => {
    for (let index = 0; index < count; index++) tracer.startSpan('s').end();
  };
  const counted = () => ({
    sent: stats.read('trace_spans_sent'),
    dropped: stats
      .snapshot()
      .flatMap(({ name, reason, value }) => (name === 'trace_spans_dropped' ? [[reason, value]] : [])),
  });
  return { provider, end, counted };
}

describe('a queue of spans', () => {
  it('drops and counts what comes while it is full, and takes more when some are sent', async () => {
    const sending: (() => void)[] = [];
    const exporter: SpanExporter = {
      export: (_spans, onResult) => void sending.push(() => onResult({ code: ExportResultCode.SUCCESS })),
      shutdown: () => Promise.resolve(),
    };
    const { provider, end, counted } = startSender(exporter, 4);
    // Four are a request of their own: they are handed over at once, and four more may wait.
    end(10);
    expect(counted()).toEqual({
      sent: 0,
      dropped: [
        ['queue_full', 2],
        ['not_taken', 0],
      ],
    });
    sending.shift()?.();
    expect(counted().sent).toBe(4);
    const ended = provider.shutdown();
    while (sending.length === 0) await delay(1);
    sending.shift()?.();
    await ended;
    expect(counted()).toEqual({
      sent: 8,
      dropped: [
        ['queue_full', 2],
        ['not_taken', 0],
      ],
    });
  });

  it('counts what the collector does not take', async () => {
    const exporter: SpanExporter = {
      export: (_spans, onResult) => onResult({ code: ExportResultCode.FAILED, error: new Error('away') }),
      shutdown: () => Promise.resolve(),
    };
    const { provider, end, counted } = startSender(exporter, 100);
    end(3);
    await expect(provider.forceFlush()).rejects.toThrow();
    expect(counted()).toEqual({
      sent: 0,
      dropped: [
        ['queue_full', 0],
        ['not_taken', 3],
      ],
    });
  });
});

describe('a stop', () => {
  it('ends though the collector never answers', async () => {
    await using collector = new TraceCollector();
    collector.refuse = () => undefined;
    const url = `${await collector.start()}/v1/traces`;
    const options = { url, config: readConfig({}), version: '1', stats: createStats(), log };
    const { tracing, stop } = startTracing({ ...options, stopLimitMs: 50 });
    tracing.beginRequest('GET /').end();
    await stop();
    expect(collector.spans).toEqual([]);
  });
});

describe('a sampler', () => {
  it.each([
    ['always_on', undefined, [true, true, true]],
    ['always_off', undefined, [false, false, false]],
    ['traceidratio', '0', [false, false, false]],
    ['traceidratio', '1', [true, true, true]],
    ['', undefined, [true, true, false]],
    ['parentbased_always_on', undefined, [true, true, false]],
    ['parentbased_always_off', undefined, [false, true, false]],
    ['parentbased_traceidratio', '0', [false, true, false]],
  ])(
    '%s %s is asked for a trace of our own, one that is recorded, and one that is not',
    async (name, share, expected) => {
      await using collector = new TraceCollector();
      const config = readConfig({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: share });
      const url = `${await collector.start()}/v1/traces`;
      const { tracing, stop } = startTracing({ url, config, version: '1', stats: createStats(), log });
      const parent = (flags: string) => ({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}` });
      for (const headers of [{}, parent('01'), parent('00')]) tracing.beginRequest('GET /', headers).end();
      await stop();
      expect(collector.spans).toHaveLength(expected.filter((is) => is).length);
      const followed = collector.spans.filter(({ parentId }) => parentId !== '').length;
      expect(followed).toBe(expected.slice(1).filter((is) => is).length);
    },
  );
});
