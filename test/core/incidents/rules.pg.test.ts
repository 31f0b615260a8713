import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMailer } from '../../../src/core/notify/email.ts';
import { receiveHttp, type Receiver } from '../notify/receivers.ts';
import { openBench, type Bench } from './open-incidents.ts';
import { kinds, listIncidents, ruleFor as rule, messagesOf } from './receiver-rule.ts';

let bench: Bench;
let receiver: Receiver;
beforeAll(async () => {
  // No mail is sent here, but rules may ask for it.
  bench = await openBench({
    mailer: createMailer({ url: 'smtp://127.0.0.1:1', from: 'lapwing@example.com' }),
  });
});
beforeEach(async () => {
  await bench.clear();
  receiver = await receiveHttp();
});
afterEach(() => receiver[Symbol.asyncDispose]());
afterAll(() => bench[Symbol.asyncDispose]());

/** The clock goes on as far as the messages that gather wait, and then they are delivered. */
async function deliverAt(minute: number) {
  bench.setClock(minute);
  return bench.incidents.deliver();
}

describe('a rule', () => {
  it('that is changed by many and deleted is as one of them left it, or gone', async () => {
    const { createRule, updateRule, deleteRule } = bench.incidents.rules;
    const id = await createRule(rule(receiver));
    const channel = (index: number) =>
      ({ kind: 'WEBHOOK', url: `${receiver.url}/${index}`, secret: 'sixteen letters!' }) as const;
    const change = (index: number) =>
      updateRule(id, { name: `rule ${index}`, channels: [channel(index), channel(index + 100)] });
    await Promise.all(Array.from({ length: 12 }, (_, index) => change(index)));
    const { prisma } = bench.database;
    const channels = await prisma.notificationChannel.findMany({ where: { ruleId: id } });
    expect(channels).toHaveLength(2);

    const asked = [...Array.from({ length: 6 }, (_, index) => change(index)), deleteRule(id)];
    asked.push(...Array.from({ length: 6 }, (_, index) => change(index)), deleteRule(id));
    const outcomes = await Promise.allSettled(asked);
    const failed = outcomes.filter(({ status }) => status === 'rejected');
    expect(failed).toHaveLength(7);
    for (const outcome of failed) expect(outcome).toMatchObject({ reason: { code: 'NOT_FOUND' } });
    expect(await prisma.notificationRule.count({ where: { id } })).toBe(0);
  });

  it('row 67: is changed field by field, and keeps its channels with their secrets', async () => {
    const { createRule, updateRule, testRule } = bench.incidents.rules;
    const id = await createRule(rule(receiver));
    const find = () =>
      bench.database.prisma.notificationRule.findUniqueOrThrow({
        where: { id },
        include: { channels: true },
      });
    const made = await find();
    expect(made).toMatchObject({ quietSeconds: 3600, sensitivity: 0.999_99 });
    await updateRule(id, { quietSeconds: 3601, sensitivity: 0.999_999 });
    expect(await find()).toMatchObject({ name: 'all', quietSeconds: 3601, sensitivity: 0.999_999 });
    const [channel] = made.channels;
    await updateRule(id, {
      channels: [
        { kind: 'SLACK', url: receiver.url },
        { kind: 'KEEP', id: channel?.id ?? '' },
      ],
    });
    expect((await testRule(id)).map(({ problem }) => problem)).toEqual([null, null]);
    const signatures = receiver.received.map(({ headers }) => headers['lapwing-signature']);
    expect(signatures.filter((signature) => signature !== undefined)).toHaveLength(1);
    expect((await find()).channels.find(({ id: kept }) => kept === channel?.id)?.position).toBe(1);
  });

  it('is refused by the name of the field that is wrong, and nothing of it is stored', async () => {
    const { createRule } = bench.incidents.rules;
    const good = rule(receiver);
    const withCredentials = (credentials: object) => ({
      channels: [{ kind: 'ALERTMANAGER', url: 'https://x.example', ...credentials }],
    });
    const bad: readonly [object, RegExp][] = [
      [{ name: '' }, /^name: /],
      [{ sensitivity: 1 }, /^sensitivity: expected above 0 and below 1, got 1/],
      [{ anomalyRatePercent: 0 }, /^anomalyRatePercent: expected above 0 and at most 100, got 0/],
      [{ anomalyRatePercent: 100.1 }, /^anomalyRatePercent: expected above 0 and at most 100, got 100\.1/],
      [{ outlierTolerance: 0 }, /^outlierTolerance: expected above 0 and at most 1000000, got 0/],
      [{ outlierMinShare: 1.01 }, /^outlierMinShare: expected above 0 and at most 1, got 1\.01/],
      [{ outlierSeconds: 299 }, /^outlierSeconds: expected 300 to 604800, got 299/],
      [{ minDeviation: -1 }, /^minDeviation: expected 0 or more, got -1/],
      [{ minDeviation: Number.MAX_VALUE }, /^minDeviation: expected 0 to 1e\+300, got 1.79/],
      [{ minDeviationRatio: 1.7976931348623155e308 }, /^minDeviationRatio: expected 0 to 1e\+300, got 1.79/],
      [{ confirmPoints: 0 }, /^confirmPoints: expected 1 to 1000, got 0/],
      [{ subject: '{nonsense}' }, /^subject: \{nonsense\} is none of instance, metric/],
      [
        { subject: 'Odd: {metric.name' },
        /^subject: a brace belongs to no variable in "Odd: \{metric.name"; /,
      ],
      [{ timeZone: 'Mars/Base' }, /^timeZone: .*"Mars\/Base"/],
      [{ runbookUrl: 'javascript:alert(1)' }, /^runbookUrl: expected an http or https URL, got "javascript:/],
      [{ runbookUrl: 'wiki/cpu' }, /^runbookUrl: expected an http or https URL, got "wiki\/cpu"/],
      [{ runbookUrl: `https://x.example/${'a'.repeat(2048)}` }, /^runbookUrl: expected at most 2048/],
      [{ scope: { namePattern: 'a\\' } }, /^scope\.namePattern: /],
      [
        { scope: { metricIds: ['7f7d3c5e-2f5b-4a57-9a30-6a4a6f1f6a01'] } },
        /no metric has the id Metric:7f7d/,
      ],
      [{ maintenanceWindows: [{ start: 'x', end: 'y' }] }, /^maintenanceWindows\.0\.once\.end: /],
      [{ channels: [{ kind: 'WEBHOOK', url: 'https://x.example', secret: 'short' }] }, /secret: .*got 5/],
      [{ channels: [{ kind: 'SLACK', url: 'no url' }] }, /^channels\.0\.slack\.url: /],
      [
        { channels: [{ kind: 'PAGERDUTY', url: 'https://x.example', routingKey: 'short' }] },
        /^channels\.0\.pagerduty\.routingKey: expected the 32 characters/,
      ],
      [
        { channels: [{ kind: 'OPSGENIE', url: 'https://x.example', apiKey: 'a\r\nb: c' }] },
        /^channels\.0\.opsgenie\.apiKey: /,
      ],
      [
        { channels: [{ kind: 'TELEGRAM', url: 'https://x.example', botToken: '../x', chatId: '1' }] },
        /^channels\.0\.telegram\.botToken: /,
      ],
      [
        {
          channels: [
            { kind: 'TELEGRAM', url: 'https://x.example', botToken: `1:${'a'.repeat(35)}`, chatId: 'me' },
          ],
        },
        /^channels\.0\.telegram\.chatId: expected a number such as/,
      ],
      [
        { channels: [{ kind: 'NTFY', url: 'https://x.example', topic: 'a/b', token: null }] },
        /^channels\.0\.ntfy\.topic: /,
      ],
      [
        { channels: [{ kind: 'NTFY', url: 'https://x.example/alerts/', topic: 'alerts', token: null }] },
        /^channels\.0\.ntfy\.url: expected the server without the topic/,
      ],
      [{ channels: [{ kind: 'EMAIL', to: ['ops@ex\u0000ample.com'] }] }, /email\.to\.0: /],
      [{ channels: [{ kind: 'TEAMS', url: 'file:///etc/passwd' }] }, /^channels\.0\.teams\.url: /],
      [{ channels: [{ kind: 'DISCORD', url: 'x' }] }, /^channels\.0\.discord\.url: /],
      [{ channels: [{ kind: 'KEEP', id: 'x' }] }, /^channels\.0\.keep: /],
      [{ channels: [{ kind: 'EMAIL', to: ['a@b.c\r\nBcc: x@y.z'] }] }, /email\.to\.0: /],
      [withCredentials({ username: 'a:b', password: 'p' }), /^channels\.0\.alertmanager\.username: expected/],
      [withCredentials({ username: 'a' }), /^channels\.0\.alertmanager\.password: expected/],
      [withCredentials({ password: 'p' }), /^channels\.0\.alertmanager\.username: expected/],
      [
        withCredentials({ username: 'a', password: 'p', token: 't' }),
        /^channels\.0\.alertmanager\.token: expected/,
      ],
      [withCredentials({ token: 'a b' }), /^channels\.0\.alertmanager\.token: expected/],
    ];
    for (const [change, message] of bad) {
      await expect(createRule({ ...good, ...change })).rejects.toThrow(message);
    }
    await createRule(good);
    await expect(createRule(good)).rejects.toThrow('there is a notification rule named "all" already');
    expect(await bench.database.prisma.notificationRule.count()).toBe(1);
  });

  it('that is switched off, or deleted, ends its incidents, and tells whom it had told of their start', async () => {
    const { createRule, updateRule, deleteRule } = bench.incidents.rules;
    await using deaf = await receiveHttp();
    const off = await createRule({ ...rule(receiver), name: 'off', scope: { namePattern: 'm1' } });
    const gone = await createRule({ ...rule(receiver), name: 'gone', scope: { namePattern: 'm2' } });
    await createRule({ ...rule(receiver), name: 'kept', scope: { namePattern: 'm3' } });
    const quiet = await createRule({ ...rule(deaf), name: 'quiet', notifyEnd: false });
    const metrics = await bench.makeMetrics(3);
    await bench.score(metrics.map((metric) => ({ metric, minute: 0, opens: true })));
    await deliverAt(1);
    expect(kinds(receiver)).toEqual(['START 1', 'START 1', 'START 1']);
    await updateRule(off, { enabled: false });
    await deleteRule(gone);
    await deleteRule(quiet);
    await bench.incidents.sweep();
    await deliverAt(2);
    const ends = messagesOf(receiver).filter(({ kind }) => kind === 'END');
    expect(ends.map(({ rule: { name } }) => name).toSorted()).toEqual(['gone', 'off']);
    expect(ends.find(({ rule: { name } }) => name === 'gone')?.rule.id).toBeNull();
    expect(kinds(deaf)).toEqual(['START 3']);
    const open = (await listIncidents(bench)).filter(({ state }) => state !== 'ENDED');
    expect(open.map(({ ruleName }) => ruleName)).toEqual(['kept']);
  });

  it('that is deleted leaves nothing of its channels once its last message has arrived', async () => {
    const id = await bench.incidents.rules.createRule({
      ...rule(receiver),
      subject: '{rule} {state}',
    });
    const [metric = 0] = await bench.makeMetrics(1);
    await bench.score([{ metric, minute: 0, opens: true }]);
    receiver.answer('away');
    await deliverAt(1);
    await bench.incidents.rules.deleteRule(id);
    await bench.incidents.purge();
    expect(await bench.database.prisma.notificationChannel.count()).toBe(1);
    receiver.answer(200);
    await deliverAt(10);
    expect(messagesOf(receiver).map(({ subject }) => subject)).toEqual(['all STARTED', 'all ENDED']);
    await bench.incidents.purge();
    expect(await bench.database.prisma.notificationChannel.count()).toBe(0);
    expect(await bench.database.prisma.notification.count({ where: { state: 'SENT' } })).toBe(2);
  });

  it('that was deleted is given up after an hour by who cannot be reached', async () => {
    const id = await bench.incidents.rules.createRule(rule(receiver));
    const [metric = 0] = await bench.makeMetrics(1);
    await bench.score([{ metric, minute: 0, opens: true }]);
    receiver.answer(500);
    await deliverAt(1);
    await bench.incidents.rules.deleteRule(id);
    await deliverAt(62);
    expect(
      await bench.database.prisma.notification.findMany({
        select: { kind: true, state: true },
        orderBy: { number: 'asc' },
      }),
    ).toEqual([
      { kind: 'START', state: 'FAILED' },
      { kind: 'END', state: 'FAILED' },
    ]);
  });
});

describe('a receiver', () => {
  it('that never answers keeps nobody waiting but itself', async () => {
    const { createRule } = bench.incidents.rules;
    const [metric = 0] = await bench.makeMetrics(1);
    await using stuck = await receiveHttp();
    stuck.answer('never');
    const channels = Array.from({ length: 10 }, () => rule(stuck).channels).flat();
    for (const name of ['a', 'b', 'c']) await createRule({ ...rule(stuck), name, channels });
    await createRule({ ...rule(receiver), name: 'd' });
    await bench.score([{ metric, minute: 0, opens: true }]);
    bench.setClock(1);
    // Thirty conversations hang, and the thirty-first arrives.
    const delivered = bench.incidents.deliver();
    await receiver.arrived(1);
    await bench.score([{ metric, minute: 1 }]);
    bench.setClock(2);
    const second = bench.incidents.deliver();
    await receiver.arrived(2);
    expect(kinds(receiver)).toEqual(['START 1', 'END 1']);
    stuck.disconnect();
    await Promise.all([delivered, second]);
    expect(kinds(stuck)).toEqual([]);
  });
});
