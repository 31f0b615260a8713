/** What is counted while older samples are packed, and when they are read. */
export const PACKING_COUNTERS = {
  samples_packed: 'Older samples moved from rows into blocks (LAPWING_PACK_AFTER_HOURS).',
  packed_bytes: 'Bytes of the blocks made of those.',
  samples_not_packed:
    'Samples left as rows because a block of their metric is of the same time. Rises when scores were taken back.',
  windows_packed: 'Parts of the log packed to their end.',
  pack_failures:
    'Times packing failed; nothing is lost and it is tried again. Rises when the database is away.',
  blocks_damaged:
    'Times a block of packed samples could not be read and was left out. Any rise is a damaged database.',
} as const;
