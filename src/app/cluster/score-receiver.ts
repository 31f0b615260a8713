/**
 * What the leader commits, as it sends it to this replica: sooner, and for less CPU, than the database can be asked. While it
 * cannot be received the database is asked all the same, so that nothing depends on it.
 */
import { on } from 'node:events';
import type { WebSocket } from 'ws';
import { SCORE_STREAM_PATH } from '../../api/http/cluster/score-stream.ts';
import type { ScoreFeed } from '../../core/score-log/score-feed.ts';
import type { LogTail } from '../../core/score-log/tail/log-tail.ts';
import { decodeFrame, type FrameDetail, SCORE_PROTOCOL } from '../../core/score-log/tail/score-frame.ts';
import type { ClusterDirectory, ClusterMember } from '../../platform/cluster/cluster-directory.ts';
import type { ForwardedHeader } from '../../platform/cluster/forwarded-header.ts';
import { CONNECT_LIMIT_MS, openLeaderSocket } from '../../platform/cluster/leader-socket.ts';
import { FailureRuns } from '../../platform/runtime/failure-runs.ts';
import { Signal } from '../../platform/runtime/signal.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Log } from '../../log.ts';

interface ScoreReceiverOptions {
  readonly directory: Pick<ClusterDirectory, 'findLeader' | 'watchLeader'>;
  readonly header: Pick<ForwardedHeader, 'write'>;
  readonly live: Pick<ScoreFeed, 'bounds' | 'subscriberCount'>;
  readonly tail: Pick<LogTail, 'take'>;
  readonly stats: Pick<Stats, 'count'>;
  readonly log: Log;
}

/** What fails, for `FailureRuns`. */
const SCORES = 'scores';
/** Between two tries. */
const REST_MS = 250;
const LEADER_LIMIT_MS = 1_000;
/** The leader sends something each second. */
const SILENCE_LIMIT_MS = 3_000;
/** The frames of 2,000 scores are 160 kB. */
const MAX_PAYLOAD_BYTES = 4_000_000;
/** A subscriber that goes is often back at once: so long all of each score is asked for after the last one. */
const KEEP_MS = 10_000;
/** Frames that wait while metrics are read: then the connection waits, too. */
const WATER = { highWaterMark: 16, lowWaterMark: 4 };

export class ScoreReceiver implements AsyncDisposable {
  readonly #options: ScoreReceiverOptions;
  readonly #stopping = new AbortController();
  readonly #called = new Signal();
  readonly #failing = new FailureRuns();
  #working: Promise<void> | undefined;
  #subscribedMs = -Infinity;

  constructor(options: ScoreReceiverOptions) {
    this.#options = options;
  }

  start(): void {
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    const { directory, log } = this.#options;
    while (!this.#isStopping()) {
      const leader = await directory.findLeader(LEADER_LIMIT_MS);
      try {
        // It may have been stopped while it looked.
        if (leader !== null && !this.#isStopping()) await this.#receiveFrom(leader);
      } catch (error) {
        if (this.#failing.fail(SCORES))
          log.warn({ err: error }, 'scores do not come from the leader; the database is asked instead');
      }
      if (!this.#isStopping()) await this.#called.wait(REST_MS).done;
    }
  }

  /** Until the leader ends it, is another one, or is silent. @throws Error where it cannot be followed */
  async #receiveFrom(leader: ClusterMember): Promise<void> {
    const { epoch, last } = this.#options.live.bounds();
    const socket = openLeaderSocket(leader, {
      ...this.#options,
      path: `${SCORE_STREAM_PATH}?${new URLSearchParams({ epoch, after: String(last) })}`,
      protocol: SCORE_PROTOCOL,
      maxPayloadBytes: MAX_PAYLOAD_BYTES,
    });
    const end = () => socket.terminate();
    const { signal } = this.#stopping;
    signal.addEventListener('abort', end);
    try {
      await this.#takeAll(socket);
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }

  async #takeAll(socket: WebSocket): Promise<void> {
    const { tail, stats } = this.#options;
    const silence = setTimeout(() => socket.terminate(), CONNECT_LIMIT_MS + SILENCE_LIMIT_MS);
    let asked: FrameDetail = 'scores';
    try {
      const messages = on(socket, 'message', { ...WATER, close: ['close'] }) as AsyncIterable<[Buffer]>;
      for await (const [message] of messages) {
        silence.refresh();
        const detail = this.#chooseDetail();
        if (detail !== asked) socket.send(detail);
        asked = detail;
        const frame = decodeFrame(message);
        await tail.take(frame);
        this.#failing.succeed(SCORES);
        stats.count('replica_scores_received', frame.rows);
      }
    } finally {
      clearTimeout(silence);
    }
  }

  #chooseDetail(): FrameDetail {
    const nowMs = performance.now();
    if (this.#options.live.subscriberCount() > 0) this.#subscribedMs = nowMs;
    return nowMs - this.#subscribedMs < KEEP_MS ? 'scores' : 'progress';
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#called.wake();
    await this.#working;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
