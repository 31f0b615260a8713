import { describe, expect, it } from 'vitest';
import {
  compileMetricTest,
  narrowsMetrics,
  type ScoreFilter,
} from '../../../src/core/score-log/score-filter.ts';
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
    resourceId: null,
    autostackId: null,
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

const entry = entryOf('eu-west-1/AWS/EC2/i-1');
const lets = (filter: ScoreFilter) => compileMetricTest(filter)(entry);

describe('a filter of scores', () => {
  it('by tags is about metrics', () => {
    expect(narrowsMetrics({ tags: [{ key: 'env', values: ['prod'] }] })).toBe(true);
  });

  it('lets through the metrics of each of several autostacks and no others', () => {
    const filter = { stackServers: ['one', 'two'].map(nameStackServer) };
    expect(narrowsMetrics(filter)).toBe(true);
    const matches = compileMetricTest(filter);
    expect(['one', 'two', 'three'].map((id) => matches(entryOf(nameStackServer(id))))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it.each<ScoreFilter>([
    { accountId: 2 },
    { metricIds: ['b'] },
    { metricIds: [] },
    { datasources: ['HOST', 'CUSTOM'] },
    { datasources: [] },
    { servers: ['eu-west-1/AWS/EC2/i-2'] },
    { servers: [] },
    { stackServers: [] },
    { names: ['CPUUtilization', 'aws/ec2/cpuutilization'] },
    { nameContains: 'disk' },
    { namePattern: 'AWS/EC2' },
    { namePattern: '*cpu*' },
    { names: ['AWS/EC2/CPUUtilization'], nameContains: 'disk' },
  ])('is about metrics, and holds back one it does not fit: %j', (filter) => {
    expect(narrowsMetrics(filter)).toBe(true);
    expect(lets(filter)).toBe(false);
  });

  it.each<ScoreFilter>([
    {},
    { accountId: 1 },
    { metricIds: ['b', 'a'] },
    { datasources: ['AUTOSTACK'] },
    { servers: ['x', 'eu-west-1/AWS/EC2/i-1'] },
    { names: ['AWS/EC2/CPUUtilization'] },
    { nameContains: 'CPUutil' },
    { namePattern: 'AWS/*/CPU?tilization' },
    { names: ['AWS/EC2/CPUUtilization'], namePattern: '*', nameContains: 'ec2', minClass: 'RED' },
  ])('lets through one it fits: %j', (filter) => {
    expect(lets(filter)).toBe(true);
  });

  it('of scores alone is not about metrics', () => {
    expect(narrowsMetrics({ minClass: 'RED', minAnomalyScore: 0.5 })).toBe(false);
  });
});
