/**
 * Whether PostgreSQL answers at all. It is asked next to nothing, twice a second, on a connection of its own: a
 * statement may take as long as its work takes, but a database that leaves this question open is frozen or cut off, and
 * no other question will be answered either. The same connection listens to changes: that it answers shows that it hears.
 */
import pg from 'pg';
import type { Log } from '../../log.ts';
import type { ChangeChannels } from './change-channels.ts';
import { openClient } from './connection.ts';

export interface HealthProbe extends AsyncDisposable {
  /** False from `onLost` until `onFound`. */
  readonly isHealthy: () => boolean;
  readonly stop: () => Promise<void>;
}

/** Each wakes the process: a quiet server should sleep. */
const TICK_MS = 250;
/** Passed over between an answer and the next question. */
const REST_TICKS = 1;
/**
 * Silence is counted in ticks of our own: when this process is held up, it is not the database that was silent. With
 * the rest before it and what follows it, those who wait are answered within 5 s.
 */
const SILENT_TICKS = 10;
/** Where a network comes back nothing says so: the next try finds out. */
const CONNECT_LIMIT_MS = 2_000;
/** Answers, too: PostgreSQL refuses us, but others are served. Class 57 is a database going down or coming up. */
const NO_ANSWER = /^(08|57)/;

/**
 * Begins at once, as if PostgreSQL had just answered.
 * @param options.onLost no answer for 2.5 s; called again only after `onFound`
 * @param options.onFound it answers again
 */
export function watchHealth(options: {
  readonly connection: string;
  readonly changes: ChangeChannels;
  readonly log: Log;
  readonly onLost: () => void;
  readonly onFound: () => void;
}): HealthProbe {
  const probe = createProbeConnection(options);
  let isHealthy = true;
  let isAsking = false;
  let restTicks = 0;
  let silentTicks = 0;

  const ask = async () => {
    isAsking = true;
    const answered = await probe.ask();
    isAsking = false;
    restTicks = REST_TICKS;
    if (!answered) return;
    silentTicks = 0;
    if (isHealthy) return;
    isHealthy = true;
    options.log.info('the database answers again');
    options.onFound();
  };

  const tick = () => {
    silentTicks += 1;
    if (!isAsking && restTicks-- <= 0) void ask();
    if (!isHealthy || silentTicks < REST_TICKS + SILENT_TICKS) return;
    isHealthy = false;
    options.log.error('the database does not answer; requests are answered RETRY_LATER until it does');
    // Where the network forgot the connection no answer would ever come on it.
    void probe.disconnect();
    options.onLost();
  };

  const timer = setInterval(tick, TICK_MS);
  const stop = async () => {
    clearInterval(timer);
    await probe.stop();
  };
  return { isHealthy: () => isHealthy, stop, [Symbol.asyncDispose]: stop };
}

/** Asks on one connection, which is made anew when it was lost. */
function createProbeConnection({
  connection,
  changes,
}: {
  readonly connection: string;
  readonly changes: ChangeChannels;
}) {
  let session: pg.Client | null = null;
  let isStopped = false;

  const disconnect = async () => {
    const last = session;
    session = null;
    changes.detach();
    await last?.end().catch(() => undefined);
  };

  const connect = async () => {
    const made = await openClient(connection, 'lapwing health probe', {
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
    });
    session = made;
    if (isStopped) await disconnect();
    else await changes.attach(made);
    return made;
  };

  /** Never rejects. */
  const ask = async (): Promise<boolean> => {
    try {
      const asked = session ?? (await connect());
      await asked.query('SELECT 1');
      changes.noteAnswer(asked);
      return true;
    } catch (error) {
      void disconnect();
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      return cause instanceof pg.DatabaseError && !NO_ANSWER.test(cause.code ?? '08');
    }
  };

  const stop = () => {
    isStopped = true;
    return disconnect();
  };
  return { ask, disconnect, stop };
}
