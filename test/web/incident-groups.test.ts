import { describe, expect, it } from 'vitest';
import type { IncidentRowFragment } from '../../src/web/generated/graphql.ts';
import { groupIncidents, nameIncident } from '../../src/web/incidents/group-incidents.ts';
import { describeInterval } from '../../src/web/metric/describe-interval.ts';
import { parseChosen } from '../../src/web/metric/anomaly/use-chosen.ts';

const at = (hour: number) => new Date(Date.UTC(2026, 0, 5, hour)).toISOString();

/** From hour to hour; null while it is open. */
function incident(
  id: string,
  ruleName: string,
  [from, to]: readonly [number, number | null],
  part: Partial<IncidentRowFragment> = {},
): IncidentRowFragment {
  return {
    id,
    kind: 'ANOMALY',
    server: 's',
    ruleName,
    state: to === null ? 'FIRING' : 'ENDED',
    startedAt: at(from),
    endedAt: to === null ? null : at(to),
    endReason: to === null ? null : 'RECOVERED',
    metricName: 'm',
    instance: 'web-1',
    value: 1,
    anomalyScore: 1,
    acknowledgedAt: null,
    acknowledgedBy: null,
    mutedBy: null,
    notifiedAt: null,
    group: null,
    expected: { value: 0, low: 0, high: 0 },
    peak: { timestamp: at(from), value: 1, anomalyScore: 1 },
    metric: { id: 'Metric:1', unit: null, learning: { rows: 500 }, labels: [] },
    ...part,
  };
}

const namesOf = (incidents: readonly IncidentRowFragment[]) =>
  groupIncidents(incidents).map((group) => group.incidents.map(({ id }) => id).join('+'));

describe('the list of incidents', () => {
  it('of many metrics at once is an entry of its own for each rule, named by its group', () => {
    const group = { anomalousCount: 3, metricCount: 9, peakCount: 3, worst: [] };
    const part = { kind: 'ANOMALY_RATE', group } as const;
    const entries = groupIncidents([
      incident('a', 'one', [5, null], part),
      incident('b', 'two', [5, null], part),
      incident('c', 'one', [5, null]),
    ]);
    expect(entries.map(({ shown }) => nameIncident(shown))).toEqual(['web-1', 'web-1', 'm']);
  });

  it('keeps what stopped reporting apart from the anomaly before it', () => {
    const silent = incident('b', 'two', [5, null], { kind: 'NO_DATA' });
    expect(namesOf([silent, incident('a', 'one', [4, null])])).toEqual(['b', 'a']);
  });

  it('has what several rules opened for one event once', () => {
    expect(namesOf([incident('b', 'two', [5, 8]), incident('a', 'one', [4, 6])])).toEqual(['b+a']);
    expect(namesOf([incident('b', 'two', [5, null]), incident('a', 'one', [4, null])])).toEqual(['b+a']);
  });

  it('keeps apart what is of another metric, another time, or of one rule', () => {
    const metric = { id: 'Metric:2', unit: null, learning: { rows: 500 }, labels: [] };
    expect(namesOf([incident('b', 'two', [5, 8], { metric }), incident('a', 'one', [4, 6])])).toEqual([
      'b',
      'a',
    ]);
    expect(namesOf([incident('b', 'two', [7, 8]), incident('a', 'one', [4, 6])])).toEqual(['b', 'a']);
    // It gave way to the other at that moment.
    expect(namesOf([incident('b', 'one', [6, 8]), incident('a', 'one', [4, 6])])).toEqual(['b', 'a']);
    expect(namesOf([incident('b', 'two', [6, 8]), incident('a', 'one', [4, 6])])).toEqual(['b', 'a']);
  });

  it('knows an event whose metric was deleted by its names', () => {
    const gone = { metric: null };
    const [one, two] = [incident('b', 'two', [5, 8], gone), incident('a', 'one', [4, 6], gone)];
    expect(namesOf([one, two])).toEqual(['b+a']);
    expect(namesOf([{ ...one, instance: 'web-2' }, two])).toEqual(['b', 'a']);
  });

  it('shows of an event what is most severe, then what began first', () => {
    const groups = groupIncidents([incident('b', 'two', [5, null]), incident('a', 'one', [4, 6])]);
    expect(groups[0]?.shown.id).toBe('b');
    const ended = groupIncidents([incident('b', 'two', [5, 8]), incident('a', 'one', [4, 6])]);
    expect(ended[0]?.shown.id).toBe('a');
  });
});

describe('the page of a metric', () => {
  it('says how often points come, by the points', () => {
    const times = (seconds: readonly number[]) =>
      seconds.map((second) => new Date(second * 1000).toISOString());
    expect(describeInterval(times([900, 600, 300, 0]))).toBe('every 5 min');
    // One gap is no interval.
    expect(describeInterval(times([9000, 20, 15, 10, 5, 0]))).toBe('every 5 s');
    expect(describeInterval(times([0.3, 0.2, 0.1, 0]))).toBe('every 100 ms');
    expect(describeInterval(times([7200, 3600, 0]))).toBeNull();
    expect(describeInterval([])).toBeNull();
  });

  it('explains a point, or the worst of a bar whose end belongs to the next', () => {
    const [fromMs, toMs] = [Date.parse(at(1)), Date.parse(at(2))];
    expect(parseChosen(at(1), '')).toEqual({ fromMs, toMs: fromMs });
    expect(parseChosen(at(1), at(2))).toEqual({ fromMs, toMs: toMs - 1 });
    expect(parseChosen(at(1), at(0))).toEqual({ fromMs, toMs: fromMs });
    expect(parseChosen('', at(2))).toBeNull();
  });
});
