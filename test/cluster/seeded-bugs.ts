/** Bugs of a cluster that its harness has to find: each is a change of the sources, made in a copy of them. */
import type { SeededBug } from '../faults/seeded-bugs.ts';

export interface ClusterBug extends Omit<SeededBug, 'fault'> {
  /** What brings it to light: names in CLUSTER_FAULTS. */
  readonly faults: readonly string[];
}

const SLOW_COMMIT = 'ingest.before_commit=sleep:20';

const IGNORE_TERM = {
  file: 'platform/postgres/server-term.ts',
  find: 'return rows[0]?.term === this.#number;',
  replace: 'return rows.length > 0;',
};
const KEEP_SESSIONS = {
  file: 'platform/postgres/server-term.ts',
  find: '      await endPools(client);\n',
  replace: '      void endPools;\n',
};

export const CLUSTER_BUGS: readonly ClusterBug[] = [
  {
    name: 'the term is not compared',
    changes: [IGNORE_TERM],
    faults: ['freeze leader'],
    failpoints: '',
  },
  {
    // PostgreSQL would end them itself.
    name: 'nobody ends the sessions of the leader before',
    changes: [
      KEEP_SESSIONS,
      {
        file: 'platform/postgres/client.ts',
        find: '      ...(term !== null && { idleLimitMs: IDLE_LIMIT_MS }),\n',
        replace: '',
      },
    ],
    faults: ['freeze leader at ingest.before_commit'],
    failpoints: '',
  },
  {
    name: 'neither the term nor the end of the log is compared',
    changes: [
      IGNORE_TERM,
      KEEP_SESSIONS,
      {
        file: 'core/samples/write-batch.ts',
        find: 'SELECT advance_score_log(${before}, ${scores})',
        replace: 'UPDATE score_log SET last = GREATEST(last, ${before} + ${scores})',
      },
    ],
    faults: ['freeze leader at score.after_model'],
    failpoints: '',
  },
  {
    name: 'the lock is taken for taken',
    changes: [
      {
        file: 'platform/postgres/lock-session.ts',
        find: 'return rows[0]?.taken === true;',
        replace: 'return rows.length > 0;',
      },
    ],
    faults: ['kill replica'],
    failpoints: '',
  },
  {
    name: 'the lease of the leader is not compared',
    changes: [
      {
        file: 'platform/postgres/lock-session.ts',
        find: 'AND activity.state_change < clock_timestamp() - make_interval(secs => $2)',
        replace: 'AND $2::int > 0',
      },
    ],
    faults: ['kill replica', 'stop replica'],
    failpoints: '',
  },
  {
    name: 'acknowledged by a replica whose leader did not answer',
    changes: [
      {
        file: 'app/cluster/point-forwarder.ts',
        find: '      if (answer !== null) return answer;\n',
        replace:
          '      const stored = { accepted: points.length, duplicates: 0, late: 0, rejected: [] };\n' +
          '      return answer ?? { id: 0, stored, lastOffset: 0 };\n',
      },
    ],
    faults: ['kill leader at ingest.before_commit', 'kill leader at score.after_model'],
    failpoints: SLOW_COMMIT,
  },
  {
    // One that is left out of what the leader sends is read from the database.
    name: 'a part of the log is read from one place too far',
    changes: [
      {
        file: 'core/score-log/stored-log.ts',
        find: 'WHERE seq > $1 AND seq <= least(',
        replace: 'WHERE seq > $1 + 1 AND seq <= least(',
      },
    ],
    faults: ['kill replica', 'kill leader'],
    failpoints: '',
  },
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
    faults: ['kill leader at ingest.before_commit', 'kill leader'],
    failpoints: SLOW_COMMIT,
  },
];
