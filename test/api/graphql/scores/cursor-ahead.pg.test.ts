import { describe, expect, test } from 'vitest';
import { ask } from '../../../helpers/ask.ts';
import { TRANSPORTS } from '../../../helpers/connect.ts';
import { startEngine } from '../../../helpers/start-engine.ts';
import { startServer } from '../../../helpers/start-server.ts';

const START_MS = Date.UTC(2026, 0, 1);
const SCORES = `subscription ($after: String) {
  anomalyScores(after: $after, lingerMs: 0) { cursor scores { rowId } }
}`;
const PAGE =
  'query ($after: String) { metricData(filter: {}, after: $after, first: 10) { edges { node { rowId } } } }';

const points = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    metric: 'a',
    value: index,
    timestampMs: START_MS + (from + index) * 60_000,
  }));

describe.each(TRANSPORTS)('a cursor that another process gave, over $name', ({ subscribe }) => {
  test('is gone on from, and one that nobody gave is refused', async () => {
    await using server = await startServer();
    await using other = await startEngine(server.database);
    await other.monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name: 'a' },
      model: { min: 0, max: 100 },
    });
    await other.accept.acceptNamed(points(0, 3));
    const after = other.live.head();
    await other.accept.acceptNamed(points(3, 2));
    await server.engine.registry.load();
    await using operation = subscribe(server, SCORES, { after });
    const { value } = await operation.next();
    expect(value).toMatchObject({
      data: { anomalyScores: { cursor: other.live.head(), scores: [{ rowId: 4 }, { rowId: 5 }] } },
    });
    expect((await ask(server, PAGE, { after })).data).toMatchObject({
      metricData: { edges: [{ node: { rowId: 4 } }, { node: { rowId: 5 } }] },
    });
    const wrong = other.live.cursorOf(other.live.bounds().last + 1);
    await using refused = subscribe(server, SCORES, { after: wrong });
    const answer = await refused.next().catch((error: unknown) => error);
    expect(JSON.stringify(answer)).toContain('CURSOR_INVALID');
    expect((await ask(server, PAGE, { after: wrong })).errors[0]?.extensions?.code).toBe('CURSOR_INVALID');
  });
});
