/** The source as real servers answer it. */
import { describe, expect, it } from 'vitest';
import { createPrometheusSource } from '../../src/core/sources/prometheus/prometheus.ts';
import type { ReadRequest } from '../../src/core/sources/source.ts';
import { createLog } from '../../src/log.ts';
import { until } from '../helpers/until.ts';
import { hasPrometheus, startPrometheus } from './start-prometheus.ts';
import { hasVictoriaMetrics, startVictoriaMetrics } from './start-victoria-metrics.ts';

const MINUTE_MS = 60_000;
const TWO_WEEKS = 20_160;
/** Its value is known for every time, without a sample in the database; a tenth of them have none. */
const QUERY = 'vector(time() / 60 % 100) < 90';

describe.each([
  ['Prometheus', hasPrometheus, startPrometheus],
  ['VictoriaMetrics', hasVictoriaMetrics, startVictoriaMetrics],
] as const)('a real %s', (_, isHere, startServer) => {
  it.skipIf(!isHere)('gives two weeks page by page, each step once, and no sample for a gap', async () => {
    await using server = await startServer();
    const source = createPrometheusSource({
      connection: { url: server.url },
      settleSeconds: 40,
      onDropped: () => undefined,
      log: createLog('silent'),
    });
    await source.confirm?.({ query: 'vector(1)' });
    const values = new Map<number, number>();
    let [readToMs, pages] = [0, 0];
    const startedMs = Date.now();
    do {
      const request: ReadRequest = {
        metricId: 'm',
        spec: { query: QUERY },
        periodSeconds: 60,
        fromMs: pages === 0 ? null : readToMs,
      };
      const [result] = (await source.polling?.read([request], new AbortController().signal)) ?? [];
      if (result === undefined || 'error' in result) throw new Error(`not read: ${result?.error.message}`);
      for (const { timestampMs, value } of result.samples) {
        expect(values.has(timestampMs)).toBe(false);
        values.set(timestampMs, value);
      }
      pages += 1;
      readToMs = result.readToMs;
    } while (readToMs < startedMs - 3 * MINUTE_MS);
    expect(pages).toBe(Math.ceil(TWO_WEEKS / 5000));
    for (let atMs = readToMs - (TWO_WEEKS - 10) * MINUTE_MS; atMs <= readToMs; atMs += MINUTE_MS) {
      const expected = (atMs / MINUTE_MS) % 100;
      expect([atMs, values.get(atMs)]).toEqual([atMs, expected < 90 ? expected : undefined]);
    }
  });

  it.skipIf(!isHere)('says why it refuses an expression, and how many series one gives', async () => {
    await using server = await startServer();
    const source = createPrometheusSource({
      connection: { url: server.url },
      settleSeconds: 40,
      onDropped: () => undefined,
      log: createLog('silent'),
    });
    // An answer that takes long speaks against nothing: then it is asked again.
    const untilRefused = (query: string, message: RegExp) =>
      until(() => expect(source.confirm?.({ query })).rejects.toThrow(message));
    const two =
      'label_replace(vector(1), "pod", "a", "", "") or label_replace(vector(2), "pod", "b", "", "")';
    await untilRefused(two, /^query: expected exactly one series, got 2: {pod="a"}, {pod="b"}$/);
    await untilRefused('nothing_has_this_name', /got none/);
    await untilRefused('sum(', /^query: Prometheus answered with 4(?:00|22): .*pars/);
    await source.confirm?.({ query: 'vector(1)' });
    await source.listing.refresh();
    expect(source.catalogue()).toEqual([]);
  });
});
