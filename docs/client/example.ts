/** Watches a metric, lists what is monitored, then prints every score until it is stopped. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { followScores, request, type CursorStore } from './client.js';
import { MetricsDocument, WatchDocument } from './generated/graphql.js';

const apiKey = process.env.LAPWING_API_KEY;
const server = {
  url: process.env.LAPWING_URL ?? 'http://127.0.0.1:4000/graphql',
  ...(apiKey === undefined ? {} : { apiKey }),
};

const cursors: CursorStore = {
  read: () =>
    readFile('scores.cursor', 'utf8').catch((error: NodeJS.ErrnoException) => {
      // The first time. A file that cannot be read is no reason to leave scores out.
      if (error.code === 'ENOENT') return null;
      throw error;
    }),
  // A file that was written halfway when the machine stopped would be no cursor.
  write: async (cursor) => {
    await writeFile('scores.cursor.new', cursor, { flush: true });
    await rename('scores.cursor.new', 'scores.cursor');
  },
};

const { monitorMetric } = await request(server, WatchDocument, {
  input: { spec: { custom: { name: 'shop.orders' } }, model: { min: 0, max: 500 } },
});
if (monitorMetric.__typename === 'Metric') console.log('watching', monitorMetric.name, monitorMetric.status);
else if (monitorMetric.__typename === 'AlreadyMonitoredError')
  console.log('monitored already', monitorMetric.metric.name);
else console.log('not monitored:', monitorMetric.code, monitorMetric.message);

const { metrics } = await request(server, MetricsDocument, { nameContains: '', first: 20 });
for (const { name, status, latest } of metrics?.nodes ?? []) console.log(name, status, latest?.value ?? '-');

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
await followScores(server, {
  cursors,
  signal: stop.signal,
  onEvent: async ({ scores }) => {
    for (const { metric, timestamp, value, anomalyClass } of scores) {
      console.log(timestamp, metric?.name ?? 'a deleted metric', value, anomalyClass);
    }
  },
});
