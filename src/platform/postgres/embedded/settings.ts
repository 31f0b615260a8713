/** How the embedded PostgreSQL is set up: safe first, modest in memory, private. */

const SETTINGS: Readonly<Record<string, string>> = {
  // Only the socket, in a folder only we may enter.
  listen_addresses: '',
  unix_socket_permissions: '0700',
  ssl: 'off',
  // What is acknowledged is on disk.
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  // Two pools of ten, the live readers, the lock, and room for psql and a backup.
  max_connections: '60',
  // A statement over all months locks eight tables and indexes of each, in each of some twenty sessions at once. 64 are enough for
  // two years; this takes 20 MB where it is used up.
  max_locks_per_transaction: '1024',
  shared_buffers: '128MB',
  effective_cache_size: '512MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  // Fewer, larger checkpoints, less log; recovery reads at most this much.
  wal_compression: 'on',
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  // Questions here read a few pages by an index: compiling or splitting them costs more than it gives, and containers
  // have little shared memory for it.
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  random_page_cost: '1.1',
  io_method: 'sync',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // The start is recognised by its words.
  lc_messages: 'C',
  log_checkpoints: 'off',
};

/** Command line arguments of postgres. @param overrides settings over our own */
export function listArguments(
  socketFolder: string,
  overrides: Readonly<Record<string, string>>,
): readonly string[] {
  // The setting is a list: a comma in the folder's name needs quotes.
  const all = { ...SETTINGS, unix_socket_directories: `"${socketFolder}"`, ...overrides };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
