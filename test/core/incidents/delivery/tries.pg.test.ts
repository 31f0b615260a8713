/** When a message that cannot be delivered is tried again, given up and asked for again; with a clock set by hand. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Dispatcher } from '../../../../src/core/incidents/delivery/dispatcher.ts';
import { ChannelTurns } from '../../../../src/core/incidents/delivery/channel-turns.ts';
import { createLog } from '../../../../src/log.ts';
import { createOutbound } from '../../../../src/platform/outbound/outbound-client.ts';
import { createSeal } from '../../../../src/platform/outbound/sealed-secret.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { receiveHttp, type Receiver } from '../../notify/receivers.ts';
import { NOON_MS, openBench, type Bench } from '../open-incidents.ts';
import { kinds, ruleFor } from '../receiver-rule.ts';

const HOUR_MS = 3_600_000;
let bench: Bench;
let receiver: Receiver;
let nowMs = NOON_MS;
beforeAll(async () => {
  bench = await openBench();
  receiver = await receiveHttp();
});
beforeEach(async () => {
  await bench.clear();
  nowMs = NOON_MS;
  receiver.answer(200);
});
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
});

/** @param random in [0, 1) */
function openDispatcher(random = 0) {
  const stats = createStats();
  const tried: string[] = [];
  const dispatcher = new Dispatcher({
    ...bench.engine,
    pool: bench.database.pool,
    prisma: bench.database.prisma,
    seal: createSeal(Buffer.alloc(32, 7)),
    outbound: createOutbound({ allowed: 'all' }),
    mailer: null,
    log: createLog('silent'),
    stats,
    now: () => new Date(nowMs),
    turns: new ChannelTurns(),
    onTried: (id) => tried.push(id),
    random: () => random,
  });
  return {
    dispatcher,
    tried,
    count: (name: string) => stats.snapshot().find((reading) => reading.name === name)?.value,
  };
}

const findMessage = () => bench.database.prisma.notification.findFirstOrThrow();

/** One message waits for the receiver. @returns the id of its rule */
async function writeMessage(): Promise<string> {
  const rule = await bench.incidents.rules.createRule(ruleFor(receiver));
  const [metric = 0] = await bench.makeMetrics(1);
  await bench.score([{ metric, minute: 0, opens: true }]);
  return rule;
}

/** Tries once, when it is due. @returns how long it waits then, in seconds */
async function tryOnce(dispatcher: Dispatcher): Promise<number> {
  nowMs = (await findMessage()).dueAt.getTime();
  await dispatcher.deliver();
  return ((await findMessage()).dueAt.getTime() - nowMs) / 1000;
}

describe('A message', () => {
  it('waits five seconds for others, and is delivered then', async () => {
    await writeMessage();
    const { dispatcher } = openDispatcher();
    nowMs = NOON_MS + 4_999;
    expect(await dispatcher.deliver()).toBe(0);
    nowMs = NOON_MS + 5_000;
    const before = kinds(receiver).length;
    expect(await dispatcher.deliver()).toBe(1);
    expect(kinds(receiver).slice(before)).toEqual(['START 1']);
    expect(await findMessage()).toMatchObject({
      state: 'SENT',
      attempts: 1,
      sentAt: new Date(nowMs),
      lastError: null,
    });
  });

  it.each([
    [0, [2.5, 5, 10, 20, 40, 80, 160, 300, 300]],
    [0.5, [3.75, 7.5, 15]],
  ])(
    'that is refused is tried after twice as long each time, ten minutes at most: of %d of it',
    async (random, pauses) => {
      await writeMessage();
      receiver.answer(500);
      const { dispatcher, tried } = openDispatcher(random);
      const found: number[] = [];
      while (found.length < pauses.length) found.push(await tryOnce(dispatcher));
      expect(found).toEqual(pauses);
      expect(tried).toHaveLength(pauses.length);
      const { lastError, attempts } = await findMessage();
      expect(attempts).toBe(pauses.length);
      expect(lastError).toMatch(/answered 500$/);
    },
  );

  it('is not tried before it is due', async () => {
    await writeMessage();
    receiver.answer(500);
    const { dispatcher, tried } = openDispatcher();
    await tryOnce(dispatcher);
    nowMs += 2_499;
    await dispatcher.deliver();
    expect(tried).toHaveLength(1);
  });

  it.each([
    ['429', 429, { headers: { 'retry-after': '120' } }, 120],
    ['503, longer than is waited at most', 503, { headers: { 'retry-after': '7200' } }, 600],
    ['429, shorter than is waited anyway', 429, { headers: { 'retry-after': '1' } }, 2.5],
    ['400, which asks for nothing', 400, { headers: { 'retry-after': '120' } }, 2.5],
  ] as const)('waits as long as the receiver asks for, by %s', async (_what, status, more, seconds) => {
    await writeMessage();
    receiver.answer(status, more);
    // The pause is held against the clock of the receiver's answer: a second more or less.
    expect(await tryOnce(openDispatcher().dispatcher)).toBeCloseTo(seconds, 0);
  });

  it('is given up by the first try a day after it was written, and not before', async () => {
    await writeMessage();
    receiver.answer('away');
    const { dispatcher, count } = openDispatcher();
    nowMs = NOON_MS + 24 * HOUR_MS - 1;
    await dispatcher.deliver();
    expect(await findMessage()).toMatchObject({ state: 'WAITING' });
    await tryOnce(dispatcher);
    expect(await findMessage()).toMatchObject({ state: 'FAILED', attempts: 2 });
    receiver.answer(200);
    nowMs += 48 * HOUR_MS;
    expect(await dispatcher.deliver()).toBe(0);
    expect([count('notifications_failed'), count('notifications_given_up')]).toEqual([1, 1]);
  });

  it('that was given up is tried for another day when it is asked for', async () => {
    await writeMessage();
    receiver.answer('away');
    const { dispatcher } = openDispatcher();
    nowMs = NOON_MS + 25 * HOUR_MS;
    await dispatcher.deliver();
    const { id } = await findMessage();
    bench.setClock(26 * 60);
    await bench.incidents.receipts.retryNotification(id);
    nowMs = NOON_MS + 26 * HOUR_MS;
    expect(await findMessage()).toMatchObject({
      state: 'WAITING',
      attempts: 0,
      giveUpAt: new Date(nowMs + 24 * HOUR_MS),
    });
    receiver.answer(200);
    expect(await dispatcher.deliver()).toBe(1);
    await expect(bench.incidents.receipts.retryNotification(id)).rejects.toThrow('this one is SENT');
  });

  it('whose channel was removed is given up at once, and cannot be asked for again', async () => {
    const rule = await writeMessage();
    await bench.incidents.rules.updateRule(rule, { channels: [] });
    const { dispatcher } = openDispatcher();
    nowMs = NOON_MS + 5_000;
    await dispatcher.deliver();
    const { id, state, lastError } = await findMessage();
    expect([state, lastError]).toEqual(['FAILED', 'the channel was removed from its rule']);
    await expect(bench.incidents.receipts.retryNotification(id)).rejects.toThrow(
      'whose channel is still there',
    );
  });

  it('of a channel that was sealed with another key waits, and says so', async () => {
    await writeMessage();
    const { dispatcher } = openDispatcher();
    await bench.database.pool.query(`UPDATE notification_channel SET sealed = '\\x00'`);
    await tryOnce(dispatcher);
    const { state, lastError } = await findMessage();
    expect(state).toBe('WAITING');
    expect(lastError).not.toBeNull();
  });
});
