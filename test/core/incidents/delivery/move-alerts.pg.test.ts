import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NewChannel } from '../../../../src/core/incidents/delivery/check-channel.ts';
import { receiveHttp, type Receiver } from '../../notify/receivers.ts';
import { openBench, type Bench } from '../open-incidents.ts';
import { kinds, listIncidents, ruleFor } from '../receiver-rule.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(() => bench.clear());
afterAll(() => bench[Symbol.asyncDispose]());

const pagerOf = ({ url }: Receiver, key = 'R'): NewChannel => {
  return { kind: 'PAGERDUTY', url: `${url}/v2/enqueue`, routingKey: key.repeat(32) };
};
const opsgenieOf = ({ url }: Receiver, apiKey: string): NewChannel => ({ kind: 'OPSGENIE', url, apiKey });

/** `trigger` and `resolve` of PagerDuty, `create` and `close` of Opsgenie, as they came. */
function actions({ received }: Receiver): readonly string[] {
  return received.map(({ path, body }) => {
    if (path.includes('/alerts')) return path.includes('/close') ? 'close' : 'create';
    return (JSON.parse(body) as { readonly event_action: string }).event_action;
  });
}

async function deliverAt(minute: number): Promise<void> {
  bench.setClock(minute);
  await bench.incidents.deliver();
}

/** A rule with these channels, on which one incident fires since noon. */
async function fire(
  channels: readonly NewChannel[],
): Promise<{ readonly id: string; readonly metric: number }> {
  const id = await bench.incidents.rules.createRule({ name: 'all', recoverySeconds: 0, channels });
  const [metric = 0] = await bench.makeMetrics(1);
  await bench.score([{ metric, minute: 0, opens: true }]);
  await deliverAt(1);
  return { id, metric };
}

describe('while an incident fires, a service that keeps alerts', () => {
  it('closes those of a rule it is removed from, and the one that is added opens them', async () => {
    await using before = await receiveHttp();
    await using after = await receiveHttp();
    const { id, metric } = await fire([pagerOf(before)]);
    await bench.incidents.rules.updateRule(id, { channels: [pagerOf(after)] });
    await deliverAt(2);
    expect([actions(before), actions(after)]).toEqual([['trigger', 'resolve'], ['trigger']]);
    await bench.score([{ metric, minute: 2 }]);
    await deliverAt(3);
    expect([actions(before), actions(after)]).toEqual([
      ['trigger', 'resolve'],
      ['trigger', 'resolve'],
    ]);
    await bench.incidents.purge();
    expect(await bench.database.prisma.notificationChannel.count()).toBe(1);
  });

  it.each([
    ['is named once more, with the same key,', false],
    ['is named once more, after another one,', true],
  ])('%s goes on with them', async (_what, other) => {
    await using pager = await receiveHttp();
    await using hook = await receiveHttp();
    const { id, metric } = await fire([pagerOf(pager)]);
    const channels = [...(other ? ruleFor(hook).channels : []), pagerOf(pager)];
    await bench.incidents.rules.updateRule(id, { channels });
    await deliverAt(2);
    expect(actions(pager)).toEqual(['trigger']);
    await bench.score([{ metric, minute: 2 }]);
    await deliverAt(3);
    expect(actions(pager)).toEqual(['trigger', 'resolve']);
  });

  it('is Opsgenie, and has another key: its alias is the same alert, and stays open', async () => {
    await using opsgenie = await receiveHttp();
    const { id, metric } = await fire([opsgenieOf(opsgenie, 'old')]);
    await bench.incidents.rules.updateRule(id, { channels: [opsgenieOf(opsgenie, 'new')] });
    await deliverAt(2);
    expect(actions(opsgenie)).toEqual(['create', 'create']);
    await bench.score([{ metric, minute: 2 }]);
    await deliverAt(3);
    expect(actions(opsgenie)).toEqual(['create', 'create', 'close']);
  });

  it('was away, and is removed: it is sent neither start nor end', async () => {
    await using pager = await receiveHttp();
    pager.answer(503);
    const { id } = await fire([pagerOf(pager)]);
    await bench.incidents.rules.updateRule(id, { channels: [] });
    pager.answer(200);
    await deliverAt(60);
    expect(actions(pager)).toEqual([]);
    expect(
      await bench.database.prisma.notification.findMany({ select: { kind: true, state: true } }),
    ).toEqual([{ kind: 'START', state: 'FAILED' }]);
  });

  it('is not sent ends the rule does not notify of', async () => {
    await using pager = await receiveHttp();
    const { id } = await fire([pagerOf(pager)]);
    await bench.incidents.rules.updateRule(id, { channels: [], notifyEnd: false });
    await deliverAt(2);
    expect(actions(pager)).toEqual(['trigger']);
  });

  it('opens none for what nobody was notified of, or is over', async () => {
    await using hook = await receiveHttp();
    await using pager = await receiveHttp();
    const id = await bench.incidents.rules.createRule({ ...ruleFor(hook), quietSeconds: 3600 });
    const [first = 0, second = 0] = await bench.makeMetrics(2, 'web-1');
    await bench.score([{ metric: first, minute: 0, opens: true }]);
    await deliverAt(1);
    await bench.score([
      { metric: first, minute: 1 },
      { metric: second, minute: 1, opens: true },
    ]);
    const incidents = await listIncidents(bench);
    expect(incidents.map(({ state, mutedBy }) => [state, mutedBy])).toEqual([
      ['ENDED', null],
      ['FIRING', 'QUIET_PERIOD'],
    ]);
    await bench.incidents.rules.updateRule(id, { channels: [...ruleFor(hook).channels, pagerOf(pager)] });
    await deliverAt(2);
    expect(actions(pager)).toEqual([]);
  });
});

describe('a start that was given up and is tried again', () => {
  it.each(['SENT', 'FAILED'] as const)(
    'is followed by the end of its incident, which was %s before',
    async (state) => {
      await using pager = await receiveHttp();
      const { metric } = await fire([pagerOf(pager)]);
      await bench.database.pool.query(`UPDATE notification SET state = 'FAILED'`);
      await bench.score([{ metric, minute: 2 }]);
      await deliverAt(3);
      await bench.database.prisma.notification.updateMany({ where: { kind: 'END' }, data: { state } });
      const before = actions(pager).length;
      const start = await bench.database.prisma.notification.findFirstOrThrow({ where: { kind: 'START' } });
      await bench.incidents.receipts.retryNotification(start.id);
      await deliverAt(4);
      await deliverAt(5);
      expect(actions(pager).slice(before)).toEqual(['trigger', 'resolve']);
    },
  );
});

describe('a message that waits', () => {
  it('reaches a channel that is named again as it was', async () => {
    await using hook = await receiveHttp();
    hook.answer(503);
    const { id } = await fire(ruleFor(hook).channels);
    await bench.incidents.rules.updateRule(id, { name: 'renamed', channels: ruleFor(hook).channels });
    hook.answer(200);
    await deliverAt(5);
    expect(kinds(hook)).toEqual(['START 1']);
  });
});
