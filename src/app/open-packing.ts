/** Packs older samples, and reports blocks that cannot be read. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Packer, type PackerOptions } from '../core/packing/packer.ts';
import type { Registry } from '../core/metrics/registry.ts';
import { DAMAGED_BLOCKS } from '../core/samples/packed/open-block.ts';
import type { Config } from '../platform/config/read-config.ts';
import { createLoopLoad } from '../platform/runtime/loop-load.ts';

/** Packing alone takes less of the event loop, points that come as fast as they are taken nearly all. */
export const BUSY_LOAD = 0.6;

/** @param options.stats holds how many points wait */
export function openPacking(
  options: Pick<PackerOptions, 'pool' | 'stats' | 'log' | 'saveProgress'> & {
    readonly config: Pick<Config, 'packAfterHours'>;
    readonly registry: Pick<Registry, 'all'>;
  },
): Pick<Packer, 'start' | 'stop'> {
  const { config, registry, stats, log } = options;
  const readLoad = createLoopLoad();
  const packer = new Packer({
    ...options,
    packAfterHours: config.packAfterHours,
    countMetrics: () => [...registry.all()].filter(({ scoredRows }) => scoredRows > 0).length,
    // Between two batches no points wait, however many come.
    isBusy: () => readLoad() > BUSY_LOAD || stats.read('ingest_queue_points') > 0,
  });
  const report = (damaged: unknown) => {
    stats.count('blocks_damaged');
    log.error({ damaged }, 'a block of packed samples cannot be read and is left out');
  };
  subscribe(DAMAGED_BLOCKS, report);
  return {
    start: () => packer.start(),
    stop: async () => {
      unsubscribe(DAMAGED_BLOCKS, report);
      await packer.stop();
    },
  };
}
