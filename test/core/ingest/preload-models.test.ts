import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { MetricEntry } from '../../../src/core/metrics/registry.ts';
import { createDraft } from '../../../src/core/ingest/write-set.ts';
import { WriteLock } from '../../../src/platform/runtime/write-lock.ts';
import { createWarmUp } from '../../../src/core/ingest/preload-models.ts';
import { createLog } from '../../../src/log.ts';

const entryOf = (number: number): MetricEntry => ({
  id: String(number),
  number,
  accountId: 1,
  datasource: 'CUSTOM',
  identity: String(number),
  name: String(number),
  server: '',
  location: '',
  resourceId: null,
  autostackId: null,
  status: 'ACTIVE',
  message: null,
  spec: null,
  modelParams: {},
  periodSeconds: 300,
  lastRowId: 1,
  lastTimestampMs: 0,
  scoredRows: 1,
  scoredToMs: 0,
  readToMs: null,
  collectorErrorDeadlineMs: null,
});

function startWarmUp(fail = false) {
  const held = new Set<number>();
  const asked: number[][] = [];
  const releases: (() => void)[] = [];
  const restoreAhead = async (entries: readonly MetricEntry[]) => {
    asked.push(entries.map(({ number }) => number));
    await new Promise<void>((resolve) => releases.push(resolve));
    if (fail) throw new Error('the database is away');
    return () => {
      for (const { number } of entries) held.add(number);
    };
  };
  const preload = createWarmUp({
    models: { isHeld: (number) => held.has(number), restoreAhead },
    commit: { isPending: () => false, begin: () => Promise.resolve(createDraft(0)) },
    writeLock: new WriteLock(),
    log: createLog('silent'),
  });
  return { preload: preload, held, asked, releases };
}

test('points whose models are in memory, or are none, do not wait', () => {
  const { preload: preload, held } = startWarmUp();
  held.add(1);
  const isNew = { ...entryOf(2), scoredRows: 0 };
  const isUnmonitored: MetricEntry = { ...entryOf(3), status: 'UNMONITORED' };
  const points = [entryOf(1), isNew, isUnmonitored, undefined].map((entry) => ({ entry }));
  expect(preload(points)).toBeNull();
});

test('points of a metric wait for those that came before them, others do not', async () => {
  const { preload: preload, held, asked, releases } = startWarmUp();
  const [cold, warm, other] = [entryOf(1), entryOf(2), entryOf(3)];
  held.add(2).add(3);
  const order: string[] = [];
  let overtaking: Promise<unknown> | null | undefined;
  const first = preload([{ entry: cold }, { entry: warm }])?.then(() => {
    order.push('first');
    // It has not been written yet.
    overtaking = preload([{ entry: warm }])?.then(() => order.push('third'));
  });
  const second = preload([{ entry: warm }])?.then(() => order.push('second'));
  expect(preload([{ entry: other }])).toBeNull();
  await Promise.resolve();
  expect(asked).toEqual([[1]]);
  releases.forEach((release) => release());
  await Promise.all([first, second]);
  await overtaking;
  expect(order).toEqual(['first', 'second', 'third']);
  await setImmediate();
  expect(preload([{ entry: cold }, { entry: warm }])).toBeNull();
});

test('models that several senders wait for are restored together, a bounded number at a time', async () => {
  const { preload: preload, asked, releases } = startWarmUp();
  const entries = Array.from({ length: 150 }, (_, index) => entryOf(index + 1));
  const waits = entries.map((entry) => preload([{ entry }]));
  await Promise.resolve();
  expect(asked.map((numbers) => numbers.length)).toEqual([100]);
  releases[0]?.();
  await setImmediate();
  expect(asked.map((numbers) => numbers.length)).toEqual([100, 50]);
  releases[1]?.();
  for (const wait of waits) await wait;
});

test('what cannot be restored ahead goes on to its turn', async () => {
  const { preload: preload, releases } = startWarmUp(true);
  const wait = preload([{ entry: entryOf(1) }]);
  expect(wait).not.toBeNull();
  await Promise.resolve();
  releases.forEach((release) => release());
  await wait;
  expect(releases).toHaveLength(1);
});
