/** Reads the host's metrics: one measuring for all that ask within a period, at times aligned to whole periods. */
import { ExpectedError, SourceUnavailableError } from '../../../errors.ts';
import { HOST_METRICS, type HostMetric } from './host-metrics.ts';
import type { Figure, HostReading, MeasureHost } from './host-reading.ts';
import type { Polling, ReadRequest, ReadResult } from '../source.ts';

/**
 * @param options.measure never rejects
 * @param options.findMetric what a spec names; throws what `describe` throws
 * @param options.now milliseconds since 1970
 */
export function createHostPolling({
  measure,
  findMetric,
  periodSeconds,
  now,
}: {
  readonly measure: MeasureHost;
  readonly findMetric: (spec: unknown) => HostMetric;
  readonly periodSeconds: number;
  readonly now: () => number;
}): Polling {
  const measureOnce = oncePerTick(measure);
  return {
    settleSeconds: 0,
    maxBatch: HOST_METRICS.length,
    async read(requests, signal) {
      const nowMs = now();
      const reading = await unlessAborted(measureOnce(alignToPeriod(nowMs, periodSeconds)), signal);
      return requests.map((request) => {
        const figure = reading instanceof Error ? reading : findFigure(request.spec, reading, findMetric);
        return figure instanceof Error
          ? { metricId: request.metricId, error: figure }
          : answer(request, figure, nowMs);
      });
    },
  };
}

/** Reads that fall into the same period share one measuring: a second one would make rates of no time. */
function oncePerTick(measure: () => Promise<HostReading>): (tickMs: number) => Promise<HostReading> {
  let latest: { readonly tickMs: number; readonly reading: Promise<HostReading> } | null = null;
  return (tickMs) => {
    if (latest?.tickMs !== tickMs) latest = { tickMs, reading: measure() };
    return latest.reading;
  };
}

/** The sample of the period that ended last; none when it was read before, or when the clock went back. */
function answer(
  { metricId, periodSeconds, fromMs }: ReadRequest,
  figure: number | null,
  nowMs: number,
): ReadResult {
  const timestampMs = alignToPeriod(nowMs, periodSeconds);
  if (fromMs !== null && timestampMs <= fromMs) return { metricId, samples: [], readToMs: fromMs };
  const samples = figure === null ? [] : [{ timestampMs, value: figure }];
  return { metricId, samples, readToMs: timestampMs };
}

function findFigure(spec: unknown, reading: HostReading, findMetric: (spec: unknown) => HostMetric): Figure {
  try {
    const metric = findMetric(spec);
    const figure = reading[metric];
    if (!(figure instanceof Error)) return figure;
    return new SourceUnavailableError(`${metric} could not be measured: ${figure.message}`, {
      cause: figure,
    });
  } catch (error) {
    if (error instanceof ExpectedError) return error;
    throw error;
  }
}

function alignToPeriod(timeMs: number, periodSeconds: number): number {
  const periodMs = periodSeconds * 1000;
  return Math.floor(timeMs / periodMs) * periodMs;
}

/** A reader may stop waiting; the measuring itself goes on, and is kept for the others of its period. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | Error> {
  const cutShort = () => new SourceUnavailableError('the reading of the host was cut short');
  if (signal.aborted) return cutShort();
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<Error>((resolve) => {
    onAbort = () => resolve(cutShort());
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
