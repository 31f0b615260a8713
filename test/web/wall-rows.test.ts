import { describe, expect, it } from 'vitest';
import type { LiveScore } from '../../src/web/api/score-feed.ts';
import { listStarts, startOfBar } from '../../src/web/wall/bars.ts';
import { findReason, listRows, type WallView } from '../../src/web/wall/wall-rows.ts';
import { measureSilence } from '../../src/web/wall/silence.ts';
import { applyScores, type Wall, type WallMetric } from '../../src/web/wall/wall-state.ts';

const NOW = Date.parse('2026-11-23T04:07:00Z');
const STARTS = listStarts(NOW, 'HOURS');

const metric = (id: string, server: string): WallMetric => ({
  id,
  name: `${id}.load`,
  server,
  serverName: null,
  datasource: 'CUSTOM',
  status: 'ACTIVE',
  unit: null,
  periodSeconds: 300,
  seenPoints: 500,
  learned: 1,
  learnedByPoint: 0,
  learnedMs: null,
  missing: 0,
  latest: null,
  bars: new Map(),
});
const wallOf = (...metrics: readonly WallMetric[]): Wall => ({
  window: 'HOURS',
  metrics: new Map(metrics.map((one) => [one.id, one])),
  totalCount: metrics.length,
});
const score = (id: string, anomalyScore: number, timestamp = new Date(NOW).toISOString()): LiveScore => ({
  rowId: 1,
  timestamp,
  value: 7,
  anomalyScore,
  anomalyClass: 'NONE',
  provisional: false,
  expected: null,
  metric: { id },
});
const view = (part: Partial<WallView> = {}): WallView => ({
  text: '',
  datasource: '',
  least: 'ALL',
  order: 'ANOMALY',
  turned: new Set(),
  ...part,
});

describe('the wall', () => {
  it('grows the bar a score falls into, and takes a score twice without harm', () => {
    const wall = wallOf(metric('a', 'one'), metric('b', 'two'));
    const once = applyScores(wall, [score('a', 0.5), score('a', 0.999999)]);
    expect(once?.metrics.get('a')?.bars.get(startOfBar(NOW, 'HOURS'))).toEqual({
      score: 0.999999,
      provisional: false,
    });
    expect(once?.metrics.get('a')?.latest).toEqual({ timeMs: NOW, value: 7 });
    expect(once?.metrics.get('b')).toBe(wall.metrics.get('b'));
    expect(once === null ? null : applyScores(once, [score('a', 0.999999)])).toEqual(once);
  });

  it('shows how a model learns, point by point, and that it has learned once it judges', () => {
    const learning = { ...metric('a', 'one'), learned: 0.5, learnedByPoint: 0.25 };
    const point = { ...score('a', 0), provisional: true };
    const once = applyScores(wallOf(learning), [point, point]);
    expect(once?.metrics.get('a')?.learned).toBe(0.75);
    const judged = once === null ? null : applyScores(once, [score('a', 0.5)]);
    expect(judged?.metrics.get('a')?.learned).toBe(1);
  });

  it('has to be read anew when a score is of a metric it does not know', () => {
    expect(applyScores(wallOf(metric('a', 'one')), [score('new', 0.5)])).toBeNull();
  });

  it('names no metric of a resource of which none stands out', () => {
    const [row] = listRows(wallOf(metric('a', 'one'), metric('b', 'one')), view(), STARTS);
    expect(row).toMatchObject({ detail: '2 metrics', named: null });
  });

  it('calls a metric silent after an hour, or twelve of its periods where that is longer', () => {
    expect(measureSilence(NOW, 300, NOW + 3_599_999)).toBeNull();
    expect(measureSilence(NOW, 300, NOW + 3_600_000)).toBe(3_600_000);
    expect(measureSilence(NOW, 3600, NOW + 11 * 3_600_000)).toBeNull();
    expect(measureSilence(NOW, 3600, NOW + 12 * 3_600_000)).toBe(12 * 3_600_000);
    expect(measureSilence(null, 300, NOW)).toBeNull();
  });

  it('puts the most anomalous row first, and stands still among those that are equally normal', () => {
    const wall = applyScores(wallOf(metric('a', 'one'), metric('b', 'two'), metric('c', 'three')), [
      score('c', 0.999999),
      score('b', 0.6),
    ]);
    if (wall === null) throw new Error('every metric is known');
    expect(listRows(wall, view(), STARTS).map(({ title }) => title)).toEqual(['three', 'one', 'two']);
    expect(listRows(wall, view({ order: 'NAME' }), STARTS).map(({ title }) => title)).toEqual([
      'one',
      'three',
      'two',
    ]);
    expect(listRows(wall, view({ least: 'YELLOW' }), STARTS).map(({ title }) => title)).toEqual(['three']);
    expect(listRows(wall, view({ text: 'B.LO' }), STARTS).map(({ title }) => title)).toEqual(['two']);
  });

  it('shows metrics of one resource as one row with the worst of them, opened by itself when it is alone', () => {
    const wall = applyScores(wallOf(metric('a', 'one'), metric('b', 'one')), [score('b', 0.999999)]);
    if (wall === null) throw new Error('every metric is known');
    const rows = listRows(wall, view(), STARTS);
    expect(rows.map(({ key, level }) => [key, level])).toEqual([
      ['one', 1],
      ['b', 2],
      ['a', 2],
    ]);
    const [row] = rows;
    expect(row?.detail).toBe('2 metrics · worst: b.load');
    expect(row?.named?.id).toBe('b');
    expect(row === undefined ? null : findReason(row, startOfBar(NOW, 'HOURS'))?.id).toBe('b');
    expect(listRows(wall, view({ turned: new Set(['one']) }), STARTS)).toHaveLength(1);
  });
});
