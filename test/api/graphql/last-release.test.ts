/** What changed of the API since the last release: nothing breaks a client but what is listed here and in CHANGELOG.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema, type GraphQLSchema, isEnumType, isInputObjectType, isObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { writeSchema } from '../../../src/api/graphql/schema.ts';

const ROOT = join(import.meta.dirname, '../../..');
const readText = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const before = buildSchema(readText('test/api/last-release.graphql'));
const now = buildSchema(writeSchema());

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
/** It reads as before; as an ID it was taken for the outcome's own. */
const NO_OWN_ID = 'MetricOutcome.id';

test('nothing else breaks a client of the last release', async () => {
  const changes = await diff(before, now);
  const breaking = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking);
  expect(breaking.map(({ path }) => path).sort()).toEqual([...NULLABLE, ...ONE_CONNECTION, NO_OWN_ID].sort());
  const nullable = breaking.filter(({ path }) => NULLABLE.includes(path ?? ''));
  for (const { message } of nullable) expect(message).toMatch(/from '(.+)!' to '\1'$/);
});

/** Names alone: what is written about them is free to change. */
const OF_TEXTS = /DESCRIPTION|DEPRECATION|DIRECTIVE/;

/** Names of one schema, and why each is deprecated. */
function listReasons(schema: GraphQLSchema): ReadonlyMap<string, string | null | undefined> {
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
  return new Map(
    types.flatMap((type) => {
      if (isEnumType(type)) {
        return type
          .getValues()
          .map((value) => [`${type.name}.${value.name}`, value.deprecationReason] as const);
      }
      if (!isObjectType(type) && !isInputObjectType(type)) return [];
      return Object.values<Deprecatable>(type.getFields()).flatMap(
        ({ name, deprecationReason, args = [] }) => [
          [`${type.name}.${name}`, deprecationReason] as const,
          ...args.map((arg) => [`${type.name}.${name}(${arg.name})`, arg.deprecationReason] as const),
        ],
      );
    }),
  );
}

interface Deprecatable {
  readonly name: string;
  readonly deprecationReason?: string | null | undefined;
  readonly args?: readonly Deprecatable[];
}

test('every name that is deprecated since is in the change log, beside what to use', () => {
  const former = listReasons(before);
  const lines = readText('CHANGELOG.md').split('\n');
  const since = [...listReasons(now)].filter(([name, reason]) => reason != null && former.get(name) == null);
  expect(since.length).toBeGreaterThan(30);
  const missing = since.filter(([name, reason]) => {
    const replacement = /^Use `(.+)`\.$/.exec(reason ?? '')?.[1] ?? '';
    return !lines.some((line) => line.startsWith(`| \`${name}\` `) && line.includes(`| \`${replacement}\` `));
  });
  expect(missing).toEqual([]);
});

test('every other change of a name is in the change log: what came, what went, what has another type', async () => {
  const log = readText('CHANGELOG.md');
  const changes = await diff(before, now);
  const added = new Set(changes.filter(({ type }) => type === 'TYPE_ADDED').map(({ path }) => path ?? ''));
  const paths = changes
    .filter(({ type }) => !OF_TEXTS.test(String(type)))
    .map(({ path }) => String(path))
    // A type that is new is named with all that is in it; so is a field with its arguments.
    .filter((path) => added.has(path) || !added.has(path.split('.')[0] ?? ''));
  const names = new Set(paths.map((path) => path.split('.').slice(0, 2).join('.')));
  expect(names.size).toBeGreaterThan(100);
  const items = log.split('\n- ');
  const isNamed = (name: string) => {
    const [type = '', field] = name.split('.');
    if (log.includes(`\`${name}\``)) return true;
    const ofType = items.filter((item) => item.startsWith(`\`${type}\`: `));
    return field !== undefined && ofType.some((item) => item.includes(`\`${field}\``));
  };
  expect([...names].filter((name) => !isNamed(name))).toEqual([]);
});
