/** The order of test files: those that take longest first, so that no worker is left alone with one of them at the end. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They start processes, and wait for them. The others follow in vitest's own order. */
const SLOW = [
  'faults/faults',
  'core/sources/aws/cloudwatch-faults',
  'main',
  'platform/postgres/embedded/start',
  'api/graphql/consumers',
  'core/cloudwatch-service/kill',
  'platform/postgres/server-lock',
  'faults/failover',
  'cli/apply/served-configuration',
  'web/embed',
  'web/look',
  'web/rules',
  'web/ten-tasks',
];

// vitest asks for a class.
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => findRank(a.moduleId) - findRank(b.moduleId));
  }
}

function findRank(file: string): number {
  const rank = SLOW.findIndex((name) => file.includes(`/test/${name}.`));
  return rank < 0 ? SLOW.length : rank;
}
