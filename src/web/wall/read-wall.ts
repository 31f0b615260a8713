/** Reads the whole wall, with the place in the log of scores from which it has to be followed. */
import type { Outcome } from '../api/ask.ts';
import type { WallMetricFragment, WallQuery, WallQueryVariables } from '../generated/graphql.ts';
import { BAR_MS, type Bar, BARS, startOfBar, type WindowName, worseBar } from './bars.ts';
import type { Wall, WallMetric } from './wall-state.ts';

type AskPage = (variables: WallQueryVariables) => Promise<Outcome<WallQuery>>;

/** The wall is asked for in pages; the cursor is of before the first one, and scores may be applied twice. */
export async function readWall(
  ask: AskPage,
  window: WindowName,
): Promise<Outcome<{ readonly wall: Wall; readonly cursor: string }>> {
  const from = new Date(startOfBar(Date.now(), window) - (BARS - 1) * BAR_MS[window]).toISOString();
  const metrics = new Map<string, WallMetric>();
  let cursor: string | null = null;
  let after: string | null = null;
  for (;;) {
    const outcome: Outcome<WallQuery> = await ask({ after, from });
    if ('problem' in outcome) return outcome;
    const { serverInfo, metrics: page } = outcome.data;
    cursor ??= serverInfo.cursor;
    for (const node of page.nodes) {
      if (node.status !== 'UNMONITORED') metrics.set(node.id, readMetric(node, node.series, window));
    }
    if (!page.pageInfo.hasNextPage) return { data: { wall: { window, metrics }, cursor } };
    after = page.pageInfo.endCursor;
  }
}

function readMetric(
  node: WallMetricFragment,
  series: { readonly timestamps: readonly string[]; readonly anomalyScores: readonly (number | null)[] },
  window: WindowName,
): WallMetric {
  const bars = new Map<number, Bar>();
  for (const [index, timestamp] of series.timestamps.entries()) {
    const start = startOfBar(Date.parse(timestamp), window);
    const bar = { score: series.anomalyScores[index] ?? null, provisional: !node.learning.done };
    bars.set(start, worseBar(bars.get(start), bar));
  }
  const { latest, learning, resource, autostack } = node;
  return {
    id: node.id,
    name: node.name,
    server: node.server,
    serverName: autostack?.name ?? resource?.name ?? null,
    datasource: node.datasource,
    status: node.status,
    unit: node.unit,
    learned: learning.done ? 1 : Math.min(0.99, learning.rows / Math.max(1, learning.needed)),
    latest: latest === null ? null : { timeMs: Date.parse(latest.timestamp), value: latest.value },
    bars,
  };
}
