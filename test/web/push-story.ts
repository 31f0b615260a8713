/** A few metrics with a story for the page to show, pushed as anybody would. */
import { read } from '../helpers/ask.ts';
import { TRANSPORTS } from '../helpers/connect.ts';

const PERIOD_MS = 300_000;
/** Of each metric. */
export const STORY_POINTS = 900;
/** So many periods before the newest point the anomalous one comes. */
const SPIKE_BEFORE = 4;

const METRICS = [
  { name: 'shop.latency', resource: 'shop/web-1', unit: 'Milliseconds' },
  { name: 'shop.orders', resource: 'shop/web-1', unit: 'Count' },
  { name: 'calm', resource: 'calm', unit: 'Percent' },
] as const;

const PUT = `mutation ($input: PutMetricDataInput!) { putMetricData(input: $input) { accepted } }`;

/**
 * Watches `shop.latency` and `shop.orders` of shop/web-1, and `calm`; the first has a spike twenty minutes ago.
 * Resolves once every point is scored.
 */
export async function pushStory(server: { readonly url: string }): Promise<void> {
  for (const { name, resource, unit } of METRICS) {
    await read(
      server,
      `mutation ($input: MonitorMetricInput!) { monitorMetric(input: $input) { __typename } }`,
      { input: { spec: { custom: { name, resource } }, unit } },
    );
  }
  const { serverInfo } = await read<{ serverInfo: { cursor: string } }>(server, `{ serverInfo { cursor } }`);
  await read(server, PUT, { input: { points: makePoints() } });
  await untilScored(server, serverInfo.cursor, METRICS.length * STORY_POINTS);
}

/** One more point of `calm`, now, far from all it ever had. */
export async function pushLeap(server: { readonly url: string }): Promise<void> {
  const points = [{ metric: 'calm', timestamp: new Date().toISOString(), value: 5000 }];
  await read(server, PUT, { input: { points } });
}

function makePoints(): readonly object[] {
  const endMs = Math.floor(Date.now() / PERIOD_MS) * PERIOD_MS;
  return Array.from({ length: STORY_POINTS }, (_, index) => {
    const timestamp = new Date(endMs - (STORY_POINTS - 1 - index) * PERIOD_MS).toISOString();
    const wave = 5 * Math.sin(index / 9) + ((index * 37) % 11) / 4;
    const spike = index === STORY_POINTS - 1 - SPIKE_BEFORE ? 400 : 0;
    return [
      { metric: 'shop.latency', timestamp, value: 100 + wave + spike },
      { metric: 'shop.orders', timestamp, value: 40 + wave },
      { metric: 'calm', timestamp, value: 20 + wave / 2 },
    ];
  }).flat();
}

/** Follows the scores from a place on until there were so many. */
async function untilScored(server: { readonly url: string }, after: string, count: number): Promise<void> {
  const [webSocket] = TRANSPORTS;
  if (webSocket === undefined) throw new Error('there is a transport');
  await using scores = webSocket.subscribe(
    server,
    `subscription ($after: String) { anomalyScores(after: $after, maxBatch: 500) { scores { rowId } } }`,
    { after },
  );
  for (let seen = 0; seen < count;) {
    const { value, done } = await scores.next();
    if (done === true) throw new Error(`the scores ended after ${seen} of ${count}`);
    const { data } = value as { data?: { anomalyScores: { scores: readonly unknown[] } } };
    if (data === undefined) throw new Error(`the scores cannot be followed: ${JSON.stringify(value)}`);
    seen += data.anomalyScores.scores.length;
  }
}
