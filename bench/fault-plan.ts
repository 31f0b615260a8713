/** Which faults, how often, and what may not be exceeded while they last. */

export interface Clause {
  readonly name: string;
  /** One of FAULTS. */
  readonly fault: string;
  readonly cycles: number;
  /** For faults that last: cycle by cycle. */
  readonly seconds?: readonly number[];
  /** As FAILPOINTS in failpoint.ts. */
  readonly failpoints?: string;
  /** Its data lies on a disk of this size. */
  readonly diskMb?: number;
  /** Every request is answered within this. */
  readonly answerMs?: number;
  /** When it is over batches are acknowledged again within this. */
  readonly recoveryMs?: number;
  /** What the whole takes on two quiet cores. */
  readonly aboutSeconds: number;
}

/** Now and then long enough for a kill to find a batch, a reader or a subscriber in the middle of it. */
const LINGER = [
  'ingest.before_commit=sleep:20@0.3',
  'score.after_model=sleep:20@0.3',
  'tail.after_read=sleep:20@0.3',
  'sub.before_send=sleep:20@0.1',
  'pack.before_delete=sleep:100@0.3',
  'pack.after_delete=sleep:100@0.3',
  'pack.before_commit=sleep:100@0.3',
  'pack.after_commit=sleep:100@0.3',
].join();

export const CLAUSE: readonly Clause[] = [
  { name: 'kill the server', fault: 'kill-server', cycles: 25, aboutSeconds: 150 },
  {
    name: 'kill the server, lingering at its edges',
    fault: 'kill-server',
    cycles: 25,
    failpoints: LINGER,
    aboutSeconds: 150,
  },
  { name: 'kill the postmaster', fault: 'kill-postmaster', cycles: 20, recoveryMs: 5_000, aboutSeconds: 70 },
  { name: 'kill a backend', fault: 'kill-backend', cycles: 20, recoveryMs: 5_000, aboutSeconds: 60 },
  {
    name: 'no database for a minute',
    fault: 'database-away',
    cycles: 1,
    seconds: [60],
    answerMs: 5_000,
    recoveryMs: 5_000,
    aboutSeconds: 80,
  },
  {
    name: 'frozen database',
    fault: 'database-frozen',
    cycles: 2,
    seconds: [30, 8],
    answerMs: 5_000,
    recoveryMs: 5_000,
    aboutSeconds: 60,
  },
  {
    name: 'full disk',
    fault: 'disk-full',
    cycles: 2,
    seconds: [10],
    diskMb: 400,
    recoveryMs: 30_000,
    aboutSeconds: 60,
  },
  {
    name: 'cut network',
    fault: 'network-cut',
    cycles: 5,
    seconds: [5, 12, 20, 30, 40],
    aboutSeconds: 130,
  },
  { name: 'reset connections', fault: 'connections-reset', cycles: 20, aboutSeconds: 40 },
  { name: 'one byte at a time', fault: 'bytes-sliced', cycles: 3, aboutSeconds: 30 },
  { name: 'jumps of the clock', fault: 'clock-jumps', cycles: 2, aboutSeconds: 30 },
];
