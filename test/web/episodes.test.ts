import { describe, expect, it } from 'vitest';
import { writeReason } from '../../src/core/notify/incident-words.ts';
import type { PointFragment } from '../../src/web/generated/graphql.ts';
import { chooseEpisode, groupEpisodes } from '../../src/web/metric/anomaly/episodes.ts';
import { explainPoint } from '../../src/web/metric/anomaly/explain.ts';
import { makeIncident } from '../core/notify/incident-facts.ts';

const PERIOD_SECONDS = 60;

const pointAt = (minute: number, part: Partial<PointFragment> = {}): PointFragment => ({
  rowId: minute,
  timestamp: new Date(minute * 60_000).toISOString(),
  value: 5,
  anomalyScore: 0.99995,
  anomalyClass: 'YELLOW',
  provisional: false,
  opensIncident: false,
  noIncidentReason: null,
  incidents: [],
  aspect: 'LEVEL',
  expected: { value: 5, low: 4, high: 6 },
  ...part,
});
const red = { anomalyScore: 0.999999, anomalyClass: 'RED' } as const;
const worse = { ...red, anomalyScore: 0.9999999 } as const;
const begins = { ...red, opensIncident: true } as const;
const minutesOf = (points: readonly PointFragment[]) =>
  groupEpisodes(points, PERIOD_SECONDS).map((episode) => episode.points.map(({ rowId }) => rowId));

describe('what was anomalous', () => {
  it('is one event until it was calm for long, or another begins', () => {
    expect(minutesOf([pointAt(40), pointAt(30, begins), pointAt(25), pointAt(20, begins)])).toEqual([
      [40, 30],
      [25, 20],
    ]);
    expect(minutesOf([pointAt(50), pointAt(25)])).toEqual([[50], [25]]);
    expect(minutesOf([pointAt(49), pointAt(25)])).toEqual([[49, 25]]);
    expect(minutesOf([])).toEqual([]);
  });

  it('is explained by what the newest red event began with', () => {
    const points = [pointAt(300), pointAt(102, worse), pointAt(100, begins), pointAt(10, begins)];
    const chosen = chooseEpisode(groupEpisodes(points, PERIOD_SECONDS));
    expect([chosen?.first.rowId, chosen?.last.rowId, chosen?.worst.rowId]).toEqual([100, 102, 102]);
    expect(chooseEpisode(groupEpisodes([pointAt(3)], PERIOD_SECONDS))?.first.rowId).toBe(3);
    expect(chooseEpisode([])).toBeNull();
  });

  it('is a value outside of its band, whatever else; within it the aspect says why', () => {
    expect(explainPoint(pointAt(1, { value: 11, aspect: 'TREND' }))).toContain('far above');
    expect(explainPoint(pointAt(1, { value: 7, aspect: 'TREND' }))).toContain('is above');
    expect(explainPoint(pointAt(1, { value: 3, aspect: 'TIME_OF_DAY' }))).toContain(
      'below the expected range',
    );
    expect(explainPoint(pointAt(1, { value: 3, aspect: 'TIME_OF_DAY' }))).toContain('time of day');
    expect(explainPoint(pointAt(1, { aspect: 'TREND' }))).toContain('trend of the last hours');
    expect(explainPoint(pointAt(1, { value: 99, aspect: 'SILENCE' }))).toContain('been stuck (flat)');
    expect(explainPoint(pointAt(1, { aspect: null }))).toBeNull();
    // What is normal has an aspect, too, and is not called anomalous beside the word normal.
    for (const anomalyClass of ['GREEN', 'NONE'] as const)
      expect(explainPoint(pointAt(1, { anomalyClass, aspect: 'TIME_OF_DAY' }))).toBeNull();
  });

  it.each(['LEVEL', 'SILENCE', 'TIME_OF_DAY', 'TREND', 'VOLATILITY'] as const)(
    'is explained by %s as messages explain it, beside the range and within it',
    (aspect) => {
      for (const value of [99, 7, 5, 3, -99]) {
        const expected = { value: 5, low: 4, high: 6 };
        const facts = makeIncident({ value, expected: 5, low: 4, high: 6, aspect });
        expect(explainPoint(pointAt(1, { value, expected, aspect }))).toBe(writeReason(facts));
      }
    },
  );
});
