/** What the gaps of a metric say of how long it may be silent. */
import { describe, expect, it } from 'vitest';
import {
  findSilenceLimit,
  type Pause,
  SLOT_MS,
} from '../../../../src/core/incidents/reporting/silence-limit.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Monday. */
const MONDAY = Date.parse('2026-11-30T00:00:00Z');
const MIN_MS = 300_000;

/** The history of a metric that reports in these slots, as it is known at some time. */
function historyOf(reports: (timeMs: number) => boolean, nowMs: number, stepMs: number, days = 28) {
  const slots: number[] = [];
  const firstMs = Math.floor((nowMs - days * DAY) / SLOT_MS) * SLOT_MS;
  for (let startMs = firstMs; startMs < nowMs; startMs += SLOT_MS) if (reports(startMs)) slots.push(startMs);
  const pauses: Pause[] = slots
    .slice(1)
    .map((toMs, index) => ({ fromMs: slots[index] ?? toMs, toMs }))
    .filter(({ fromMs, toMs }) => toMs - fromMs > SLOT_MS);
  const last = {
    ...{ metricNumber: 1, rowId: 1, timestampMs: slots.at(-1) ?? 0, value: 1, seq: 1, score: 0 },
    ...{
      expected: 1,
      low: 0,
      high: 2,
      rawScore: 0,
      view: null,
      provisional: false,
      episode: false,
      phase: null,
    },
  };
  return { last, stepMs, fromMs: slots[0] ?? 0, toMs: slots.at(-1) ?? 0, pauses };
}

const hourOf = (timeMs: number) => new Date(timeMs).getUTCHours();
const isWorkday = (timeMs: number) => ![0, 6].includes(new Date(timeMs).getUTCDay());
const isOffice = (timeMs: number) => isWorkday(timeMs) && hourOf(timeMs) >= 9 && hourOf(timeMs) < 17;
const always = () => true;
const isBurst = (timeMs: number) => hourOf(timeMs) % 6 === 0;
/** Reports always, but for six hours of each of some days. */
const without =
  (...starts: readonly number[]) =>
  (timeMs: number) =>
    !starts.some((startMs) => timeMs >= startMs && timeMs < startMs + 6 * HOUR);

interface Case {
  readonly name: string;
  readonly reports: (timeMs: number) => boolean;
  readonly nowMs: number;
  readonly stepMs: number;
  readonly days?: number;
  /** From here on to `nowMs` it is silent. */
  readonly silentFromMs: number;
  readonly isStale: boolean;
}

const noon = MONDAY + 12 * HOUR;
const cases: readonly Case[] = [
  {
    ...{ name: 'one of ten seconds after four minutes', reports: always, nowMs: noon, stepMs: 10_000 },
    ...{ silentFromMs: noon - 4 * MINUTE, isStale: false },
  },
  {
    ...{ name: 'one of ten seconds after six minutes', reports: always, nowMs: noon, stepMs: 10_000 },
    ...{ silentFromMs: noon - 6 * MINUTE, isStale: true },
  },
  {
    ...{ name: 'one of five minutes after 20', reports: always, nowMs: noon, stepMs: 5 * MINUTE },
    ...{ silentFromMs: noon - 20 * MINUTE, isStale: false },
  },
  {
    ...{ name: 'one of five minutes after 26', reports: always, nowMs: noon, stepMs: 5 * MINUTE },
    ...{ silentFromMs: noon - 26 * MINUTE, isStale: true },
  },
  {
    ...{ name: 'one of office hours in the night', reports: isOffice, nowMs: MONDAY + 27 * HOUR },
    ...{ stepMs: MINUTE, silentFromMs: MONDAY + 17 * HOUR, isStale: false },
  },
  {
    ...{ name: 'one of office hours at the weekend', reports: isOffice, nowMs: MONDAY - 10 * HOUR },
    ...{ stepMs: MINUTE, silentFromMs: MONDAY - 55 * HOUR, isStale: false },
  },
  {
    ...{ name: 'one of office hours that does not come back in the morning', reports: isOffice },
    ...{ nowMs: MONDAY + 34.25 * HOUR, stepMs: MINUTE, silentFromMs: MONDAY + 17 * HOUR, isStale: true },
  },
  {
    ...{ name: 'one of office hours that stops at noon', reports: isOffice, nowMs: noon, stepMs: MINUTE },
    ...{ silentFromMs: noon - 10 * MINUTE, isStale: true },
  },
  {
    ...{ name: 'one in bursts, between them', reports: isBurst, nowMs: MONDAY + 11 * HOUR, stepMs: MINUTE },
    ...{ silentFromMs: MONDAY + 7 * HOUR, isStale: false },
  },
  {
    ...{ name: 'one in bursts, two of which are missing', reports: isBurst, nowMs: MONDAY + 18.5 * HOUR },
    ...{ stepMs: MINUTE, silentFromMs: MONDAY + 7 * HOUR, isStale: true },
  },
  {
    ...{ name: 'one that was away at this time a week ago, once', nowMs: noon, stepMs: MINUTE },
    ...{ reports: without(noon - 7 * DAY - 3 * HOUR), silentFromMs: noon - 10 * MINUTE, isStale: true },
  },
  {
    ...{ name: 'one that was away at this time in each of the last two weeks', nowMs: noon, stepMs: MINUTE },
    ...{ reports: without(noon - 7 * DAY - 3 * HOUR, noon - 14 * DAY - 3 * HOUR) },
    ...{ silentFromMs: noon - 10 * MINUTE, isStale: false },
  },
  {
    ...{ name: 'a young one after a pause as long as it had before', nowMs: noon, stepMs: MINUTE, days: 3 },
    ...{ reports: without(noon - DAY), silentFromMs: noon - 7 * HOUR, isStale: false },
  },
  {
    ...{ name: 'a young one after a pause far longer than before', nowMs: noon, stepMs: MINUTE, days: 3 },
    ...{ reports: without(noon - DAY), silentFromMs: noon - 11 * HOUR, isStale: true },
  },
];

describe('how long a metric may be silent', () => {
  it.each(cases)('$name: stopped reporting: $isStale', (one) => {
    const reports = (timeMs: number) => timeMs < one.silentFromMs && one.reports(timeMs);
    const history = historyOf(reports, one.nowMs, one.stepMs, one.days);
    const silentMs = one.nowMs - one.silentFromMs;
    expect(silentMs > findSilenceLimit(history, one.nowMs, MIN_MS)).toBe(one.isStale);
  });

  it('is never shorter than the least time that is asked for', () => {
    const history = historyOf(always, noon, 1000);
    expect(findSilenceLimit(history, noon, 2 * HOUR)).toBe(2 * HOUR);
  });
});
