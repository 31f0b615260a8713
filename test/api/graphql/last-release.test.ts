/** What changed of the API since the last release: nothing breaks a client but what is listed here and in CHANGELOG.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { createSchema } from '../../../src/api/graphql/schema.ts';

const ROOT = join(import.meta.dirname, '../../..');
const readText = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** Fields that became nullable, so that a refusal or a source that is away leaves their siblings. */
const NULLABLE = [
  'GroupAnomaly.strongest',
  'Metric.annotations',
  'Metric.data',
  'Metric.incidents',
  'Metric.series',
  'MetricData.metric',
  'Query.annotations',
  'Query.auditLog',
  'Query.autostacks',
  'Query.cloudwatchMetrics',
  'Query.cloudwatchStatistics',
  'Query.exportMetricArchive',
  'Query.incidents',
  'Query.metricData',
  'Query.metricDataDownload',
  'Query.metrics',
  'Query.notifications',
  'Query.resources',
  'Query.suggestedResources',
  'Query.wall',
];
/** Three connections over Resource became one. */
const ONE_CONNECTION = [
  'Autostack.members',
  'AutostackMemberConnection',
  'AutostackMemberEdge',
  'AutostackPreviewConnection',
  'AutostackPreviewEdge',
  'Query.previewAutostack',
];

test('nothing else breaks a client of the last release', async () => {
  const changes = await diff(buildSchema(readText('test/api/last-release.graphql')), createSchema());
  const breaking = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking);
  expect(breaking.map(({ path }) => path).sort()).toEqual([...NULLABLE, ...ONE_CONNECTION].sort());
  const nullable = breaking.filter(({ path }) => NULLABLE.includes(path ?? ''));
  for (const { message } of nullable) expect(message).toMatch(/from '(.+)!' to '\1'$/);
});

test('every name that is deprecated since is in the change log', async () => {
  const changes = await diff(buildSchema(readText('test/api/last-release.graphql')), createSchema());
  const log = readText('CHANGELOG.md');
  const deprecated = changes
    .filter(({ type }) => type === 'FIELD_DEPRECATION_ADDED' || type === 'FIELD_DEPRECATION_REASON_ADDED')
    .map(({ path }) => path?.split('.').slice(0, 2).join('.') ?? '');
  expect(deprecated.length).toBeGreaterThan(5);
  const missing = deprecated.filter((path) => !log.includes(`.${path.slice(path.indexOf('.') + 1)}`));
  expect(missing).toEqual([]);
});
