/** Chance that can be had again: the same seed gives the same choices. */
import { createHash } from 'node:crypto';

export interface Random {
  /** A whole number from 0 to below `below`. */
  readonly below: (below: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
  /** True with this likelihood, in [0, 1]. */
  readonly chance: (likelihood: number) => boolean;
}

export function createRandom(seed: number): Random {
  let block = Buffer.alloc(0);
  let blocks = 0;
  // Each block of a hash chain of the seed gives eight numbers.
  const next = () => {
    if (block.length < 4) {
      block = createHash('sha256').update(`${seed} ${blocks}`).digest();
      blocks += 1;
    }
    const word = block.readUInt32LE(0);
    block = block.subarray(4);
    return word / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    chance: (likelihood) => next() < likelihood,
    pick: (from) => {
      const [first, ...rest] = from;
      if (first === undefined) throw new RangeError('nothing to pick from');
      return rest[below(from.length) - 1] ?? first;
    },
  };
}

/** Texts that were somebody's undoing once. None is an address anything listens on. */
export const NASTY_TEXTS = [
  '',
  ' ',
  'a',
  'shop.orders',
  '\u0000',
  'a\u0000b',
  '\u202e\u2028',
  '😀'.repeat(20),
  "'; DROP TABLE metric; --",
  '%',
  '_',
  '\\',
  '%s%n',
  '{{7*7}}',
  '${7*7}',
  '__proto__',
  'constructor',
  'toString',
  '../../../../etc/passwd',
  '=1+1',
  '<script>alert(1)</script>',
  'x'.repeat(255),
  'x'.repeat(256),
  'x'.repeat(5_000),
  'Metric:00000000-0000-0000-0000-000000000000',
  'Metric:',
  'Metric:x',
  'Resource:a/b/c/d',
  'Nope:1',
  'v1.00000000000000000000000000000000.0',
  'v1.x.99999999999999999999',
  '2026-11-23T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '+275760-09-13T00:00:00Z',
  '-1',
  'NaN',
  'Infinity',
  '1e999',
  '\ud800',
] as const;

/** All that RFC 3339 lets somebody write, in which no zone leads out of the years PostgreSQL and JavaScript agree on. */
export const NASTY_TIMES = [
  '0001-01-01T00:00:00Z',
  '0001-01-01T00:00:00+23:59',
  '0000-12-31T23:59:59-23:59',
  '0099-12-31T23:59:59Z',
  '1582-10-10T00:00:00Z',
  '1883-11-18T12:03:58-05:50',
  '1969-12-31T23:59:59.999999999Z',
  '1970-01-01T00:00:00Z',
  '2038-01-19T03:14:08Z',
  '9999-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59-23:59',
] as const;

/** For scalars of any shape. */
export const NASTY_JSON = [
  {},
  [],
  null,
  1,
  'x',
  { __proto__: null, a: [{ b: 'c' }] },
  { url: '', metric: 1 },
  { half: '\ud83d' },
  { '\udc00': [{ 'a\u0000': 'b' }] },
  { datasource: 'custom', metricSpec: { name: 'fuzz.model', userInfo: { cut: '\ud83d' } } },
  {
    datasource: 'custom',
    metricSpec: { name: 'fuzz.labels' },
    labels: [
      {
        from: '0001-01-01T00:00:00+23:59',
        to: '9999-12-31T23:59:59-23:59',
        label: 'REAL',
        createdAt: '9999-12-31T23:59:59-23:59',
        note: '\ud83d',
      },
    ],
  },
  JSON.parse('['.repeat(60) + ']'.repeat(60)) as unknown,
] as const;

export const NASTY_NUMBERS = [
  0,
  -0,
  1,
  -1,
  2,
  0.1,
  99,
  100,
  101,
  1000,
  1001,
  5000,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 53,
  1e21,
  1e308,
  5e-324,
  -1.7976931348623157e308,
  1.7976931348623157e308,
  1e40,
  -1e-300,
] as const;
