import { describe, expect, it } from 'vitest';
import { OWNERS } from '../../../src/core/access/tenant-prisma.ts';
import { Prisma } from '../../../src/generated/prisma/client.ts';

describe('the tables', () => {
  it('each belong to somebody, or cannot be asked for with a key of one account', () => {
    const kept = [
      'Account',
      'ApiKey',
      'AuditEntry',
      'Bar',
      'CloudwatchAccount',
      'CloudwatchAggregate',
      'CloudwatchAlarm',
      'CloudwatchAlarmAction',
      'CloudwatchAlarmHistory',
      'CloudwatchAnomalyDetector',
      'CloudwatchDashboard',
      'CloudwatchKey',
      'CloudwatchTag',
      'ClusterMember',
      'InventoryRegion',
      'LogFollower',
      'LogWindow',
      'LoginSession',
      'LoginUser',
      'MetricProgress',
      'ModelCheckpoint',
      'Sample',
      'SampleBlock',
      'SampleMonth',
      'ScoreLog',
      'ServerTerm',
    ];
    expect([...Object.keys(OWNERS), ...kept].sort()).toEqual(Object.keys(Prisma.ModelName).sort());
  });
});
