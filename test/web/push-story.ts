/** A few metrics with a story for the page to show, pushed as anybody would. */
import { read } from '../helpers/ask.ts';

const PERIOD_MS = 300_000;
const POINTS = 900;
/** So many periods before the newest point the unusual one comes. */
export const SPIKE_BEFORE = 4;

/** Watches `shop.latency` and `shop.orders` of shop/web-1, and `calm`; the first has a spike twenty minutes ago. */
export async function pushStory(server: { readonly url: string }): Promise<void> {
  const metrics = [
    { name: 'shop.latency', resource: 'shop/web-1', unit: 'Milliseconds' },
    { name: 'shop.orders', resource: 'shop/web-1', unit: 'Count' },
    { name: 'calm', resource: 'calm', unit: 'Percent' },
  ];
  for (const { name, resource, unit } of metrics) {
    await read(
      server,
      `mutation ($input: MonitorMetricInput!) { monitorMetric(input: $input) { __typename } }`,
      {
        input: { spec: { custom: { name, resource } }, unit },
      },
    );
  }
  const endMs = Math.floor(Date.now() / PERIOD_MS) * PERIOD_MS;
  const points = Array.from({ length: POINTS }, (_, index) => {
    const timestamp = new Date(endMs - (POINTS - 1 - index) * PERIOD_MS).toISOString();
    const wave = 5 * Math.sin(index / 9) + ((index * 37) % 11) / 4;
    const spike = index === POINTS - 1 - SPIKE_BEFORE ? 400 : 0;
    return [
      { metric: 'shop.latency', timestamp, value: 100 + wave + spike },
      { metric: 'shop.orders', timestamp, value: 40 + wave },
      { metric: 'calm', timestamp, value: 20 + wave / 2 },
    ];
  }).flat();
  await read(server, `mutation ($input: PutMetricDataInput!) { putMetricData(input: $input) { accepted } }`, {
    input: { points },
  });
}

/** Waits until the server has nothing left to score, and its bars and incidents have followed. */
export async function untilSettled(server: { readonly url: string }): Promise<void> {
  for (;;) {
    const { serverInfo } = await read<{
      serverInfo: { counters: readonly { name: string; value: number }[] };
    }>(
      server,
      `{ serverInfo { counters(names: ["points_scored", "bars_lag", "incidents_lag", "ingest_queue_points"]) { name value } } }`,
    );
    const valueOf = (name: string) => serverInfo.counters.find((row) => row.name === name)?.value ?? 0;
    const behind = valueOf('bars_lag') + valueOf('incidents_lag') + valueOf('ingest_queue_points');
    if (valueOf('points_scored') >= 3 * POINTS && behind === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
