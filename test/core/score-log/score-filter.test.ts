import { describe, expect, it } from 'vitest';
import { matchesMetric, narrowsMetrics } from '../../../src/core/score-log/score-filter.ts';
import type { MetricEntry } from '../../../src/core/metrics/registry.ts';
import { nameStackServer } from '../../../src/model.ts';

function entryOf(server: string): MetricEntry {
  return {
    id: 'a',
    number: 1,
    accountId: 1,
    datasource: 'AUTOSTACK',
    identity: server,
    name: 'AWS/EC2/CPUUtilization',
    server,
    location: 'us-west-2',
    status: 'ACTIVE',
    message: null,
    spec: null,
    modelParams: {},
    periodSeconds: 300,
    lastRowId: 0,
    lastTimestampMs: null,
    scoredRows: 0,
    scoredToMs: null,
    readToMs: null,
    collectorErrorDeadlineMs: null,
  };
}

describe('a filter of scores by several resources', () => {
  it('lets through the metrics of each of them and no others', () => {
    const filter = { servers: ['one', 'two'].map(nameStackServer) };
    expect(narrowsMetrics(filter)).toBe(true);
    const lets = ['one', 'two', 'three'].map((id) => matchesMetric(filter, entryOf(nameStackServer(id))));
    expect(lets).toEqual([true, true, false]);
  });

  it('lets nothing through when there are none', () => {
    expect(matchesMetric({ servers: [] }, entryOf('anything'))).toBe(false);
  });
});
