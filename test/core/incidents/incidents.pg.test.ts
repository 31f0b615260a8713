import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMailer } from '../../../src/core/notify/email.ts';
import { receiveHttp, receiveMail, type MailReceiver, type Receiver } from '../notify/receivers.ts';
import { NOON_MS, openBench, type Bench } from './open-incidents.ts';
import { kinds, listIncidents, ruleFor as rule, messagesOf } from './receiver-rule.ts';

let bench: Bench;
let mail: MailReceiver;
let receiver: Receiver;
beforeAll(async () => {
  mail = await receiveMail();
  bench = await openBench({ mailer: createMailer({ url: mail.url, from: 'lapwing@example.com' }) });
});
beforeEach(async () => {
  await bench.clear();
  receiver = await receiveHttp();
});
afterEach(() => receiver[Symbol.asyncDispose]());
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  await mail[Symbol.asyncDispose]();
});

/** The clock goes on as far as the messages that gather wait, and then they are delivered. */
async function deliverAt(minute: number) {
  bench.setClock(minute);
  return bench.incidents.deliver();
}

describe('an incident', () => {
  it('is one message for each channel at its start and one at its end, with what was seen when it fired', async () => {
    await using alerts = await receiveHttp();
    await using slack = await receiveHttp();
    await bench.incidents.rules.createRule({
      ...rule(receiver),
      channels: [
        ...rule(receiver).channels,
        { kind: 'ALERTMANAGER', url: alerts.url },
        { kind: 'SLACK', url: `${slack.url}/services/x` },
        { kind: 'EMAIL', to: ['ops@example.com'] },
      ],
    });
    const [metric = 0] = await bench.makeMetrics(1);
    await bench.score([{ metric, minute: 0 }]);
    await bench.score([{ metric, minute: 1, opens: true, value: 50 }]);
    await bench.score([{ metric, minute: 2, goesOn: true, value: 90 }]);
    expect(await deliverAt(2)).toBe(4);
    expect(await deliverAt(3)).toBe(0);
    await bench.score([{ metric, minute: 3 }]);
    expect(await deliverAt(4)).toBe(4);
    expect(await deliverAt(60)).toBe(0);
    expect(kinds(receiver)).toEqual(['START 1', 'END 1']);
    expect(alerts.received).toHaveLength(2);
    expect(slack.received).toHaveLength(2);
    expect(mail.mails.map(({ text }) => /^Subject: (.*)\r$/m.exec(text)?.[1])).toEqual([
      '[Lapwing] CRITICAL: m1: 50 (+400 % vs. expected)',
      '[Lapwing] RESOLVED: m1',
    ]);
    expect(await listIncidents(bench)).toMatchObject([
      {
        state: 'ENDED',
        endReason: 'RECOVERED',
        value: 50,
        expected: 10,
        low: 9,
        high: 11,
        aspect: 'LEVEL',
        hotPoints: 2,
      },
    ]);
  });

  it('waits through an excluded time, however long, and opens in none', async () => {
    await bench.incidents.rules.createRule(rule(receiver));
    const [metric = 0, other = 0] = await bench.makeMetrics(2);
    await bench.score([{ metric, minute: 0, opens: true }]);
    const excluded = { phase: 'EXCLUDED', provisional: true, score: 0.9999899 } as const;
    const minutes = Array.from({ length: 300 }, (_, i) => i + 1);
    await bench.score(
      [metric, other].flatMap((one) => minutes.map((minute) => ({ metric: one, minute, ...excluded }))),
    );
    expect(await listIncidents(bench)).toMatchObject([
      { metricNumber: metric, state: 'FIRING', hotPoints: 1 },
    ]);
    await bench.score([{ metric, minute: 301 }]);
    expect(await listIncidents(bench)).toMatchObject([{ state: 'ENDED', endReason: 'RECOVERED' }]);
  });

  it('is told of once although the receiver was away for an hour, by the same key at every attempt', async () => {
    await bench.incidents.rules.createRule(rule(receiver));
    const [metric = 0] = await bench.makeMetrics(1);
    await bench.score([{ metric, minute: 0, opens: true }]);
    receiver.answer('away');
    for (let minute = 1; minute < 60; minute += 1) await deliverAt(minute);
    receiver.answer(200);
    for (let minute = 60; minute < 75; minute += 1) await deliverAt(minute);
    expect(kinds(receiver)).toEqual(['START 1']);
    const [message] = await bench.database.prisma.notification.findMany();
    expect(message).toMatchObject({ state: 'SENT', lastError: null });
    expect(message?.attempts).toBeGreaterThan(5);
    expect(receiver.received[0]?.headers['idempotency-key']).toBe(message?.id);
  });

  it('is a dead letter after a day of tries, and is sent when it is retried', async () => {
    await bench.incidents.rules.createRule(rule(receiver));
    const [metric = 0] = await bench.makeMetrics(1);
    await bench.score([{ metric, minute: 0, opens: true }]);
    receiver.answer(503);
    await deliverAt(23 * 60);
    const find = () => bench.database.prisma.notification.findFirstOrThrow();
    expect(await find()).toMatchObject({
      state: 'WAITING',
      lastError: expect.stringContaining('503') as string,
    });
    await deliverAt(24 * 60 + 1);
    const { id, state } = await find();
    expect(state).toBe('FAILED');
    expect(await deliverAt(25 * 60)).toBe(0);
    receiver.answer(200);
    await bench.incidents.receipts.retryNotification(id);
    expect(await deliverAt(25 * 60)).toBe(1);
    await expect(bench.incidents.receipts.retryNotification(id)).rejects.toThrow('SENT');
  });

  it('is one message among a thousand that begin at once, which lists twenty and counts them all', async () => {
    await bench.incidents.rules.createRule(rule(receiver));
    const metrics = await bench.makeMetrics(1000);
    await bench.score(metrics.slice(0, 600).map((metric) => ({ metric, minute: 0, opens: true })));
    await bench.score(metrics.slice(600).map((metric) => ({ metric, minute: 0, opens: true })));
    await deliverAt(1);
    expect(kinds(receiver)).toEqual(['START 1000']);
    expect(messagesOf(receiver)[0]?.incidents).toHaveLength(20);
    await bench.score(metrics.map((metric) => ({ metric, minute: 1 })));
    await deliverAt(2);
    expect(kinds(receiver)).toEqual(['START 1000', 'END 1000']);
    expect(await bench.database.prisma.incident.count({ where: { state: 'ENDED' } })).toBe(1000);
  });

  it('is sent in time, though it joined a message of a clock that was an hour ahead and was put right', async () => {
    await bench.incidents.rules.createRule({ ...rule(receiver), quietSeconds: 0 });
    const [first = 0, second = 0] = await bench.makeMetrics(2);
    bench.setClock(60);
    await bench.score([{ metric: first, minute: 60, opens: true }]);
    bench.setClock(0);
    await bench.score([{ metric: second, minute: 0, opens: true }]);
    await deliverAt(1);
    expect(kinds(receiver)).toEqual(['START 2']);
  });

  it('survives a stop before its scores were looked at, and after: it is one', async () => {
    await bench.incidents.rules.createRule(rule(receiver));
    const [metric = 0] = await bench.makeMetrics(1);
    await bench.restart(() => bench.score([{ metric, minute: 0, opens: true }]));
    await bench.restart();
    await bench.score([{ metric, minute: 1, goesOn: true }]);
    await deliverAt(2);
    expect(kinds(receiver)).toEqual(['START 1']);
    expect(await listIncidents(bench)).toMatchObject([{ state: 'FIRING', hotPoints: 2 }]);
  });

  it('is told of again with the same key when the server died before it noted the delivery', async () => {
    await bench.incidents.rules.createRule(rule(receiver));
    const [metric = 0] = await bench.makeMetrics(1);
    await bench.score([{ metric, minute: 0, opens: true }]);
    const before = await bench.database.prisma.notification.findMany({ select: { id: true } });
    // Delivered, and killed before that was noted.
    receiver.answer(200);
    await deliverAt(1);
    await bench.database.pool.query(`UPDATE notification SET state = 'WAITING', sent_at = NULL`);
    await bench.restart();
    await bench.score([{ metric, minute: 1, goesOn: true }]);
    await deliverAt(10);
    const keys = receiver.received.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual([before[0]?.id, before[0]?.id]);
    expect(await listIncidents(bench)).toHaveLength(1);
  });

  it('of a metric that falls silent, is unwatched or deleted does not fire for ever', async () => {
    await bench.incidents.rules.createRule(rule(receiver));
    const [silent = 0, unwatched = 0, deleted = 0] = await bench.makeMetrics(3);
    await bench.score([silent, unwatched, deleted].map((metric) => ({ metric, minute: 0, opens: true })));
    const idOf = (number: number) => bench.engine.registry.byNumber(number)?.id ?? '';
    await bench.engine.monitor.unmonitorMetric(idOf(unwatched));
    await bench.engine.monitor.deleteMetric(idOf(deleted));
    bench.setClock(59);
    await bench.incidents.sweep();
    expect((await listIncidents(bench)).map(({ endReason }) => endReason)).toEqual([
      null,
      'UNMONITORED',
      'METRIC_DELETED',
    ]);
    bench.setClock(61);
    await bench.incidents.sweep();
    await deliverAt(63);
    expect((await listIncidents(bench)).map(({ endReason }) => endReason)[0]).toBe('SILENT');
    expect(kinds(receiver)).toEqual(['START 3', 'END 3']);
  });

  it('goes on firing for Alertmanager: it is told again each minute until it is over', async () => {
    await bench.incidents.rules.createRule({
      ...rule(receiver),
      channels: [{ kind: 'ALERTMANAGER', url: receiver.url }],
    });
    const [metric = 0] = await bench.makeMetrics(1);
    await bench.score([{ metric, minute: 0, opens: true }]);
    await deliverAt(1);
    bench.setClock(2);
    await bench.incidents.resend();
    await bench.score([{ metric, minute: 2 }]);
    await bench.incidents.resend();
    await deliverAt(3);
    interface Alert {
      readonly labels: Record<string, string>;
      readonly startsAt: string;
      readonly endsAt: string;
    }
    const alerts = receiver.received.flatMap(({ body }) => JSON.parse(body) as Alert[]);
    expect(new Set(alerts.map(({ labels, startsAt }) => JSON.stringify([labels, startsAt]))).size).toBe(1);
    expect(alerts.map(({ endsAt }) => endsAt.slice(11, 16))).toEqual(['12:05', '12:06', '12:02']);
  });

  it('is over for Alertmanager for a quarter of an hour, as one that was started anew has forgotten it', async () => {
    const channels = [{ kind: 'ALERTMANAGER' as const, url: receiver.url }];
    await bench.incidents.rules.createRule({ ...rule(receiver), quietSeconds: 0, channels });
    const [ended = 0, again = 0] = await bench.makeMetrics(2);
    await bench.score([ended, again].map((metric) => ({ metric, minute: 0, opens: true })));
    await deliverAt(1);
    await bench.score([ended, again].map((metric) => ({ metric, minute: 2 })));
    interface Alert {
      readonly labels: { readonly metric: string };
      readonly endsAt: string;
    }
    let seen = 0;
    const take = () => {
      const since = receiver.received.slice(seen);
      seen = receiver.received.length;
      return since
        .flatMap(({ body }) => JSON.parse(body) as Alert[])
        .map(({ labels, endsAt }) => `${labels.metric} ${endsAt.slice(11, 16)}`)
        .toSorted();
    };
    // The end was not sent so far: its message comes first.
    await bench.incidents.resend();
    expect(take()).toEqual(['m1 12:05', 'm2 12:05']);
    await deliverAt(3);
    expect(take()).toEqual(['m1 12:02', 'm2 12:02']);
    bench.setClock(4);
    await bench.incidents.resend();
    expect(take()).toEqual(['m1 12:02', 'm2 12:02']);
    // Alertmanager knows both incidents of m2 by the same labels: the end of the first would be that of the second.
    await bench.score([{ metric: again, minute: 5, opens: true }]);
    await deliverAt(6);
    expect(take()).toEqual(['m2 12:10']);
    bench.setClock(17);
    await bench.incidents.resend();
    expect(take()).toEqual(['m1 12:02', 'm2 12:21']);
    bench.setClock(19);
    await bench.incidents.resend();
    expect(take()).toEqual(['m2 12:23']);
  });
});

describe('an incident of points whose clock is ahead', () => {
  it('does not end before it began, whatever ends it', async () => {
    await bench.incidents.rules.createRule(rule(receiver));
    const [a = 0, b = 0, c = 0] = await bench.makeMetrics(3);
    await bench.score([a, b, c].map((metric) => ({ metric, minute: 14, opens: true })));
    bench.setClock(1);
    await bench.database.pool.query(`UPDATE metric SET status = 'UNMONITORED' WHERE number = $1`, [a]);
    await bench.database.pool.query('DELETE FROM metric WHERE number = $1', [b]);
    await bench.engine.registry.load();
    await bench.incidents.sweep();
    const [rule1] = await bench.database.prisma.notificationRule.findMany();
    await bench.incidents.rules.deleteRule(rule1?.id ?? '');
    await bench.incidents.sweep();
    const { rows } = await bench.database.pool.query<{ lasted: number }>(
      'SELECT extract(epoch FROM ended_at - started_at)::float8 AS lasted FROM incident',
    );
    expect(rows).toEqual([{ lasted: 0 }, { lasted: 0 }, { lasted: 0 }]);
  });

  it('is over once its metric is silent, though one point lies a day ahead', async () => {
    await bench.incidents.rules.createRule(rule(receiver));
    const [metric = 0] = await bench.makeMetrics(1);
    await bench.score([{ metric, minute: 0, opens: true }]);
    const entry = bench.engine.registry.byNumber(metric);
    if (entry === undefined) throw new Error('the metric is there');
    entry.scoredToMs = NOON_MS;
    entry.lastTimestampMs = NOON_MS + 23 * 3_600_000;
    bench.setClock(59);
    await bench.incidents.sweep();
    expect(await listIncidents(bench)).toMatchObject([{ endReason: null }]);
    bench.setClock(61);
    await bench.incidents.sweep();
    expect(await listIncidents(bench)).toMatchObject([{ endReason: 'SILENT' }]);
  });
});

describe('nobody is told', () => {
  const open = async (minute: number, clock: number, change: object = {}) => {
    await bench.incidents.rules.createRule({ ...rule(receiver), ...change });
    const [metric = 0] = await bench.makeMetrics(1);
    bench.setClock(clock);
    await bench.score([{ metric, minute, opens: true }]);
    await deliverAt(clock + 1);
    return metric;
  };

  it('of history that is read late, but of what goes on in the present', async () => {
    const metric = await open(0, 61);
    expect(kinds(receiver)).toEqual([]);
    expect(await listIncidents(bench)).toMatchObject([{ state: 'FIRING', mutedBy: 'STALE' }]);
    await bench.score([{ metric, minute: 30, goesOn: true }]);
    await deliverAt(64);
    expect(kinds(receiver)).toEqual(['START 1']);
  });

  it('in a maintenance window', async () => {
    const window = { start: '2026-11-20T11:00:00Z', end: '2026-11-20T13:00:00Z' };
    await open(0, 0, { maintenanceWindows: [window] });
    expect(kinds(receiver)).toEqual([]);
    expect(await listIncidents(bench)).toMatchObject([{ mutedBy: 'MAINTENANCE' }]);
  });

  it('twice of one server within the quiet period, whichever metric it is', async () => {
    await bench.incidents.rules.createRule({ ...rule(receiver), notifyEnd: false });
    const [first = 0, second = 0] = await bench.makeMetrics(2, 'web-1');
    const happen = async (metric: number, minute: number) => {
      bench.setClock(minute);
      await bench.score([{ metric, minute, opens: true }]);
      await bench.score([{ metric, minute: minute + 1 }]);
      await deliverAt(minute + 1);
    };
    await happen(first, 0);
    await happen(second, 30);
    expect(kinds(receiver)).toEqual(['START 1']);
    await happen(first, 61);
    expect(kinds(receiver)).toEqual(['START 1', 'START 1']);
    expect((await listIncidents(bench)).map(({ mutedBy }) => mutedBy)).toEqual([null, 'QUIET_PERIOD', null]);
  });

  it('of one account because of a server of another that has the same name', async () => {
    await bench.incidents.rules.createRule({ ...rule(receiver), notifyEnd: false });
    const [first = 0, second = 0] = await bench.makeMetrics(2, 'web-1');
    const { pool } = bench.database;
    const { rows } = await pool.query<{ id: number }>(
      `INSERT INTO account (name) VALUES ('team-quiet') RETURNING id`,
    );
    await pool.query('UPDATE metric SET account_id = $1 WHERE number = $2', [rows[0]?.id, second]);
    await bench.engine.registry.load();
    for (const [metric, minute] of [
      [first, 0],
      [second, 30],
      [second, 35],
      [first, 40],
    ] as const) {
      bench.setClock(minute);
      await bench.score([{ metric, minute, opens: true }]);
      await bench.score([{ metric, minute: minute + 1 }]);
      await deliverAt(minute + 1);
    }
    expect(kinds(receiver)).toEqual(['START 1', 'START 1']);
    expect((await listIncidents(bench)).map(({ mutedBy }) => mutedBy)).toEqual([
      null,
      null,
      'QUIET_PERIOD',
      'QUIET_PERIOD',
    ]);
  });

  it('of provisional scores, of the wrong direction, of small deviations, of other metrics', async () => {
    const { createRule } = bench.incidents.rules;
    const [a = 0, b = 0] = await bench.makeMetrics(2);
    await createRule({ ...rule(receiver), name: 'below', direction: 'BELOW' });
    await createRule({ ...rule(receiver), name: 'far', minDeviation: 1000 });
    await createRule({ ...rule(receiver), name: 'relative', minDeviationRatio: 50 });
    await createRule({ ...rule(receiver), name: 'other', scope: { namePattern: 'm?2' } });
    await createRule({ ...rule(receiver), name: 'rare', sensitivity: 0.999_999_9 });
    await createRule({ ...rule(receiver), name: 'learned', scope: { servers: ['m2'] } });
    await bench.score([
      { metric: a, minute: 0, opens: true },
      { metric: b, minute: 0, opens: true, provisional: true },
    ]);
    expect((await listIncidents(bench)).map(({ ruleName }) => ruleName)).toEqual([]);
  });
});

describe('old messages', () => {
  it('row 68: one of 31 days is gone, a younger one is kept', async () => {
    await bench.incidents.rules.createRule(rule(receiver));
    const [a = 0, b = 0] = await bench.makeMetrics(2);
    await bench.score([{ metric: a, minute: 0, opens: true }]);
    await deliverAt(1);
    bench.setClock(2 * 24 * 60);
    await bench.score([{ metric: b, minute: 2 * 24 * 60, opens: true }]);
    bench.setClock(31 * 24 * 60);
    await bench.incidents.purge();
    const left = await bench.database.prisma.notification.findMany({
      select: { incidents: { select: { incident: true } } },
    });
    expect(left.map(({ incidents }) => incidents.map(({ incident }) => incident.metricName))).toEqual([
      ['m2'],
    ]);
  });
});
