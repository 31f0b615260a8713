import type { IncidentFacts } from '../../../src/core/notify/message.ts';

/** Many metrics of one resource at once. */
export function makeRateIncident(changes: Partial<IncidentFacts> = {}): IncidentFacts {
  const { metricId, metricName, metricUnit, instance, score, value, expected, low, high, aspect } =
    makeIncident();
  const worst = { metricId, metricName, metricUnit, instance, score, value, expected, low, high, aspect };
  const group = {
    anomalousCount: 12,
    metricCount: 30,
    peakCount: 12,
    worst: [
      worst,
      { ...worst, metricName: 'cpu', metricUnit: 'Percent', value: 97, aspect: 'SILENCE' as const },
    ],
  };
  return makeIncident({
    kind: 'ANOMALY_RATE',
    instance: 'db-1',
    server: 'db-1',
    location: '',
    group,
    ...changes,
  });
}

/** The incident of HTM-IT's own test of its mail. */
export function makeIncident(changes: Partial<IncidentFacts> = {}): IncidentFacts {
  return {
    id: '7f7d3c5e-2f5b-4a57-9a30-6a4a6f1f6a01',
    kind: 'ANOMALY',
    metricId: '0b8f1a52-94a7-4b0f-8a2e-2f6d3a1c9e02',
    metricName: 'AWS/ELB/RequestCount',
    metricUnit: 'Count',
    instance: 'us-west-2/AWS/ELB/grok-docs-elb',
    server: 'us-west-2/AWS/ELB/grok-docs-elb',
    location: 'us-west-2',
    datasource: 'CLOUDWATCH',
    startedAt: new Date('2014-03-19T20:23:00Z'),
    endedAt: null,
    endReason: null,
    score: 0.999995,
    value: 1234.5678,
    expected: 100,
    low: 90,
    high: 110,
    aspect: 'LEVEL',
    group: null,
    ...changes,
  };
}
