/**
 * What a point costs by each protocol it may come by: npm run bench:protocols -- --seconds 10 --metrics 1000 --by graphite,otlp
 * Points stored and scored a second, and CPU of server and database a point, beside Graphite in the same run. Of StatsD a
 * point is an event; data of the CloudWatch service are stored alone. Each protocol has a server and a database of its own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { PROTOCOLS, type Protocol, type Send } from './protocol-senders.ts';
import { readCpuSeconds, readDatabaseCpuSeconds } from './measure-cpu.ts';
import { printFigure } from './measure.ts';
import { type MeasuredServer, monitorAll, startMeasuredServer } from './measure-server.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    metrics: { type: 'string', default: '1000' },
    by: { type: 'string', default: Object.keys(PROTOCOLS).join(',') },
  },
});
const START_MS = Date.parse('2026-03-01T00:00:00Z');
const STEP_MS = 1000;
const SENDERS = 4;
const WARM_UP_SECONDS = 2;

async function readCounter(url: string, name: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  return Number(new RegExp(`^lapwing_${name}_total (\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
}

async function readCpu({ pid, connection }: MeasuredServer): Promise<number> {
  return (await readCpuSeconds(pid)) + (await readDatabaseCpuSeconds(connection));
}

const LOOK_MS = 50;
/** Without a point for so long, what is still on its way by UDP is lost. */
const LOST_AFTER_MS = 2000;

interface Pushed {
  /** That have come. */
  readonly points: number;
  readonly lost: number;
  readonly seconds: number;
}

/** Sends rows for so long, then waits until all that was sent has come, or is lost. */
async function push(
  server: MeasuredServer,
  { counter, maxUnderway, mayLose, separator = '.' }: Protocol,
  sends: readonly Send[],
  { seconds, startMs }: { readonly seconds: number; readonly startMs: number },
): Promise<Pushed> {
  const before = await readCounter(server.url, counter);
  const beganMs = performance.now();
  const endMs = beganMs + seconds * 1000;
  let [sent, come, lost] = [0, 0, 0];
  let lastMs = beganMs;
  const look = async () => {
    const now = (await readCounter(server.url, counter)) - before;
    if (now > come) lastMs = performance.now();
    else if (mayLose && performance.now() - lastMs > LOST_AFTER_MS) lost = sent - now;
    come = Math.max(come, now);
    await sleep(LOOK_MS);
  };
  const sending = sends.map(async (send, sender) => {
    const names = listNames(sender, separator);
    for (let row = 0; performance.now() < endMs; row += 1) {
      while (sent - come - lost > maxUnderway) await sleep(5);
      const list = names.map((_, index) => 50 + 20 * Math.sin((row + index) / 50));
      sent += names.length;
      await send({ names, timestampMs: startMs + row * STEP_MS, values: list });
    }
  });
  while (performance.now() < endMs) await look();
  // Those who wait for what is on its way see it come by looks.
  const looking = setInterval(() => void look(), LOOK_MS);
  await Promise.all(sending).finally(() => clearInterval(looking));
  while (come + lost < sent) await look();
  return { points: come, lost, seconds: (lastMs - beganMs) / 1000 };
}

function listNames(sender: number, separator = '.'): string[] {
  const length = Number(values.metrics) / SENDERS;
  return Array.from({ length }, (_, index) => `s${sender}${separator}m${index}`);
}

interface Figures {
  /** Points a second. */
  readonly rate: number;
  readonly cpuMicroseconds: number;
  /** Of what was sent. */
  readonly lostShare: number;
}

async function measure(protocol: Protocol): Promise<Figures> {
  await using server = await startMeasuredServer({ settings: protocol.settings ?? {} });
  for (let sender = 0; sender < SENDERS; sender += 1) {
    await monitorAll(server.url, listNames(sender, protocol.separator));
  }
  const sends = await Promise.all(Array.from({ length: SENDERS }, () => protocol.open(server)));
  // Far enough before the start that the warm-up ends before it.
  await push(server, protocol, sends, { seconds: WARM_UP_SECONDS, startMs: START_MS - 1_000_000_000 });
  const cpuBefore = await readCpu(server);
  const pushed = await push(server, protocol, sends, { seconds: Number(values.seconds), startMs: START_MS });
  const { points, lost } = pushed;
  const cpu = (await readCpu(server)) - cpuBefore;
  return {
    rate: points / pushed.seconds,
    cpuMicroseconds: (cpu / points) * 1e6,
    lostShare: lost / (points + lost),
  };
}

let graphite: Figures | undefined;
for (const name of values.by.split(',')) {
  const protocol = PROTOCOLS[name];
  if (protocol === undefined)
    throw new Error(`--by: expected ${Object.keys(PROTOCOLS).join(', ')}, got ${name}`);
  const figures = await measure(protocol);
  if (name === 'graphite') graphite = figures;
  const against = (value: number | undefined) =>
    value === undefined ? undefined : { name: 'graphite', value };
  printFigure({ name: `${name} points`, value: figures.rate, unit: '/s', against: against(graphite?.rate) });
  printFigure({
    name: `${name} CPU a point`,
    value: figures.cpuMicroseconds,
    unit: 'µs',
    against: against(graphite?.cpuMicroseconds),
  });
  if (protocol.mayLose) printFigure({ name: `${name} lost`, value: figures.lostShare * 100, unit: '%' });
}
// Connections of the streams end with the process.
process.exit();
