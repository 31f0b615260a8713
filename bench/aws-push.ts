/** Pushes points while something else goes on, and tells how long each waits to be stored, and to be scored. */
import type { Engine } from '../src/app/build-core.ts';

export interface PushTimes {
  readonly pushed: number;
  readonly ackMsMedian: number;
  readonly ackMs99: number;
  readonly ackMsLongest: number;
  readonly scoreMsMedian: number;
  readonly scoreMs99: number;
  readonly scoreMsLongest: number;
}

const PAUSE_MS = 50;
const METRIC = 'pushed';
let pushedSoFar = 0;

/**
 * One point each 50 ms to a metric that is scored, until `isOver`.
 * @param firstMs time of the first point ever pushed; each is a second later
 */
export async function pushUntil(engine: Engine, firstMs: number, isOver: () => boolean): Promise<PushTimes> {
  const metricId = await watch(engine);
  const sent = new Map<number, number>();
  const scores: number[] = [];
  const events = engine.live.subscribe({
    filter: { metricIds: [metricId] },
    after: engine.live.head(),
    maxBatch: 10_000,
    lingerMs: 0,
  });
  const listening = (async () => {
    for await (const event of events) {
      if (!('scores' in event)) continue;
      for (const { timestampMs } of event.scores) {
        const sentMs = sent.get(timestampMs);
        if (sentMs !== undefined) scores.push(performance.now() - sentMs);
      }
    }
  })();
  const acks: number[] = [];
  while (!isOver()) {
    const timestampMs = firstMs + pushedSoFar++ * 1000 + 1;
    const startedMs = performance.now();
    sent.set(timestampMs, startedMs);
    await engine.accept.acceptNamed([{ metric: METRIC, timestampMs, value: pushedSoFar % 10 }]);
    acks.push(performance.now() - startedMs);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  await events.return?.();
  await listening;
  const [ack, score] = [summarize(acks), summarize(scores)];
  return {
    pushed: acks.length,
    ackMsMedian: ack.median,
    ackMs99: ack.of99,
    ackMsLongest: ack.longest,
    scoreMsMedian: score.median,
    scoreMs99: score.of99,
    scoreMsLongest: score.longest,
  };
}

async function watch({ monitor, registry }: Engine): Promise<string> {
  const known = registry.byIdentity('CUSTOM', METRIC);
  if (known !== undefined) return known.id;
  const model = { min: 0, max: 10 };
  return monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: METRIC }, model });
}

function summarize(waits: number[]) {
  waits.sort((a, b) => a - b);
  const percentile = (share: number) => Math.round(waits[Math.floor(share * (waits.length - 1))] ?? -1);
  return { median: percentile(0.5), of99: percentile(0.99), longest: percentile(1) };
}
