/**
 * Pushed points on a replica: it has read and checked the request; the leader stores and scores the points. They go over one
 * WebSocket, and to the next leader where the one they were sent to ends before it answers: points count once, so
 * that those it had stored already come back as duplicates.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { POINT_STREAM_PATH } from '../../api/http/cluster/point-stream.ts';
import type { AcceptResult } from '../../core/ingest/accept-result.ts';
import type { PointAnswer } from '../../core/ingest/forwarded/point-answer.ts';
import { type ForwardedPush, POINT_PROTOCOL } from '../../core/ingest/forwarded/point-frame.ts';
import { findPushedMetric } from '../../core/ingest/ingest-request.ts';
import type { Ingest, NamedPoint } from '../../core/ingest/ingest.ts';
import type { Registry } from '../../core/metrics/registry.ts';
import type { LogTail } from '../../core/score-log/tail/log-tail.ts';
import { RetryLaterError } from '../../errors.ts';
import { DEFAULT_ACCOUNT } from '../../model.ts';
import type { ClusterDirectory } from '../../platform/cluster/cluster-directory.ts';
import type { ForwardedHeader } from '../../platform/cluster/forwarded-header.ts';
import { openLeaderSocket } from '../../platform/cluster/leader-socket.ts';
import { FailureRuns } from '../../platform/runtime/failure-runs.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import type { Tracing } from '../../platform/tracing/tracing.ts';
import type { Log } from '../../log.ts';
import { PointConnection } from './point-connection.ts';

interface PointForwarderOptions {
  readonly directory: Pick<ClusterDirectory, 'reachLeader' | 'watchLeader'>;
  readonly header: Pick<ForwardedHeader, 'write'>;
  readonly registry: Pick<Registry, 'byPushedName'>;
  readonly tail: Pick<LogTail, 'reach'>;
  /** Resolves once this replica knows all that the leader has done. */
  readonly catchUp: () => Promise<void>;
  readonly stats: Pick<Stats, 'count'>;
  readonly log: Pick<Log, 'warn'>;
  /** Null, or left out, where no traces are sent. */
  readonly tracing?: Pick<Tracing, 'writeParent'> | null;
  /** Of a leader that is asked; 4 s when left out. */
  readonly silenceLimitMs?: number;
  /** Of answers that are awaited at a stop; 10 s when left out. */
  readonly stopLimitMs?: number;
}

/** What fails, for `FailureRuns`. */
const POINTS = 'points';
/** A request waits so long for a leader, each time it has to. */
const LEADER_LIMIT_MS = 5_000;
const SILENCE_LIMIT_MS = 4_000;
const STOP_LIMIT_MS = 10_000;
/** Between two looks whether the leader takes points. */
const LOOK_MS = 1_000;
/** Leaders that points are sent to, one after the other. */
const MAX_LEADERS = 3;
/** Answers are some bytes for each point that was rejected. */
const MAX_PAYLOAD_BYTES = 64_000_000;
const NO_LEADER = 'the cluster has no leader just now: send the same points again in a moment';
const NO_ANSWER = 'the leader ended before it answered: send the same points again in a moment';

export class PointForwarder implements Pick<Ingest, 'acceptNamed'>, AsyncDisposable {
  readonly #options: PointForwarderOptions;
  #connection: PointConnection | null = null;
  #connecting: Promise<PointConnection | null> | null = null;
  /** A look of its own, which pushes do not share: it does not wait for a leader. */
  #glancing: Promise<unknown> | null = null;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #failing = new FailureRuns();
  #isStopped = false;
  #speaksOtherwise = false;
  #looking: NodeJS.Timeout | undefined;

  constructor(options: PointForwarderOptions) {
    this.#options = options;
  }

  /** Keeps a connection to the leader: whether it takes points of this version is known before the first push. */
  start(): void {
    this.#looking ??= setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** Where there is no leader it does not wait for one: a replica that stops, or takes over, would wait with it. */
  #look(): void {
    if (this.#connection?.isOpen === true || this.#connecting !== null || this.#glancing !== null) return;
    this.#glancing = this.#open(0)
      .then(
        (connection) => this.#keep(connection),
        // What fails is seen by the next push.
        () => undefined,
      )
      .finally(() => (this.#glancing = null));
  }

  /** The leader is of a version that reads points of another layout, or of one without this way. */
  get leaderSpeaksOtherwise(): boolean {
    return this.#speaksOtherwise;
  }

  /**
   * As `Ingest.acceptNamed` of the leader. Once it resolves, what asks this replica finds the points.
   * @throws RetryLaterError where the leader says so, and where there is none within 5 s
   */
  acceptNamed(points: readonly NamedPoint[], accountId = DEFAULT_ACCOUNT): Promise<AcceptResult> {
    const accepting = this.#accept(points, accountId).finally(() => this.#underWay.delete(accepting));
    this.#underWay.add(accepting);
    return accepting;
  }

  async #accept(points: readonly NamedPoint[], accountId: number): Promise<AcceptResult> {
    const { stats, log } = this.#options;
    stats.count('requests_forwarded');
    const traceparent = this.#options.tracing?.writeParent();
    const answer = await this.#ask({ points, accountId, traceparent }).catch((error: unknown) => {
      stats.count('forwards_failed');
      if (this.#failing.fail(POINTS)) log.warn({ err: error }, 'points do not reach the leader');
      throw error;
    });
    this.#failing.succeed(POINTS);
    if ('retryLater' in answer) throw new RetryLaterError(answer.retryLater);
    if ('failure' in answer) throw new Error(`the leader failed to take points: ${answer.failure}`);
    // failpoint: forward.before_answer
    await this.#readBack(points, accountId, answer.lastOffset);
    return answer.stored;
  }

  /** @throws RetryLaterError */
  async #ask(push: Omit<ForwardedPush, 'id'>): Promise<PointAnswer> {
    for (let asked = 0; asked < MAX_LEADERS; asked++) {
      if (this.#isStopped) break;
      const connection = await this.#connect();
      if (connection === null) throw new RetryLaterError(NO_LEADER);
      // failpoint: forward.before_send
      const answer = await connection.send(push);
      if (answer !== null) return answer;
    }
    throw new RetryLaterError(NO_ANSWER);
  }

  /** @returns null where there is no leader in time */
  async #connect(): Promise<PointConnection | null> {
    await this.#glancing;
    if (this.#connection?.isOpen === true) return this.#connection;
    this.#connecting ??= this.#open(LEADER_LIMIT_MS).finally(() => (this.#connecting = null));
    return this.#keep(await this.#connecting);
  }

  #keep(connection: PointConnection | null): PointConnection | null {
    // Nobody would close it any more.
    if (this.#isStopped) connection?.close();
    return (this.#connection = connection);
  }

  #open(limitMs: number): Promise<PointConnection | null> {
    return this.#options.directory.reachLeader(limitMs, async (leader) => {
      const socket = openLeaderSocket(leader, {
        ...this.#options,
        path: POINT_STREAM_PATH,
        protocol: POINT_PROTOCOL,
        maxPayloadBytes: MAX_PAYLOAD_BYTES,
      });
      const opened = await PointConnection.open(socket, this.#options.silenceLimitMs ?? SILENCE_LIMIT_MS);
      this.#speaksOtherwise = opened === 'other protocol';
      return opened === 'other protocol' ? null : opened;
    });
  }

  /** Their scores come by themselves. What has none, or is new, is read. */
  async #readBack(points: readonly NamedPoint[], accountId: number, lastOffset: number): Promise<void> {
    const { tail, catchUp, registry } = this.#options;
    await tail.reach(lastOffset).catch(() => undefined);
    const isKnown = ({ metric, resource = null, timestampMs }: NamedPoint) => {
      const entry = findPushedMetric(registry, accountId, metric, resource);
      return entry?.lastTimestampMs != null && entry.lastTimestampMs >= Math.floor(timestampMs);
    };
    // They are stored, even if this replica cannot read anything just now.
    if (!points.every(isKnown)) await catchUp().catch(() => undefined);
  }

  /** Once all that was accepted has its answer, or the leader has had its time for it. */
  async stop(): Promise<void> {
    const { stopLimitMs = STOP_LIMIT_MS } = this.#options;
    const limit = pause(stopLimitMs, undefined, { ref: false });
    await Promise.race([Promise.allSettled(this.#underWay), limit]);
    this.#isStopped = true;
    clearInterval(this.#looking);
    this.#connection?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
