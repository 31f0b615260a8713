/** Silences: nobody is notified of what is silenced, while incidents go on. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { receiveHttp, type Receiver } from '../notify/receivers.ts';
import { openBench, type Bench } from './open-incidents.ts';
import { kinds, listIncidents, messagesOf, ruleFor } from './receiver-rule.ts';

let bench: Bench;
let receiver: Receiver;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  await bench.clear();
  receiver = await receiveHttp();
  await bench.incidents.rules.createRule(ruleFor(receiver));
});
afterEach(() => receiver[Symbol.asyncDispose]());
afterAll(() => bench[Symbol.asyncDispose]());

const deliverAt = (minute: number) => {
  bench.setClock(minute);
  return bench.incidents.deliver();
};
const idOf = (number: number) => bench.engine.registry.byNumber(number)?.id ?? '';
const silence = { metricId: null, server: null, seconds: 600, comment: null, by: null };

describe('a silence', () => {
  it('of a metric keeps the notification of its incidents, and of no others', async () => {
    const [quiet = 0, loud = 0] = await bench.makeMetrics(2);
    await bench.incidents.silences.create({ ...silence, metricId: idOf(quiet) });
    await bench.score([
      { metric: quiet, minute: 1, opens: true },
      { metric: loud, minute: 1, opens: true },
    ]);
    await deliverAt(3);
    expect(kinds(receiver)).toEqual(['START 1']);
    expect(await listIncidents(bench)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ metricName: 'm1', mutedBy: 'SILENCE', state: 'FIRING' }),
        expect.objectContaining({ metricName: 'm2', mutedBy: null, state: 'FIRING' }),
      ]),
    );
  });

  it('of a resource keeps those of every metric of it', async () => {
    const [first = 0, second = 0] = await bench.makeMetrics(2, 'web-1');
    await bench.incidents.silences.create({ ...silence, server: 'web-1' });
    await bench.score([
      { metric: first, minute: 1, opens: true },
      { metric: second, minute: 1, opens: true },
    ]);
    expect(await deliverAt(3)).toBe(0);
  });

  it('that ends lets what still fires be notified at its next point', async () => {
    const [metric = 0] = await bench.makeMetrics(1);
    await bench.incidents.silences.create({ ...silence, metricId: idOf(metric) });
    await bench.score([{ metric, minute: 1, opens: true }]);
    expect(await deliverAt(9)).toBe(0);
    bench.setClock(11);
    await bench.score([{ metric, minute: 11, goesOn: true }]);
    await deliverAt(13);
    expect(kinds(receiver)).toEqual(['START 1']);
  });

  it('that ends notifies nobody of what somebody has acknowledged meanwhile, nor of its end', async () => {
    const metrics = await bench.makeMetrics(2, 'web-1');
    await bench.incidents.silences.create({ ...silence, server: 'web-1' });
    await bench.score(metrics.map((metric) => ({ metric, minute: 1, opens: true })));
    const [mine] = await listIncidents(bench);
    await bench.incidents.receipts.acknowledge([mine?.id ?? ''], 'ada');
    bench.setClock(11);
    await bench.score(metrics.map((metric) => ({ metric, minute: 11, goesOn: true })));
    await deliverAt(13);
    await bench.score(metrics.map((metric) => ({ metric, minute: 14 })));
    await deliverAt(15);
    expect(messagesOf(receiver).flatMap(({ incidents }) => incidents.map(({ id }) => id))).not.toContain(
      `Incident:${mine?.id}`,
    );
    expect(kinds(receiver)).toEqual(['START 1', 'END 1']);
  });

  it('is ended at once by hand', async () => {
    const [metric = 0] = await bench.makeMetrics(1);
    const { id } = await bench.incidents.silences.create({ ...silence, metricId: idOf(metric) });
    bench.setClock(1);
    await bench.incidents.silences.end(id);
    await bench.score([{ metric, minute: 1, opens: true }]);
    await deliverAt(3);
    expect(kinds(receiver)).toEqual(['START 1']);
  });

  it.each([
    [{}, 'input.metricId: expected either metricId or server, got neither'],
    [{ metricId: 'x', server: 'y' }, 'got both'],
    [{ server: 'm1', seconds: 59 }, 'input.seconds: expected 60 to 2592000, got 59'],
    [{ server: 'm1', seconds: 1e9 }, 'input.seconds'],
    [{ server: 'nobody' }, 'input.server: no metric is of the resource "nobody"'],
    [{ metricId: '00000000-0000-4000-8000-000000000000' }, 'input.metricId: no metric has the id'],
    [{ server: 'm1', comment: 'x'.repeat(1001) }, 'input.comment: expected at most 1000 characters'],
    [{ server: 'm1', by: 'x'.repeat(256) }, 'input.by: expected 1 to 255 characters'],
  ])('of %j is refused', async (part, message) => {
    await bench.makeMetrics(1);
    await expect(bench.incidents.silences.create({ ...silence, ...part })).rejects.toThrow(message);
  });
});
