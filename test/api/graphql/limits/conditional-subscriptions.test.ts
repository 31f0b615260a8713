/** The cases of the specification's examples, and of graphql 17's own tests of its rule for subscriptions. */
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { findConditionalSubscriptions } from '../../../../src/api/graphql/limits/conditional-subscriptions.ts';

const find = (document: string) =>
  findConditionalSubscriptions(parse(document)).map(({ message }) => message);
const wrong = (subject: string) =>
  `${subject} must not use \`@skip\` or \`@include\` directives in the top level selection.`;

describe('a subscription whose field depends on a condition is refused:', () => {
  test.each([
    ['by a variable', 'subscription S($on: Boolean!) { a @include(if: $on) }', ['Subscription "S"']],
    ['that leaves it', 'subscription { a @skip(if: false) }', ['Anonymous Subscription']],
    ['beside another', 'subscription { a b @skip(if: true) }', ['Anonymous Subscription']],
    ['in an inline fragment', 'subscription { ... { a @skip(if: true) } }', ['Anonymous Subscription']],
    ['of an inline fragment', 'subscription { ... @include(if: false) { a } }', ['Anonymous Subscription']],
    ['of a spread', 'subscription S { ...F @skip(if: true) } fragment F on T { a }', ['Subscription "S"']],
    [
      'in a fragment of a fragment',
      'subscription S { ...F } fragment F on T { ...G ...G } fragment G on T { a @skip(if: true) }',
      ['Subscription "S"'],
    ],
    [
      'in a fragment that spreads itself',
      'subscription S { ...F } fragment F on T { ...F a @skip(if: true) }',
      ['Subscription "S"'],
    ],
    [
      'in two of three',
      'subscription A { a @skip(if: true) } subscription B { a } subscription C { a @include(if: true) }',
      ['Subscription "A"', 'Subscription "C"'],
    ],
    ['twice, said once', 'subscription S { a @skip(if: true) @include(if: true) }', ['Subscription "S"']],
  ])('%s', (_name, document, subjects) => {
    expect(find(document)).toEqual(subjects.map(wrong));
  });
});

describe('is left to the other rules:', () => {
  test.each([
    [
      'a condition below the root',
      'subscription S($on: Boolean!) { a { b @include(if: $on) ...F } } fragment F on T { c @skip(if: $on) }',
    ],
    ['a query', 'query Q { a @skip(if: true) ... @include(if: false) { b } }'],
    ['a query beside a subscription', 'query Q { a @skip(if: true) } subscription S { a }'],
    ['another directive', 'subscription S { a @client(if: true) }'],
    ['a fragment that is not there', 'subscription S { ...Nope }'],
    ['a fragment that spreads itself', 'subscription S { ...F } fragment F on T { ...F }'],
    ['a fragment nobody spreads', 'subscription S { a } fragment F on T { a @skip(if: true) }'],
  ])('%s', (_name, document) => {
    expect(find(document)).toEqual([]);
  });
});

test('a chain of ten thousand fragments is followed to its end', () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `F${index}`);
  const chain = names.map((name, index) => `fragment ${name} on T { ...F${index + 1} }`).join(' ');
  expect(find(`subscription { ...F0 } ${chain} fragment F10000 on T { a @skip(if: true) }`)).toHaveLength(1);
});
