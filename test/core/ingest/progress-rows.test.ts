import { expect, test } from 'vitest';
import { createDraft, type Draft } from '../../../src/core/ingest/write-set.ts';
import { createProgressRows, readProgress } from '../../../src/core/ingest/progress-rows.ts';
import type { MetricEntry } from '../../../src/core/metrics/registry.ts';

const makeEntry = (number: number): MetricEntry => ({
  id: `metric ${number}`,
  number,
  accountId: 1,
  datasource: 'CUSTOM',
  identity: `metric ${number}`,
  name: `metric ${number}`,
  server: '',
  location: '',
  resourceId: null,
  autostackId: null,
  status: 'ACTIVE',
  message: null,
  spec: null,
  modelParams: {},
  periodSeconds: 60,
  lastRowId: 1,
  lastTimestampMs: 1000,
  scoredRows: 1,
  scoredToMs: 1000,
  readToMs: null,
  collectorErrorDeadlineMs: null,
});

function setUp(count: number) {
  const clock = { ms: 0 };
  const entries = new Map(Array.from({ length: count }, (_, number) => [number, makeEntry(number)]));
  const rows = createProgressRows({
    registry: { byNumber: (number) => entries.get(number) },
    now: () => clock.ms,
  });
  const numbers = (draft: Draft) => rows.choose(draft).map(({ metricNumber }) => metricNumber);
  return { clock, entries, rows, numbers };
}

/** One more scored sample of each. */
function draftScored(entries: Iterable<MetricEntry>): Draft {
  const draft = createDraft(0);
  for (const entry of entries) {
    const progress = readProgress(entry);
    progress.lastRowId += 1;
    progress.scoredRows += 1;
    progress.lastTimestampMs = progress.scoredToMs = (entry.scoredToMs ?? 0) + 1000;
    draft.progress.set(entry, progress);
  }
  return draft;
}

test('a row that has waited for a minute is written with the next commit, of whatever metric that is', () => {
  const { clock, entries, rows, numbers } = setUp(3);
  const [first, second, third] = [...entries.values()];
  if (first === undefined || second === undefined || third === undefined) throw new Error('three were made');
  const early = draftScored([first]);
  expect(numbers(early)).toEqual([]);
  rows.confirm([], early.progress.keys());
  clock.ms = 30_000;
  rows.confirm([], draftScored([second]).progress.keys());
  clock.ms = 60_000;
  const draft = draftScored([third]);
  expect(numbers(draft)).toEqual([0]);
  rows.confirm(rows.choose(draft), draft.progress.keys());
  expect(rows.listWaiting(9).map(({ metricNumber }) => metricNumber)).toEqual([1, 2]);
});

test('a commit carries at most 1,000 overdue rows, the longest overdue first', () => {
  const { clock, entries, rows, numbers } = setUp(1500);
  rows.confirm([], entries.values());
  clock.ms = 60_000;
  expect(numbers(createDraft(0))).toEqual(Array.from({ length: 1000 }, (_, number) => number));
});

test('an overdue row of a metric in the draft is written as the draft leaves it; one of a deleted metric is dropped', () => {
  const { clock, entries, rows } = setUp(2);
  rows.confirm([], entries.values());
  clock.ms = 60_000;
  const [first] = entries.values();
  if (first === undefined) throw new Error('two were made');
  entries.delete(1);
  const draft = draftScored([first]);
  expect(rows.choose(draft)).toEqual([...draft.progress.values()]);
  expect(rows.waiting).toBe(1);
});

test.each([
  ['an unscored sample', { lastRowId: 3, scoredRows: 2 }],
  ['a stored sample that is scored now', { scoredRows: 2 }],
  ['the end of what was read of a source', { readToMs: 5000 }],
])('the row is written at once with %s', (_, change) => {
  const { entries, numbers } = setUp(1);
  const [entry] = entries.values();
  if (entry === undefined) throw new Error('one was made');
  const draft = createDraft(0);
  draft.progress.set(entry, { ...readProgress(entry), ...change });
  expect(numbers(draft)).toEqual([0]);
});

test("a metric's first score and a change of its status are written at once", () => {
  const { entries, numbers } = setUp(2);
  const [first, second] = [...entries.values()];
  if (first === undefined || second === undefined) throw new Error('two were made');
  Object.assign(first, { lastRowId: 0, lastTimestampMs: null, scoredRows: 0, scoredToMs: null });
  const draft = draftScored([first, second]);
  expect(numbers(draft)).toEqual([0]);
  draft.statuses.set(second, { status: 'ERROR', message: 'a wheel came off' });
  expect(numbers(draft)).toEqual([0, 1]);
});
