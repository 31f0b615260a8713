/** Time of day by a metric's own clock, through the changes to summer time and back. */
import { describe, expect, it } from 'vitest';
import { DETECTOR_KINDS } from '../../src/detector/detector-kinds.ts';
import { RED_SCORE } from '../../src/detector/likelihood.ts';
import { createZone, isZoneName } from '../../src/detector/zone.ts';
import type { ModelParams, Sample } from '../../src/model.ts';
import { createDetector, createNoise, judgeAll, makeSeries, ROWS_PER_DAY, STEP_MS } from './series.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEKS_BEFORE = 3;

describe('a zone', () => {
  const hoursAhead = (name: string, at: string) => {
    const timestampMs = Date.parse(at);
    return (createZone(name)(timestampMs) - timestampMs) / HOUR_MS;
  };

  it.each([
    ['Europe/Berlin', '2025-03-30T00:59:59.999Z', 1],
    ['Europe/Berlin', '2025-03-30T01:00:00Z', 2],
    ['Europe/Berlin', '2025-10-26T00:59:59.999Z', 2],
    ['Europe/Berlin', '2025-10-26T01:00:00Z', 1],
    ['America/New_York', '2025-03-09T07:00:00Z', -4],
    ['America/St_Johns', '2025-01-01T00:00:00Z', -3.5],
    ['Asia/Kathmandu', '2025-07-01T00:00:00Z', 5.75],
    ['UTC', '2025-07-01T00:00:00Z', 0],
  ])('of %s at %s is %d hours ahead of UTC', (name, at, hours) => {
    expect(hoursAhead(name, at)).toBe(hours);
  });

  it('gives the same whether it was asked every five minutes or never before', () => {
    const asked = createZone('Australia/Lord_Howe');
    const from = Date.UTC(2025, 2, 30);
    for (let at = from; at < from + 14 * DAY_MS; at += STEP_MS) {
      const local = asked(at);
      if (at % (6 * HOUR_MS) === 0) expect(local).toBe(createZone('Australia/Lord_Howe')(at));
    }
  });

  it('goes back in time as well', () => {
    const zone = createZone('Europe/Berlin');
    const [winter, summer] = [Date.UTC(2025, 0, 1), Date.UTC(2025, 6, 1)];
    expect([summer, winter, summer].map((at) => (zone(at) - at) / HOUR_MS)).toStrictEqual([2, 1, 2]);
  });

  it('is UTC without a name, and for a name that is not known any more', () => {
    expect(createZone(undefined)(5)).toBe(5);
    expect(createZone('Mars/Olympus')(5)).toBe(5);
  });

  it.each(['Mars/Olympus', '', '+02:00', 'Europe/', '1'])('is not called %j', (name) => {
    expect(isZoneName(name)).toBe(false);
  });
});

/** By day a job of every second hour by the clock of Berlin: an hour's shift turns its rhythm upside down. */
function makeRounds(change: number, hoursBefore: number, hoursAfter: number): Sample[] {
  const noise = createNoise(17);
  const startMs = change - WEEKS_BEFORE * 7 * DAY_MS;
  return makeSeries({ rows: (WEEKS_BEFORE * 7 + 2) * ROWS_PER_DAY, startMs }, (_, timestampMs) => {
    const hour = (timestampMs / HOUR_MS + (timestampMs < change ? hoursBefore : hoursAfter)) % 24;
    const rounds = hour >= 6 && hour < 22 ? 30 * Math.sin(Math.PI * hour) : 0;
    return 50 + rounds + noise();
  });
}

describe.each([
  ['to summer time', Date.UTC(2025, 2, 30, 1), 1, 2],
  ['to winter time', Date.UTC(2025, 9, 26, 1), 2, 1],
] as const)('a metric that follows the clock of Berlin, at the change %s', (_, change, before, after) => {
  const samples = makeRounds(change, before, after);

  const countRedFromChange = (params: ModelParams) =>
    judgeAll(createDetector(params), samples).filter(
      ({ episode, score }, i) =>
        episode && score >= RED_SCORE && (samples[i]?.timestampMs ?? 0) >= change - DAY_MS,
    ).length;

  it('is red within two days where its hours are taken for those of UTC', () => {
    expect(countRedFromChange({})).toBeGreaterThan(0);
  });

  it('is never red where its zone is known', () => {
    expect(countRedFromChange({ timeZone: 'Europe/Berlin' })).toBe(0);
  });
});

function resume(bytes: Uint8Array, params: ModelParams) {
  const detector = DETECTOR_KINDS[0].restore(bytes, params);
  if (detector === null) throw new Error('the snapshot was refused');
  return detector;
}

describe('a snapshot of a model with a zone', () => {
  it('continues bit for bit when it is given the same zone', () => {
    const params = { timeZone: 'Europe/Berlin' };
    const samples = makeRounds(Date.UTC(2025, 2, 30, 1), 1, 2).slice(-9 * ROWS_PER_DAY);
    const whole = createDetector(params);
    judgeAll(whole, samples.slice(0, ROWS_PER_DAY));
    const resumed = resume(whole.snapshot(), params);
    const rest = samples.slice(ROWS_PER_DAY);
    expect(judgeAll(resumed, rest)).toStrictEqual(judgeAll(whole, rest));
  });
});
