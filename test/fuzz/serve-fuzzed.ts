/**
 * The process of a server under fire: its event loop and its memory are its own, not those of the client that fires.
 * The settings come as JSON in FUZZED_SETTINGS; questions come, and answers go, over the channel to the parent process.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Writable } from 'node:stream';
import pino from 'pino';
import { startLapwing } from '../../src/app/start-server.ts';
import { readConfig } from '../../src/platform/config/read-config.ts';
import { collectGarbage } from '../helpers/collect-garbage.ts';
import type { Ready, State } from './fuzzed-server.ts';

const MAX_UNEXPECTED = 100;
const unexpected: string[] = [];
const log = pino(
  { level: 'error' },
  new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (unexpected.length < MAX_UNEXPECTED) unexpected.push(chunk.toString().slice(0, 2_000));
      done();
    },
  }),
);
const settings = JSON.parse(process.env.FUZZED_SETTINGS ?? '') as Record<string, string>;
const { engine, addresses, stop } = await startLapwing(readConfig(settings), log, {
  onLost: (error) => {
    throw error;
  },
});
const loop = monitorEventLoopDelay({ resolution: 10 });
loop.enable();

/** What the server did since it was asked last; collecting garbage is not counted as its delay. */
async function readState(): Promise<State> {
  const lateMs = [99, 99.9, 100].map((share) => loop.percentile(share) / 1e6);
  await collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  loop.reset();
  const stats = engine.stats.snapshot().map(({ name, value }) => [name, value] as const);
  return {
    heldMb: (heapUsed + external) / 1e6,
    lateMs: { p99: lateMs[0] ?? 0, p999: lateMs[1] ?? 0, max: lateMs[2] ?? 0 },
    stats: Object.fromEntries(
      [...new Set(stats.map(([name]) => name))].map((name) => [name, engine.stats.read(name)]),
    ),
    subscribers: engine.live.subscriberCount(),
    metrics: engine.registry.size,
    unexpected,
  };
}

process.on('message', (message) => {
  if (message === 'stop') {
    void stop().then(() => process.exit(0));
    return;
  }
  void readState().then((state) => process.send?.(state));
});
process.on('disconnect', () => process.exit(1));
process.send?.({ addresses } satisfies Ready);
