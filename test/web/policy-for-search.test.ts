import { expect, it } from 'vitest';
import { matchesWildcards } from '../../src/core/metrics/tag-filter.ts';
import { describePolicy } from '../../src/web/unmonitored/policy-for-search.ts';

it.each([
  ['', ['anything'], []],
  ['cpu', ['cpu', 'a.cpu.b'], ['mem']],
  ['a*b?c\\', ['xa*b?c\\y'], ['aXbYc\\', 'a*b?c']],
])('a policy for the search %j means the names it finds', (text, found, others) => {
  const { namePattern = null } = describePolicy(text).match;
  const means = (name: string) => matchesWildcards(namePattern ?? '', name);
  expect([found.filter(means), others.filter(means)]).toEqual([found, []]);
});
