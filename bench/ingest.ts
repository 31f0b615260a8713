/**
 * How many points a second are stored and scored, and how long their sender waits:
 * npm run bench:ingest -- --seconds 10 --pushers 20 --batch 100
 * With --profile DIR the server leaves a CPU profile there, which must exist.
 */
import { parseArgs } from 'node:util';
import { measureCopy } from './ingest-copy.ts';
import { listNames, type IngestOrder, type IngestResult } from './ingest-load.ts';
import { printFigure, printLatency } from './measure.ts';
import { startLoadProcess } from './measure-process.ts';
import { monitorAll, startMeasuredServer } from './measure-server.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    pushers: { type: 'string', default: '20' },
    batch: { type: 'string', default: '100' },
    by: { type: 'string', default: 'graphql,engine' },
    profile: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const pushers = Number(values.pushers);
const metricsEach = Number(values.batch);
const START_MS = Date.parse('2026-03-01T00:00:00Z');

for (const by of values.by.split(',')) {
  if (by === 'graphql' || by === 'engine') await measure(by);
}

/** Each way gets a server and a database of its own, and the same rows by COPY afterwards. */
async function measure(by: IngestOrder['by']): Promise<void> {
  const server = await startMeasuredServer({ profileDir: values.profile });
  try {
    for (let pusher = 0; pusher < pushers; pusher++) {
      await monitorAll(server.url, listNames(pusher, metricsEach));
    }
    await using load = startLoadProcess('./ingest-load.ts');
    const { connection } = server;
    const target = server.url;
    const order = { by, target, connection, pushers, metricsEach, startMs: START_MS };
    // In process, two engines hold the models of one database: the server only made the metrics.
    await load.request<IngestResult>({ ...order, seconds: 2, startMs: START_MS - 1_000_000_000 });
    const result = await server.profile(() => load.request<IngestResult>({ ...order, seconds }));
    const copied = await measureCopy({ connection, batchRows: 10_000 });
    const value = result.points / result.seconds;
    const against = { name: 'bare COPY of the same rows, 10000 a transaction', value: copied };
    printFigure({ name: `ingest by ${by}, batches of ${metricsEach}`, value, unit: 'points/s', against });
    if (result.acknowledgedMs.length > 0) printLatency(`ingest by ${by} acknowledged`, result.acknowledgedMs);
    const memory = await server.readMemoryMb();
    printFigure({ name: `server memory, ${pushers * metricsEach} metrics`, value: memory, unit: 'MB' });
  } finally {
    await server[Symbol.asyncDispose]();
  }
}
