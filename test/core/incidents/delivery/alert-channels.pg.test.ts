import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../../helpers/until.ts';
import { receiveHttp, type Receiver } from '../../notify/receivers.ts';
import { openBench, type Bench } from '../open-incidents.ts';
import { kinds, listIncidents, messagesOf, ruleFor as rule } from '../receiver-rule.ts';

const ROUTING_KEY = 'R0123456789abcdefghijklmnopqrstu';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(() => bench.clear());
afterAll(() => bench[Symbol.asyncDispose]());

interface PagerEvent {
  readonly event_action: string;
  readonly dedup_key: string;
}

describe('a channel that keeps an alert for each incident', () => {
  it('has one for each of a group, which each end with their incident, beside one message for all', async () => {
    await using pager = await receiveHttp();
    await using hook = await receiveHttp();
    await bench.incidents.rules.createRule({
      ...rule(hook),
      channels: [
        ...rule(hook).channels,
        { kind: 'PAGERDUTY', url: `${pager.url}/v2/enqueue`, routingKey: ROUTING_KEY },
      ],
    });
    const metrics = await bench.makeMetrics(3);
    await bench.score(metrics.map((metric) => ({ metric, minute: 1, opens: true })));
    bench.setClock(2);
    await bench.incidents.deliver();
    await bench.score(metrics.slice(0, 2).map((metric) => ({ metric, minute: 2 })));
    bench.setClock(3);
    await bench.incidents.deliver();
    expect(kinds(hook)).toEqual(['START 3', 'END 2']);
    const events = pager.received.map(({ body }) => JSON.parse(body) as PagerEvent);
    const keyOf = ({ id }: { readonly id: string }) => `Incident:${id}`;
    const incidents = await listIncidents(bench);
    const named = (action: string) =>
      events.filter((event) => event.event_action === action).map((event) => event.dedup_key);
    expect(named('trigger').toSorted()).toEqual(incidents.map(keyOf).toSorted());
    const ended = incidents.filter(({ state }) => state === 'ENDED');
    expect(ended).toHaveLength(2);
    expect(named('resolve').toSorted()).toEqual(ended.map(keyOf).toSorted());
    const stored = await bench.database.prisma.notificationChannel.findMany({ where: { kind: 'PAGERDUTY' } });
    expect(JSON.stringify(stored)).not.toContain(ROUTING_KEY);
    expect(stored.map(({ target }) => target)).toEqual([pager.url]);
  });

  const rarer = { opens: true, score: 0.999_999_999 };
  const superseding = [
    ['notified at the same point', 1, false, ['START', 'START']],
    ['to be confirmed, and is not', 2, false, ['START', 'END']],
    ['silenced', 1, true, ['START', 'END']],
  ] as const;
  it.each(superseding)(
    'closes what a far rarer one superseded, which is %s',
    async (_what, confirmPoints, isSilenced, said) => {
      await using pager = await receiveHttp();
      await using hook = await receiveHttp();
      await using slack = await receiveHttp();
      const id = await bench.incidents.rules.createRule({
        ...rule(hook),
        channels: [
          ...rule(hook).channels,
          { kind: 'PAGERDUTY', url: `${pager.url}/v2/enqueue`, routingKey: ROUTING_KEY },
          { kind: 'SLACK', url: `${slack.url}/services/x` },
        ],
      });
      const [metric = 0] = await bench.makeMetrics(1);
      await bench.score([{ metric, minute: 0, opens: true }]);
      bench.setClock(1);
      await bench.incidents.deliver();
      await bench.incidents.rules.updateRule(id, { confirmPoints });
      if (isSilenced) {
        const about = { metricId: null, server: 'm1', seconds: 600, comment: null, by: null };
        await bench.incidents.silences.create(about);
      }
      await bench.score([
        { metric, minute: 1, ...rarer },
        { metric, minute: 2 },
      ]);
      bench.setClock(3);
      await bench.incidents.deliver();
      const [first] = await listIncidents(bench);
      expect(first).toMatchObject({ endReason: 'SUPERSEDED' });
      const events = pager.received.map(({ body }) => JSON.parse(body) as PagerEvent);
      const open = new Set<string>();
      for (const { event_action: action, dedup_key: key } of events) {
        if (action === 'trigger') open.add(key);
        else open.delete(key);
      }
      expect([...open]).toEqual([]);
      const ended = messagesOf(hook).filter(({ kind }) => kind === 'END');
      expect(ended.flatMap(({ incidents }) => incidents.map((one) => one.id))).toContain(
        `Incident:${first?.id}`,
      );
      const texts = slack.received.map(({ body }) => (body.includes('CRITICAL') ? 'START' : 'END'));
      expect(texts.slice(0, 2)).toEqual(said);
    },
  );

  it('is sent nothing before the pause it asks for is over, neither that message nor another', async () => {
    await using hook = await receiveHttp();
    await using other = await receiveHttp();
    await bench.incidents.rules.createRule(rule(hook));
    await bench.incidents.rules.createRule({ ...rule(other), name: 'other' });
    const metrics = await bench.makeMetrics(2);
    const open = (index: number, minute: number) =>
      bench.score(metrics.slice(index, index + 1).map((metric) => ({ metric, minute, opens: true })));
    // Far beyond the 5 s after which a second attempt would come by itself.
    hook.answer(429, { headers: { 'retry-after': '300' } });
    await open(0, 1);
    bench.setClock(2);
    await bench.incidents.deliver();
    hook.answer(200);
    await open(1, 3);
    bench.setClock(6);
    await bench.incidents.deliver();
    expect(kinds(hook)).toEqual([]);
    expect(kinds(other)).toEqual(['START 1', 'START 1']);
    bench.setClock(7.5);
    await bench.incidents.deliver();
    expect(kinds(hook)).toEqual(['START 1', 'START 1']);
  });

  it('is told of the end of an incident only after its start, however long it was away', async () => {
    await using pager = await receiveHttp();
    await bench.incidents.rules.createRule({
      name: 'all',
      recoverySeconds: 0,
      channels: [{ kind: 'OPSGENIE', url: pager.url, apiKey: 'key' }],
    });
    const [metric = 0] = await bench.makeMetrics(1);
    pager.answer(503);
    await bench.score([{ metric, minute: 1, opens: true }]);
    bench.setClock(2);
    await bench.incidents.deliver();
    await bench.score([{ metric, minute: 2 }]);
    bench.setClock(3);
    await bench.incidents.deliver();
    expect(pager.received).toEqual([]);
    pager.answer(200);
    bench.setClock(60);
    await bench.incidents.deliver();
    await bench.incidents.deliver();
    expect(pager.received.map(({ path }) => path.includes('/close'))).toEqual([false, true]);
  });
});

interface Alert {
  readonly labels: { readonly metric: string };
  readonly endsAt: string;
}

describe('an Alertmanager', () => {
  const open = async (receiver: Receiver, ...others: readonly Receiver[]) => {
    await bench.incidents.rules.createRule({
      ...rule(receiver),
      quietSeconds: 0,
      channels: [
        { kind: 'ALERTMANAGER', url: receiver.url },
        ...others.flatMap((other) => rule(other).channels),
      ],
    });
  };
  const saidBy = ({ received }: Receiver) =>
    received
      .flatMap(({ body }) => JSON.parse(body) as Alert[])
      .map(({ labels, endsAt }) => `${labels.metric} ${endsAt.slice(11, 16)}`);

  it('is not told late that an alert is over which fires again, but of the others in that message', async () => {
    await using receiver = await receiveHttp();
    await open(receiver);
    const [again = 0, over = 0] = await bench.makeMetrics(2);
    await bench.score([again, over].map((metric) => ({ metric, minute: 0, opens: true })));
    bench.setClock(1);
    await bench.incidents.deliver();
    receiver.answer(503);
    await bench.score([again, over].map((metric) => ({ metric, minute: 2 })));
    bench.setClock(3);
    await bench.incidents.deliver();
    receiver.answer(200);
    await bench.score([{ metric: again, minute: 3, opens: true }]);
    bench.setClock(60);
    await bench.incidents.deliver();
    expect(saidBy(receiver).slice(2).toSorted()).toEqual(['m1 13:04', 'm2 12:02']);
    const messages = await bench.database.prisma.notification.findMany({ orderBy: { number: 'asc' } });
    expect(messages.map(({ kind, state, subject }) => [kind, state, subject !== null])).toEqual([
      ['START', 'SENT', true],
      ['END', 'SENT', true],
      ['START', 'SENT', true],
    ]);
  });

  it('is told nothing while something is said to it: what is sent again and what is new come in their order', async () => {
    await using receiver = await receiveHttp();
    await using hook = await receiveHttp();
    await open(receiver, hook);
    const [metric = 0] = await bench.makeMetrics(1);
    await bench.score([{ metric, minute: 0, opens: true }]);
    bench.setClock(1);
    await bench.incidents.deliver();
    const release = receiver.hold();
    const resent = bench.incidents.resend();
    await receiver.arrived(2);
    await bench.score([{ metric, minute: 2 }]);
    bench.setClock(3);
    const delivered = bench.incidents.deliver();
    // By then the message for Alertmanager, which was claimed with it, would have come, too.
    const sent = { channelKind: 'WEBHOOK', kind: 'END', state: 'SENT' } as const;
    await until(async () => expect(await bench.database.prisma.notification.count({ where: sent })).toBe(1));
    expect(saidBy(receiver)).toEqual(['m1 12:05', 'm1 12:05']);
    release();
    await Promise.all([resent, delivered]);
    // What is over may have been sent again, too.
    expect([...new Set(saidBy(receiver).slice(2))]).toEqual(['m1 12:02']);
  });
});
