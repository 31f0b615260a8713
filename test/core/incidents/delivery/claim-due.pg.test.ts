import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { closeChannel } from '../../../../src/core/incidents/delivery/channels.ts';
import { ChannelTurns } from '../../../../src/core/incidents/delivery/channel-turns.ts';
import {
  claimDueMessages,
  type DueMessage,
  readNextDue,
} from '../../../../src/core/incidents/delivery/claim-due.ts';
import {
  deliverMessage,
  type DeliverContext,
} from '../../../../src/core/incidents/delivery/deliver-message.ts';
import { Dispatcher } from '../../../../src/core/incidents/delivery/dispatcher.ts';
import { createLog } from '../../../../src/log.ts';
import { createOutbound } from '../../../../src/platform/outbound/outbound-client.ts';
import { createSeal } from '../../../../src/platform/outbound/sealed-secret.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { withDatabase, type TestDatabase } from '../../../helpers/database.ts';
import { until } from '../../../helpers/until.ts';
import { fc } from '../../../helpers/property.ts';
import { receiveHttp, type Receiver } from '../../notify/receivers.ts';

const NOW = new Date('2026-11-20T12:00:00Z');
const now = () => NOW;
const seal = createSeal(Buffer.alloc(32, 7));

let database: TestDatabase;
/** Of dispatchers in other processes. */
let pools: readonly pg.Pool[];

beforeAll(async () => {
  database = await withDatabase();
  pools = Array.from({ length: 3 }, () => {
    const pool = new pg.Pool({ connectionString: database.connection, max: 3 });
    // Its end does not wait for its connections, which the database may end first when it is dropped.
    return pool.on('error', () => undefined);
  });
});
beforeEach(() =>
  database.pool.query('DELETE FROM notification; DELETE FROM notification_channel; DELETE FROM incident'),
);
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await database[Symbol.asyncDispose]();
});

async function makeChannel(url = 'http://127.0.0.1:1'): Promise<string> {
  const id = randomUUID();
  const config = { kind: 'WEBHOOK', url: `${url}/${id}`, secret: 'sixteen letters!' } as const;
  // As of a rule that was deleted.
  const texts = { subject: null, body: null, timeZone: 'UTC', runbookUrl: null };
  await database.prisma.notificationChannel.create({
    data: { ...closeChannel(id, config, seal), position: 0, texts },
  });
  return id;
}

interface Wanted {
  readonly channelId: string;
  readonly kind: 'START' | 'END';
  /** How long it has been due. */
  readonly dueSeconds: number;
  readonly incidentId?: string;
}

/** @returns their ids, in the order they were written */
async function writeMessages(wanted: readonly Wanted[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { channelId, kind, dueSeconds, incidentId } of wanted) {
    const { rows } = await database.pool.query<{ id: string }>(
      `INSERT INTO notification (kind, rule_name, channel_id, channel_kind, target, incident_count, due_at, give_up_at, created_at)
       VALUES ($1, 'all', $2, 'WEBHOOK', '', 1, $3::timestamptz - make_interval(secs => $4), $3::timestamptz + interval '1 day', $3)
       RETURNING id`,
      [kind, channelId, NOW, dueSeconds],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('nothing was written');
    ids.push(row.id);
    await database.pool.query('INSERT INTO notification_incident VALUES ($1, $2)', [
      row.id,
      incidentId ?? (await makeIncident()),
    ]);
  }
  return ids;
}

async function makeIncident(): Promise<string> {
  const { rows } = await database.pool.query<{ id: string }>(
    `INSERT INTO incident (rule_name, metric_number, metric_name, instance, server, location, datasource, state, started_at,
       last_point_at, last_hot_at, hot_points, score, value, expected, low, high, peak_score, peak_value, peak_at, open)
     VALUES ('all', 1, 'm', 'm', 'm', '', 'CUSTOM', 'FIRING', $1, $1, $1, 1, 1, 1, 1, 1, 1, 1, 1, $1, true) RETURNING id`,
    [NOW],
  );
  return rows[0]?.id ?? '';
}

/** As if the dispatcher had died, and its lease had run out. */
async function expireLease(id: string): Promise<void> {
  await database.pool.query(
    `UPDATE notification SET leased_until = now() - interval '1 millisecond' WHERE id = $1`,
    [id],
  );
}

const claim = async (pool: pg.Pool = database.pool): Promise<readonly string[]> =>
  (await claimDueMessages({ pool, now }, { limit: 50 })).map(({ id }) => id);

const stateOf = async (id: string) =>
  (await database.prisma.notification.findUniqueOrThrow({ where: { id } })).state;

function makeContext(pool: pg.Pool = database.pool): DeliverContext {
  return {
    pool,
    prisma: database.prisma,
    seal,
    outbound: createOutbound({ allowed: 'all' }),
    mailer: null,
    stats: createStats(),
    log: createLog('silent'),
    now,
    turns: new ChannelTurns(),
    onTried: () => undefined,
  };
}

describe('a lane whose message is under way', () => {
  it('gives its next message to nobody until that one is noted, or its lease has run out', async () => {
    await using receiver = await receiveHttp();
    const channelId = await makeChannel(receiver.url);
    const [first = '', second = ''] = await writeMessages([
      { channelId, kind: 'START', dueSeconds: 9 },
      { channelId, kind: 'START', dueSeconds: 5 },
    ]);
    const [due] = await claimDueMessages({ pool: database.pool, now }, { limit: 50 });
    expect(due?.id).toBe(first);
    expect(await claim(pools[0])).toEqual([]);
    await expireLease(first);
    // The one that died comes before those after it.
    const [again] = await claimDueMessages({ pool: database.pool, now }, { limit: 50 });
    expect([again?.id, again?.attempts]).toEqual([first, 2]);
    if (again !== undefined) await deliverMessage(again, makeContext());
    expect(await stateOf(first)).toBe('SENT');
    expect(await claim(pools[0])).toEqual([second]);
  });

  it('is held although its channel was deleted meanwhile: the message is tried by nobody else', async () => {
    const channelId = await makeChannel();
    const [first = '', second = ''] = await writeMessages([
      { channelId, kind: 'START', dueSeconds: 9 },
      { channelId, kind: 'START', dueSeconds: 5 },
    ]);
    expect(await claim()).toEqual([first]);
    await database.pool.query('DELETE FROM notification_channel');
    expect(await claim()).toEqual([second]);
    await expireLease(first);
    expect(await claim()).toEqual([first]);
  });

  it('is not freed by a dispatcher whose lease ran out, and what that one noted does not count', async () => {
    await using receiver = await receiveHttp();
    const channelId = await makeChannel(receiver.url);
    const [first = '', second = ''] = await writeMessages([
      { channelId, kind: 'START', dueSeconds: 9 },
      { channelId, kind: 'START', dueSeconds: 5 },
    ]);
    const [slow] = await claimDueMessages({ pool: database.pool, now }, { limit: 50 });
    await expireLease(first);
    const [quick] = await claimDueMessages({ pool: database.pool, now }, { limit: 50 });
    expect([slow?.id, quick?.id]).toEqual([first, first]);
    if (slow !== undefined) await deliverMessage(slow, makeContext());
    expect(await stateOf(first)).toBe('WAITING');
    expect(await claim()).toEqual([]);
    if (quick !== undefined) await deliverMessage(quick, makeContext());
    expect(await stateOf(first)).toBe('SENT');
    expect(await claim()).toEqual([second]);
  });
});

type Deed = 'send' | 'crash';
interface Plan {
  readonly channels: number;
  readonly messages: readonly { channel: number; dueSeconds: number; isEnd: boolean }[];
  readonly deeds: readonly Deed[];
  readonly limits: readonly number[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  channels: fc.integer({ min: 1, max: 4 }),
  messages: fc.array(
    fc.record({
      channel: fc.nat(3),
      dueSeconds: fc.integer({ min: 0, max: 3 }),
      isEnd: fc.boolean(),
    }),
    { minLength: 1, maxLength: 24 },
  ),
  deeds: fc.array(fc.constantFrom<Deed>('send', 'send', 'send', 'crash'), { minLength: 1, maxLength: 10 }),
  limits: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
});

/** What dispatchers in three processes did. */
class Observer {
  readonly underWay = new Map<string, string>();
  readonly sent: string[] = [];
  readonly begun: { readonly lane: string; readonly id: string }[] = [];
  readonly violations: string[] = [];
  crashes = 0;

  begin({ lane, id }: DueMessage): void {
    const other = this.underWay.get(lane);
    if (other !== undefined) this.violations.push(`${id} began while ${other} was under way`);
    if (this.sent.includes(id)) this.violations.push(`${id} was sent already`);
    this.underWay.set(lane, id);
    this.begun.push({ lane, id });
  }
}

async function work(due: DueMessage, deed: Deed, pool: pg.Pool, seen: Observer): Promise<void> {
  seen.begin(due);
  // As long as a delivery takes others, so that they meet.
  await pool.query('SELECT 1');
  await pool.query('SELECT 1');
  if (deed === 'crash') {
    seen.crashes += 1;
    seen.underWay.delete(due.lane);
    return expireLease(due.id);
  }
  seen.sent.push(due.id);
  seen.underWay.delete(due.lane);
  await pool.query(
    `UPDATE notification SET state = 'SENT', leased_until = NULL WHERE id = $1 AND leased_until = $2`,
    [due.id, due.leased_until],
  );
}

async function isAnyWaiting(): Promise<boolean> {
  return (await database.prisma.notification.count({ where: { state: 'WAITING' } })) > 0;
}

async function runPlan({ channels, messages, deeds, limits }: Plan) {
  const lanes = await Promise.all(Array.from({ length: channels }, () => makeChannel()));
  const wanted: Wanted[] = [];
  for (const { channel, dueSeconds, isEnd } of messages) {
    const channelId = lanes[channel % channels] ?? '';
    const about = { channelId, dueSeconds, incidentId: await makeIncident() };
    // The end is due as early as its start, or earlier: the order of its writing alone would not keep it back.
    if (isEnd) wanted.push({ ...about, kind: 'END', dueSeconds: dueSeconds + 1 });
    wanted.push({ ...about, kind: 'START' });
  }
  const ids = await writeMessages(wanted);
  const seen = new Observer();
  let step = 0;
  const dispatch = async (pool: pg.Pool) => {
    while (await isAnyWaiting()) {
      const limit = limits[step % limits.length] ?? 1;
      const due = await claimDueMessages({ pool, now }, { limit });
      // The last third of the steps no longer crashes, so that each run ends.
      const choose = (): Deed => (step++ > 60 ? 'send' : (deeds[step % deeds.length] ?? 'send'));
      await Promise.all(due.map((one) => work(one, choose(), pool, seen)));
    }
  };
  // Two of each process: what one claims for a lane and what it claims for all of them meet, too.
  await Promise.all(pools.flatMap((pool) => [dispatch(pool), dispatch(pool)]));
  return { wanted, ids, seen };
}

function listOrderFaults(wanted: readonly Wanted[], ids: readonly string[], seen: Observer): string[] {
  const faults: string[] = [];
  const placeOf = new Map(ids.map((id, index) => [id, index]));
  const dueOf = (id: string) => wanted[placeOf.get(id) ?? -1];
  for (const channelId of new Set(wanted.map((one) => one.channelId))) {
    const begun = seen.begun.filter(({ lane }) => lane === channelId).map(({ id }) => id);
    const starts = begun.filter((id, index) => dueOf(id)?.kind === 'START' && begun.indexOf(id) === index);
    const expected = starts.toSorted(
      (a, b) =>
        (dueOf(b)?.dueSeconds ?? 0) - (dueOf(a)?.dueSeconds ?? 0) ||
        (placeOf.get(a) ?? 0) - (placeOf.get(b) ?? 0),
    );
    if (starts.join() !== expected.join()) faults.push(`lane ${channelId} began with ${starts.join()}`);
  }
  for (const [index, { kind, incidentId }] of wanted.entries()) {
    if (kind !== 'END') continue;
    const start = wanted.findIndex((one) => one.kind === 'START' && one.incidentId === incidentId);
    const isAfter = seen.sent.indexOf(ids[start] ?? '') < seen.sent.indexOf(ids[index] ?? '');
    if (!isAfter) faults.push(`the end ${index} was sent before its start`);
  }
  return faults;
}

describe('dispatchers of three processes', () => {
  it('never have two messages of a lane under way, keep its order, and send each message once', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (one) => {
        await database.pool.query('DELETE FROM notification; DELETE FROM notification_channel');
        const { wanted, ids, seen } = await runPlan(one);
        expect(seen.violations).toEqual([]);
        expect(seen.sent.toSorted()).toEqual(ids.toSorted());
        // A message began again only after a crash.
        expect(seen.begun).toHaveLength(ids.length + seen.crashes);
        expect(listOrderFaults(wanted, ids, seen)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it('deliver to each receiver one message at a time, in order', async () => {
    await using receiver = await receiveHttp();
    const lanes = await Promise.all(Array.from({ length: 4 }, () => makeChannel(receiver.url)));
    const wanted = Array.from({ length: 40 }, (_, index): Wanted => {
      const channelId = lanes[index % lanes.length] ?? '';
      return { channelId, kind: 'START', dueSeconds: 0 };
    });
    const ids = await writeMessages(wanted);
    const dispatchers = pools.map((pool) => new Dispatcher(makeContext(pool)));
    while (await isAnyWaiting()) await Promise.all(dispatchers.map((one) => one.deliver()));
    const keysOf = (lane: string, { received }: Receiver) =>
      received.filter(({ path }) => path === `/${lane}`).map(({ headers }) => headers['idempotency-key']);
    for (const lane of lanes) {
      expect(keysOf(lane, receiver)).toEqual(ids.filter((_, index) => wanted[index]?.channelId === lane));
    }
  });
});

describe('receivers that do not answer', () => {
  /** Messages of each receiver; more receivers than are delivered to at once, and of those that failed how many are. */
  const HUNG = { messages: 3, channels: 60, atOnce: 25 };

  // agent-orchestrator#1937, promscale#1419: what hangs takes all there is of a thing that all share.
  it('leave half of the places to others, and are each tried as often as before', async () => {
    const hung = await Promise.all(Array.from({ length: HUNG.channels }, () => makeChannel()));
    const written = await writeMessages(
      hung.flatMap((channelId) =>
        Array.from({ length: HUNG.messages }, (): Wanted => ({ channelId, kind: 'START', dueSeconds: 9 })),
      ),
    );
    const healthy = await makeChannel();
    const writeHealthy = () => writeMessages([{ channelId: healthy, kind: 'START', dueSeconds: 0 }]);
    await writeHealthy();
    const tries: string[] = [];
    const atOnce: number[] = [];
    let isUnderWay = 0;
    const post = async ({ url }: { readonly url: URL }) => {
      const lane = url.pathname.slice(1);
      tries.push(lane);
      if (lane === healthy) return { status: 200, body: '', headers: {} };
      isUnderWay += 1;
      atOnce.push(isUnderWay);
      await setTimeout(20);
      isUnderWay -= 1;
      throw new Error('no answer within 10 s');
    };
    const outbound = { ...createOutbound({ allowed: 'all' }), post };
    const dispatcher = new Dispatcher({ ...makeContext(), outbound });
    expect(await dispatcher.deliver()).toBe(1);
    // It came after one message of each, not after all of theirs. What is begun right behind it may reach its receiver first.
    expect(tries.indexOf(healthy)).toBeLessThanOrEqual(HUNG.channels + HUNG.atOnce);
    expect(tries).toHaveLength(written.length + 1);
    expect(Math.max(...atOnce.slice(2 * HUNG.channels))).toBeLessThanOrEqual(HUNG.atOnce);
    // Now that they are known, it waits for none of them.
    await database.pool.query(`UPDATE notification SET due_at = $1 WHERE state = 'WAITING'`, [NOW]);
    await writeHealthy();
    const before = tries.length;
    expect(await dispatcher.deliver()).toBe(1);
    expect(tries.indexOf(healthy, before) - before).toBeLessThanOrEqual(HUNG.atOnce);
    expect(tries.length - before).toBe(written.length + 1);
    // On a slow machine some have failed before the last of them is begun.
    expect(Math.max(...atOnce.slice(written.length))).toBeLessThanOrEqual(HUNG.atOnce);
    expect(Math.max(...atOnce.slice(written.length))).toBeGreaterThan(1);
  });
});

describe('a dispatcher that is called each second', () => {
  it('asks the database when something may be due, and not before', async () => {
    await using receiver = await receiveHttp();
    const channelId = await makeChannel(receiver.url);
    const clock = { ms: NOW.getTime() };
    const dispatcher = new Dispatcher({ ...makeContext(), now: () => new Date(clock.ms) });
    const connect = vi.spyOn(database.pool, 'connect');
    const questions = () => connect.mock.calls.length;
    await dispatcher.dispatchWhenDue();
    const first = questions();
    expect(first).toBeGreaterThan(0);
    for (let call = 0; call < 100; call += 1) await dispatcher.dispatchWhenDue();
    expect(questions()).toBe(first);
    // Written here: due at once, and in an hour.
    await writeMessages([
      { channelId, kind: 'START', dueSeconds: 0 },
      { channelId, kind: 'START', dueSeconds: -3600 },
    ]);
    dispatcher.lookAgain();
    await dispatcher.dispatchWhenDue();
    await receiver.arrived(1);
    // When the lane is free it looks again, and finds that the next one is due in an hour.
    await until(async () => {
      await dispatcher.dispatchWhenDue();
      expect(await readNextDue(database.pool)).toEqual(new Date(NOW.getTime() + 3_600_000));
    });
    await dispatcher.deliver();
    await dispatcher.dispatchWhenDue();
    const before = questions();
    for (let call = 0; call < 100; call += 1) await dispatcher.dispatchWhenDue();
    expect(questions()).toBe(before);
    clock.ms += 3_600_000;
    dispatcher.lookAgain();
    await dispatcher.dispatchWhenDue();
    await receiver.arrived(2);
    await dispatcher.stop();
  });

  it('finds by itself what comes due, and what another process wrote', async () => {
    await using receiver = await receiveHttp();
    const channelId = await makeChannel(receiver.url);
    await writeMessages([{ channelId, kind: 'START', dueSeconds: -0.2 }]);
    const beganMs = performance.now();
    const elapsed = () => new Date(NOW.getTime() + performance.now() - beganMs);
    const dispatcher = new Dispatcher({ ...makeContext(), now: elapsed }, { maxRestMs: 100 });
    await until(async () => {
      await dispatcher.dispatchWhenDue();
      expect(receiver.received).toHaveLength(1);
    });
    await dispatcher.deliver();
    await dispatcher.dispatchWhenDue();
    // Nobody says that this one is there.
    await writeMessages([{ channelId, kind: 'START', dueSeconds: 0 }]);
    await until(async () => {
      await dispatcher.dispatchWhenDue();
      expect(receiver.received).toHaveLength(2);
    });
    await dispatcher.stop();
  });

  it('looks again at once after the database was away', async () => {
    await using receiver = await receiveHttp();
    const channelId = await makeChannel(receiver.url);
    const dispatcher = new Dispatcher(makeContext());
    await writeMessages([{ channelId, kind: 'START', dueSeconds: 0 }]);
    await database.pool.query('ALTER TABLE notification RENAME TO away');
    await expect(dispatcher.dispatchWhenDue()).rejects.toThrow('notification');
    await database.pool.query('ALTER TABLE away RENAME TO notification');
    await dispatcher.dispatchWhenDue();
    await receiver.arrived(1);
    await dispatcher.stop();
  });
});
