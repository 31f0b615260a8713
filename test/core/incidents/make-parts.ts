/** What the pure parts of incidents are given: a rule with its defaults, a metric, a sample. */
import type { Incident } from '../../../src/core/incidents/incident.ts';
import type { MetricFacts } from '../../../src/core/incidents/metric-facts.ts';
import type { Rule } from '../../../src/core/incidents/rule.ts';
import type { ScoredSample } from '../../../src/core/samples/stored-sample.ts';

export const START_MS = Date.parse('2026-11-20T12:00:00Z');

export function makeRule(changes: Partial<Rule> = {}): Rule {
  return {
    id: '11111111-1111-4111-8111-111111111111',
    name: 'all',
    enabled: true,
    scope: {},
    sensitivity: 0.99999,
    policy: { direction: 'BOTH', minDeviation: 0, minDeviationRatio: 0 },
    patience: { confirmSeconds: 0, confirmPoints: 1, recoverySeconds: 600 },
    quietSeconds: 3600,
    staleSeconds: 3600,
    learningGuard: true,
    notifyEnd: true,
    notifyNoData: false,
    noDataSeconds: 300,
    anomalyRate: null,
    outliers: null,
    notifyAnomalies: true,
    windows: [],
    texts: { subject: null, body: null, timeZone: null, runbookUrl: null },
    channels: [],
    ...changes,
  };
}

export function makeFacts(changes: Partial<MetricFacts> = {}): MetricFacts {
  return {
    id: '22222222-2222-4222-8222-222222222222',
    number: 1,
    accountId: 1,
    name: 'cpu',
    unit: null,
    server: 'web-1',
    location: '',
    datasource: 'CUSTOM',
    tagName: null,
    periodSeconds: 60,
    policy: { direction: 'BOTH', minDeviation: 0, minDeviationRatio: 0 },
    autostackId: null,
    resource: { resourceId: null, state: null, tags: [], attributes: {} },
    ...changes,
  };
}

/** A value of 20 where 10 is expected, unremarkable. */
export function makeSample(minute: number, changes: Partial<ScoredSample> = {}): ScoredSample {
  return {
    metricNumber: 1,
    rowId: minute + 1,
    timestampMs: START_MS + minute * 60_000,
    value: 20,
    seq: minute + 1,
    score: 0,
    expected: 10,
    low: 8,
    high: 12,
    rawScore: 0,
    view: null,
    provisional: false,
    episode: false,
    phase: null,
    ...changes,
  };
}

/** One that fires since the start. */
export function makeFiring(metricNumber: number, changes: Partial<Incident> = {}): Incident {
  const { id, name, server } = makeFacts();
  return {
    id: `33333333-3333-4333-8333-${String(metricNumber).padStart(12, '0')}`,
    kind: 'ANOMALY',
    ruleId: makeRule().id,
    ruleName: 'all',
    metricId: id,
    metricNumber,
    metricName: `${name} ${metricNumber}`,
    metricUnit: null,
    instance: server,
    server,
    location: '',
    datasource: 'CUSTOM',
    state: 'FIRING',
    startedMs: START_MS,
    lastPointMs: START_MS,
    lastHotMs: START_MS,
    hotPoints: 1,
    calmSinceMs: null,
    score: 0.99999,
    value: 20,
    expected: 10,
    low: 8,
    high: 12,
    aspect: null,
    peakScore: 0.99999,
    peakValue: 20,
    peakMs: START_MS,
    mutedBy: null,
    notifiedMs: START_MS,
    endedMs: null,
    endReason: null,
    groupKey: null,
    group: null,
    ...changes,
  };
}
