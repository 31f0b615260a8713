/** How long scores take from their commit to the sockets of subscribers, as a histogram and, where traces are sent, as spans. */
import type { ExecutionResult } from 'graphql';
import type { StreamType } from './stream-framing.ts';
import type { LogCommit } from '../../../core/score-log/ring-buffer.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import type { Tracing } from '../../../platform/tracing/tracing.ts';

export type Transport = 'websocket' | StreamType;

export class DeliveryLag {
  readonly #stats: Pick<Stats, 'observe'>;
  readonly #tracing: Pick<Tracing, 'noteDelivery'> | null;
  /** Of results with scores: equal subscriptions are given the same result. */
  readonly #commits = new WeakMap<ExecutionResult, readonly LogCommit[]>();
  /** One span for each result and transport says it: a thousand subscribers would make a thousand. */
  readonly #traced = new WeakMap<ExecutionResult, Set<Transport>>();

  constructor(options: {
    readonly stats: Pick<Stats, 'observe'>;
    readonly tracing: Pick<Tracing, 'noteDelivery'> | null;
  }) {
    this.#stats = options.stats;
    this.#tracing = options.tracing;
  }

  /** Notes what a result was made of. Events without scores are none of ours. */
  remember(event: unknown, result: ExecutionResult): void {
    const commits = readCommits(event);
    if (commits.length > 0) this.#commits.set(result, commits);
  }

  /**
   * To be called when a result was written to a socket.
   * @param sinceMs when the subscription began, by `performance.now`: what was committed before is replayed, not late
   */
  noteSent(result: ExecutionResult, transport: Transport, sinceMs: number): void {
    const commits = this.#commits.get(result);
    const [first] = commits ?? [];
    if (commits === undefined || first === undefined || first.atMs < sinceMs) return;
    this.#stats.observe('subscription_delivery', (performance.now() - first.atMs) / 1000, { transport });
    if (this.#tracing !== null)
      this.#trace(this.#tracing, { result, transport, commits, startMs: first.atMs });
  }

  #trace(
    tracing: Pick<Tracing, 'noteDelivery'>,
    sent: {
      readonly result: ExecutionResult;
      readonly transport: Transport;
      readonly commits: readonly LogCommit[];
      readonly startMs: number;
    },
  ): void {
    const known = this.#traced.get(sent.result) ?? new Set<Transport>();
    if (known.has(sent.transport)) return;
    this.#traced.set(sent.result, known.add(sent.transport));
    tracing.noteDelivery('deliver scores', sent.startMs, {
      batches: sent.commits.flatMap(({ span }) => (span === null ? [] : [span])),
      attributes: { 'lapwing.transport': sent.transport },
    });
  }
}

function readCommits(event: unknown): readonly LogCommit[] {
  if (typeof event !== 'object' || event === null || !('commits' in event)) return [];
  // Scores alone have it (ScoreEvent).
  return Array.isArray(event.commits) ? (event.commits as readonly LogCommit[]) : [];
}
