import { afterAll, beforeAll, expect, it } from 'vitest';
import { copySamples } from '../../../src/core/samples/copy-samples.ts';
import { createSampleMonths } from '../../../src/core/samples/month-partitions.ts';
import {
  readSampleArray,
  SAMPLE_ARRAY,
  type SampleArray,
  type StoredSample,
} from '../../../src/core/samples/stored-sample.ts';
import { inTransaction } from '../../../src/platform/postgres/transaction.ts';
import { ANOMALY_PHASES, VIEWS } from '../../../src/model.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { fc } from '../../helpers/property.ts';

const FIRST_MS = Date.parse('1970-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-11-30T23:59:59.999Z');
/** Months without a partition would be made for each run: a few of the far past and future do. */
const MONTHS = ['1970-01', '1999-12', '2000-01', '2026-02', '2262-04', '9999-11'];

let database: TestDatabase;

beforeAll(async () => {
  database = await withDatabase();
  await createSampleMonths(database.pool).ensure(MONTHS.map((month) => Date.parse(`${month}-01T00:00:00Z`)));
});
afterAll(() => database[Symbol.asyncDispose]());

const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(
    0,
    -0,
    Number.MIN_VALUE,
    -Number.MAX_VALUE,
    Number.MAX_VALUE,
    2 ** 53,
    0.1 + 0.2,
    1 - Number.EPSILON / 2,
  ),
);
const share = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 1, 1 - Number.EPSILON / 2),
);
const time = fc
  .tuple(fc.constantFrom(...MONTHS), fc.integer({ min: 0, max: 28 * 86_400_000 - 1 }))
  .map(([month, ms]) => Date.parse(`${month}-01T00:00:00Z`) + ms);
const count = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constant(2 ** 31 - 1));

const unscored = fc.record({ metricNumber: count, rowId: count, timestampMs: time, value: finite });
const unordered = fc.record({
  metricNumber: count,
  rowId: count,
  timestampMs: time,
  value: finite,
  seq: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(2 ** 32, Number.MAX_SAFE_INTEGER)),
  score: share,
  expected: finite,
  low: finite,
  high: finite,
  // A column of four bytes.
  rawScore: share.map(Math.fround),
  view: fc.constantFrom(null, ...VIEWS),
  provisional: fc.boolean(),
  episode: fc.boolean(),
  phase: fc.constantFrom(null, ...ANOMALY_PHASES),
});
/** The ends of a range stand on their sides of what is expected. */
const scored = unordered.map((one) => {
  const [low = 0, expected = 0, high = 0] = [one.low, one.expected, one.high].toSorted((a, b) => a - b);
  return { ...one, low, expected, high };
});
const samples = fc.uniqueArray(fc.oneof(unscored, scored), {
  selector: ({ metricNumber, timestampMs }) => `${metricNumber} ${timestampMs}`,
  maxLength: 50,
});

it('every field of every row is read back as it was given, to the bit', async () => {
  await fc.assert(
    fc.asyncProperty(samples, async (given) => {
      const withScore = given.flatMap((one) => ('seq' in one ? [one] : []));
      const without = given.flatMap((one) => ('seq' in one ? [] : [one]));
      await database.pool.query('DELETE FROM sample');
      await inTransaction(database.pool, (client) =>
        copySamples(client, { scored: withScore, unscored: without }, null),
      );
      const { rows } = await database.pool.query<{ sample: SampleArray }>(
        `SELECT ${SAMPLE_ARRAY} AS sample FROM sample`,
      );
      const expected: readonly StoredSample[] = [
        ...withScore.map((one) => ({ ...one })),
        ...without.map((one) => ({
          ...one,
          seq: null,
          score: null,
          expected: null,
          low: null,
          high: null,
          rawScore: null,
          view: null,
          provisional: false,
          episode: false,
          phase: null,
        })),
      ];
      const key = ({ metricNumber, timestampMs }: StoredSample) => `${metricNumber} ${timestampMs}`;
      const sort = (some: readonly StoredSample[]) => some.toSorted((a, b) => key(a).localeCompare(key(b)));
      expect(sort(rows.map(({ sample }) => readSampleArray(sample)))).toStrictEqual(sort(expected));
    }),
    { numRuns: 60 },
  );
});

it('offsets follow the one given, in order', async () => {
  await database.pool.query('DELETE FROM sample');
  const given = fc
    .sample(scored, 20)
    .map((one, index) => ({ ...one, metricNumber: 1, rowId: index + 1, timestampMs: index }));
  await inTransaction(database.pool, (client) =>
    copySamples(client, { scored: given, unscored: [] }, 4_294_967_290),
  );
  const { rows } = await database.pool.query<{ seq: number }>(
    'SELECT seq::float8 AS seq FROM sample ORDER BY row_id',
  );
  expect(rows.map(({ seq }) => seq)).toEqual(given.map((_, index) => 4_294_967_291 + index));
});

it('a row that cannot be written leaves the connection usable', async () => {
  await inTransaction(database.pool, async (client) => {
    const far = { metricNumber: 1, rowId: 1, timestampMs: FIRST_MS - 1, value: 1 };
    await client.query('SAVEPOINT before');
    await expect(copySamples(client, { scored: [], unscored: [far] }, null)).rejects.toMatchObject({
      code: '23514',
    });
    await client.query('ROLLBACK TO before');
    const late = { ...far, timestampMs: LAST_MS };
    await copySamples(client, { scored: [], unscored: [late] }, null);
    const { rows } = await client.query<{ sample: SampleArray }>(
      `SELECT ${SAMPLE_ARRAY} AS sample FROM sample WHERE "timestamp" > '9999-11-30'`,
    );
    expect(rows.map(({ sample }) => readSampleArray(sample))).toMatchObject([late]);
  });
});
