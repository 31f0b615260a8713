/** Bugs that the harness has to find: each is a change of the sources, made in a copy of them. */

export interface SeededBug {
  readonly name: string;
  readonly changes: readonly {
    /** Below src. */
    readonly file: string;
    /** Stands there exactly once. */
    readonly find: string;
    readonly replace: string;
  }[];
  /** What brings it to light: a name in FAULTS, and FAILPOINTS. */
  readonly fault: string;
  readonly failpoints: string;
}

/** A commit takes a while, so that it is often what is interrupted. */
const SLOW_COMMIT = 'ingest.before_commit=sleep:20';

export const SEEDED_BUGS: readonly SeededBug[] = [
  {
    name: 'acknowledged before the commit',
    changes: [
      {
        file: 'core/ingest/ingest.ts',
        find: "      const refused = await timed(stats, 'ingest_commit', commit);\n",
        replace:
          '      void commit().catch(() => undefined);\n      const refused = new Map<MetricEntry, Error>();\n',
      },
    ],
    fault: 'kill-server',
    failpoints: SLOW_COMMIT,
  },
  {
    name: 'checkpoint in a transaction of its own, before the samples',
    changes: [
      {
        file: 'core/models/model-cache.ts',
        find: 'const ROWS_PER_CHECKPOINT = 1000;',
        replace: 'const ROWS_PER_CHECKPOINT = 20;',
      },
      {
        file: 'core/samples/write-batch.ts',
        find: '    await inTransaction(pool, write, advance);\n',
        replace:
          '    await inTransaction(pool, (client) => writeCheckpoints(client, batch.checkpoints));\n' +
          '    await inTransaction(pool, write, advance);\n',
      },
    ],
    fault: 'kill-server',
    failpoints: SLOW_COMMIT,
  },
  {
    // Where there is one writer a serial column loses nothing; telling of rows that are not committed yet does.
    name: 'published before the commit',
    changes: [
      {
        file: 'core/ingest/write-apart.ts',
        find: '    await writeBatch(this.#pool, toBatch(set), before);\n',
        replace: '    onWritten(set, before);\n    await writeBatch(this.#pool, toBatch(set), before);\n',
      },
      {
        file: 'core/ingest/write-apart.ts',
        find: '    }\n    onWritten(set, before);\n',
        replace: '    }\n',
      },
    ],
    fault: 'kill-server',
    failpoints: SLOW_COMMIT,
  },
  {
    name: 'live before replay',
    changes: [
      {
        file: 'core/score-log/score-feed.ts',
        find: 'const start = after === null ? this.#ring.last : parseCursor(after, this.bounds());',
        replace:
          'const start = Math.max(after === null ? 0 : parseCursor(after, this.bounds()), this.#ring.last);',
      },
    ],
    fault: 'connections-reset',
    failpoints: '',
  },
  {
    name: 'one place for all subscribers',
    changes: [
      {
        file: 'core/score-log/subscription.ts',
        find: '  let place = start;\n',
        replace: '  const shared = group as { place?: number };\n  shared.place ??= start;\n',
      },
      {
        file: 'core/score-log/subscription.ts',
        find: 'group.read(place)',
        replace: 'group.read(shared.place)',
      },
      {
        file: 'core/score-log/subscription.ts',
        find: '    place = upTo;\n',
        replace: '    shared.place = upTo;\n',
      },
    ],
    fault: 'connections-reset',
    failpoints: '',
  },
  {
    name: 'no listener for errors of a connection',
    changes: [
      {
        file: 'platform/postgres/client.ts',
        find: "    client.on('error', (error) => log.debug({ err: error }, 'database connection lost'));\n",
        replace: '    void client;\n',
      },
      {
        file: 'platform/postgres/client.ts',
        find: "  pool.on('error', (error) => log.debug({ err: error }, 'idle database connection lost'));\n",
        replace: '',
      },
    ],
    fault: 'kill-postmaster',
    failpoints: '',
  },
  {
    name: 'a subscription that ends only with its next event',
    changes: [
      {
        file: 'core/score-log/subscription.ts',
        find: '    return: () => {\n      if (!ended) {\n',
        replace: '    return: async () => {\n      await reading;\n      if (!ended) {\n',
      },
    ],
    fault: 'connections-reset',
    failpoints: '',
  },
  {
    name: 'late points scored',
    changes: [
      {
        file: 'core/ingest/score-batch.ts',
        find: 'const isLate = timestampMs <= (progress.scoredToMs ?? -1);',
        replace: 'const isLate = false;',
      },
    ],
    fault: 'connections-reset',
    failpoints: '',
  },
];
