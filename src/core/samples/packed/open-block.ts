/** Opens blocks as they come from the database. One that is damaged is left out and reported: it costs only itself. */
import { channel } from 'node:diagnostics_channel';
import { DamagedBlockError } from './bits.ts';
import { SampleBlock } from './block-codec.ts';

export interface StoredBlock {
  readonly metricNumber: number;
  readonly data: Buffer;
}

/** What is published on DAMAGED_BLOCKS. */
interface DamagedBlock {
  readonly metricNumber: number;
  readonly error: DamagedBlockError;
}

/** A channel of `node:diagnostics_channel`: what reads blocks has neither the log nor the counters. */
export const DAMAGED_BLOCKS = 'lapwing:damaged-blocks';
const damaged = channel(DAMAGED_BLOCKS);

/** @returns what `read` makes of the block; null for a damaged one */
export function readBlock<T>({ metricNumber, data }: StoredBlock, read: (block: SampleBlock) => T): T | null {
  try {
    return read(new SampleBlock(metricNumber, data));
  } catch (error) {
    if (!(error instanceof DamagedBlockError)) throw error;
    damaged.publish({ metricNumber, error } satisfies DamagedBlock);
    return null;
  }
}
