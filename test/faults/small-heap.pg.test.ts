import { describe, expect, it } from 'vitest';
import { withDatabase } from '../helpers/database.ts';
import { findProgram } from '../helpers/program.ts';
import { startServerProcess } from '../helpers/server-process.ts';
import { ask } from './ask-server.ts';
import { follow } from './follower.ts';

const METRICS = 50;
const ROUNDS = 60;
const POINTS_PER_ROUND = 20;
const START_MS = Date.parse('2026-01-05T00:00:00Z');

describe('a server with a heap of 100 MB', () => {
  it('gives subscribers every score of a point it acknowledged, once and in order', async () => {
    await using database = await withDatabase();
    await using server = await startServerProcess({
      DATABASE_URL: database.connection,
      LAPWING_PORT: '0',
      LAPWING_GRAPHITE_PORT: '',
      LAPWING_HOST_METRICS: 'off',
      // What compiles the sources needs as much again.
      NODE_OPTIONS: `--max-old-space-size=${findProgram().length === 1 ? 100 : 200}`,
    });
    const url = server.addresses.graphql ?? '';
    const write = new URL('/api/v2/write?precision=s', url);
    const names = Array.from({ length: METRICS }, (_, metric) => `load.${metric}`);
    await ask(
      url,
      'mutation($metrics: [MonitorMetricInput!]!) { monitorMetrics(input: { metrics: $metrics }) { __typename } }',
      {
        metrics: names.map((name) => ({ spec: { custom: { name } }, model: { min: 0, max: 100 } })),
      },
    );
    const { serverInfo } = await ask<{ serverInfo: { cursor: string } }>(url, '{ serverInfo { cursor } }');
    const followers = [follow(url, 'ws', serverInfo.cursor), follow(url, 'sse', serverInfo.cursor)];
    for (let round = 0; round < ROUNDS; round++) {
      const lines = Array.from({ length: POINTS_PER_ROUND }, (_, at) => {
        const second = START_MS / 1000 + (round * POINTS_PER_ROUND + at) * 60;
        return names.map((_name, metric) => `load ${metric}=${(at * 7 + metric) % 100} ${second}`).join('\n');
      });
      const response = await fetch(write, { method: 'POST', body: lines.join('\n') });
      expect([response.status, await response.text()]).toEqual([204, '']);
    }
    const { serverInfo: after } = await ask<{ serverInfo: { cursor: string } }>(
      url,
      '{ serverInfo { cursor } }',
    );
    const acknowledged = ROUNDS * POINTS_PER_ROUND;
    for (const follower of followers) {
      await follower.reach(after.cursor);
      await follower.stop();
      expect(follower.brokenChains()).toBe(0);
      for (const name of names) {
        const rowIds = follower.record
          .filter((entry) => entry.startsWith(`${name} `))
          .map((entry) => Number(entry.split(' ')[1]));
        expect(rowIds).toEqual(Array.from({ length: acknowledged }, (_, row) => row + 1));
      }
    }
  });
});
