/** Packs older samples, and reports blocks that cannot be read. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Packer, type PackerOptions } from '../core/packing/packer.ts';
import { createBusyTest } from '../core/packing/throttle.ts';
import type { Registry } from '../core/metrics/registry.ts';
import { DAMAGED_BLOCKS } from '../core/samples/packed/open-block.ts';
import type { Config } from '../platform/config/read-config.ts';

/** @param options.stats holds how many points wait */
export function openPacking(
  options: Pick<PackerOptions, 'pool' | 'stats' | 'log' | 'saveProgress'> & {
    readonly config: Pick<Config, 'packAfterHours'>;
    readonly registry: Pick<Registry, 'all'>;
  },
): Pick<Packer, 'start' | 'stop'> {
  const { config, registry, stats, log } = options;
  const packer = new Packer({
    ...options,
    packAfterHours: config.packAfterHours,
    countMetrics: () => [...registry.all()].filter(({ scoredRows }) => scoredRows > 0).length,
    isBusy: createBusyTest({ countWaiting: () => stats.read('ingest_queue_points') }),
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
