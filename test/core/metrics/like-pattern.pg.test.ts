/** A pattern lets the same texts through, whether PostgreSQL or the server looks. */
import { expect, test } from 'vitest';
import { toLikePattern } from '../../../src/core/metrics/like-pattern.ts';
import { findPatternFlaw, matchesWildcards } from '../../../src/core/metrics/tag-filter.ts';
import { withDatabase } from '../../helpers/database.ts';
import { fc } from '../../helpers/property.ts';

const LETTERS = ['a', 'b', '*', '?', '\\', '%', '_', '.', 'ü', '\n'];

test('PostgreSQL finds with a pattern what the server finds', async () => {
  await using database = await withDatabase();
  const letter = fc.constantFrom(...LETTERS);
  const pairs = fc
    .sample(fc.tuple(fc.string({ unit: letter, maxLength: 6 }), fc.string({ unit: letter, maxLength: 6 })), {
      numRuns: 5_000,
    })
    .filter(([pattern]) => findPatternFlaw(pattern) === null);
  const { rows } = await database.pool.query<{ found: boolean }>(
    'SELECT text LIKE pattern AS found FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS pair (pattern, text, place) ORDER BY place',
    [pairs.map(([pattern]) => toLikePattern(pattern)), pairs.map(([, text]) => text)],
  );
  const different = pairs.filter(
    ([pattern, text], place) => matchesWildcards(pattern, text) !== rows[place]?.found,
  );
  expect(different).toEqual([]);
  expect(rows.filter(({ found }) => found).length).toBeGreaterThan(100);
});
