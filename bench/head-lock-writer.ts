/** One writer of samples, in a process of its own: COPY and COMMIT, one batch after the other. */
import { createLog } from '../src/log.ts';
import { copySamples } from '../src/core/samples/copy-samples.ts';
import type { ScoredSample } from '../src/core/samples/stored-sample.ts';
import { createDatabase } from '../src/platform/postgres/client.ts';
import { inTransaction } from '../src/platform/postgres/transaction.ts';
import { answerOrders } from './measure-process.ts';

/** When the head of the log is taken: never, before the rows are sent, or in one message with COMMIT. */
export const HEAD_MODES = ['never', 'first', 'last'] as const;
export type HeadMode = (typeof HEAD_MODES)[number];

export interface HeadLockOrder {
  readonly connection: string;
  readonly mode: HeadMode;
  /** Each writes metrics of its own. */
  readonly writer: number;
  readonly batch: number;
  readonly milliseconds: number;
  /** Time of the first row of each metric; each batch is a second later. */
  readonly startMs: number;
}

export interface HeadLockResult {
  readonly points: number;
  readonly committedMs: readonly number[];
}

const MOST_METRICS = 10_000;
let database: ReturnType<typeof createDatabase> | undefined;

function makeBatch({ writer, batch }: HeadLockOrder, timestampMs: number): readonly ScoredSample[] {
  return Array.from({ length: batch }, (_, index) => ({
    metricNumber: writer * MOST_METRICS + index + 1,
    rowId: 1,
    timestampMs,
    value: 50 + 20 * Math.sin(timestampMs / 30_000 + index),
    seq: index + 1,
    score: 0.1,
    expected: 50,
    low: 30,
    high: 70,
    rawScore: 0.1,
    view: null,
    provisional: false,
    episode: false,
    phase: null,
  }));
}

async function write(order: HeadLockOrder): Promise<HeadLockResult> {
  const { connection, mode, batch } = order;
  database ??= createDatabase({ connection, log: createLog('error'), use: 'lapwing bench', size: 1 });
  const head = `UPDATE score_log SET last = last + ${batch} WHERE id = 1`;
  const committedMs: number[] = [];
  const endMs = performance.now() + order.milliseconds;
  for (let row = 0; performance.now() < endMs; row++) {
    const scored = makeBatch(order, order.startMs + row * 1000);
    const startedMs = performance.now();
    await inTransaction(
      database.pool,
      async (client) => {
        if (mode === 'first') await client.query(head);
        await copySamples(client, { scored, unscored: [] }, null);
      },
      mode === 'last' ? head : undefined,
    );
    committedMs.push(performance.now() - startedMs);
  }
  return { points: committedMs.length * batch, committedMs };
}

if (process.send !== undefined) answerOrders((order) => write(order as HeadLockOrder));
