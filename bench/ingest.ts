/**
 * How many points a second are stored and scored, and how long their sender waits:
 * npm run bench:ingest -- --seconds 10 --pushers 40 --batch 100 --by graphql,graphite,engine
 * With --profile DIR the server leaves a CPU profile there.
 */
import { parseArgs } from 'node:util';
import { readCopyPeer } from './ingest-copy.ts';
import { listNames, type IngestOrder, type IngestResult } from './ingest-load.ts';
import { readCpuSeconds, readDatabaseCpuSeconds } from './measure-cpu.ts';
import { printFigure, printLatency } from './measure.ts';
import { startLoadProcess } from './measure-process.ts';
import { monitorAll, startMeasuredServer } from './measure-server.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    pushers: { type: 'string', default: '40' },
    batch: { type: 'string', default: '100' },
    by: { type: 'string', default: 'graphql,graphite,engine' },
    profile: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const pushers = Number(values.pushers);
const metricsEach = Number(values.batch);
const START_MS = Date.parse('2026-03-01T00:00:00Z');
/** Far enough before the start that the warm-up ends before it. */
const WARM_UP_MS = 1_000_000_000;
/** A transaction a batch is slow: fewer rows tell as much. */
const SMALL_COPY_ROWS = 40_000;
/** The database takes 60 in all. */
const MAX_COPY_CONNECTIONS = 30;

for (const by of values.by.split(',')) {
  if (by === 'graphql' || by === 'graphite' || by === 'engine') await measure(by);
  else throw new Error(`--by: expected graphql, graphite or engine, got ${by}`);
}

/** Each way gets a server and a database of its own, and the same rows by COPY afterwards. */
async function measure(by: IngestOrder['by']): Promise<void> {
  await using server = await startMeasuredServer({ profileDir: values.profile });
  for (let pusher = 0; pusher < pushers; pusher++) {
    await monitorAll(server.url, listNames(pusher, metricsEach));
  }
  await using load = startLoadProcess('./ingest-load.ts');
  const { connection } = server;
  const target = by === 'graphite' ? server.graphite : server.url;
  const order = { by, target, connection, pushers, metricsEach, startMs: START_MS };
  // In process, two engines hold the models of one database: the server only made the metrics.
  await load.request<IngestResult>({ ...order, seconds: 2, startMs: START_MS - WARM_UP_MS });
  const burners = { server: server.pid, load: load.pid };
  const before = await readBurned(burners, connection);
  const result = await server.profile(() => load.request<IngestResult>({ ...order, seconds }));
  const after = await readBurned(burners, connection);
  await printRate(by, result, connection);
  if (result.acknowledgedMs.length > 0) printLatency(`ingest by ${by} acknowledged`, result.acknowledgedMs);
  for (const [name, seconds] of Object.entries(after)) {
    const value = ((seconds - (before[name] ?? 0)) * 1e6) / result.points;
    printFigure({ name: `ingest by ${by}, CPU of ${name}`, value, unit: 'µs/point' });
  }
  const memory = await server.readMemoryMb();
  printFigure({ name: `server memory, ${pushers * metricsEach} metrics`, value: memory, unit: 'MB' });
}

/** In process the engine is part of the load. */
async function readBurned(
  pids: Readonly<Record<string, number>>,
  connection: string,
): Promise<Record<string, number>> {
  const burned: Record<string, number> = {};
  for (const [name, pid] of Object.entries(pids)) burned[name] = await readCpuSeconds(pid);
  burned.database = await readDatabaseCpuSeconds(connection);
  return burned;
}

async function printRate(by: string, result: IngestResult, connection: string): Promise<void> {
  const peer = await readCopyPeer(connection);
  const name = `ingest by ${by}, batches of ${metricsEach}`;
  const value = result.points / result.seconds;
  for (const [rows, connections, most] of [
    [10_000, 1, undefined],
    [metricsEach, Math.min(pushers, MAX_COPY_CONNECTIONS), SMALL_COPY_ROWS],
    [metricsEach, 1, SMALL_COPY_ROWS],
  ] as const) {
    const copied = await peer.measure(rows, connections, most);
    const how = `${rows} a transaction, ${connections} connection${connections === 1 ? '' : 's'}`;
    const against = { name: `bare COPY of the same rows, ${how}`, value: copied };
    printFigure({ name, value, unit: 'points/s', against });
  }
}
