/** The functions of metric math that look at time: what fills gaps, tells the clock, and looks from point to point. */
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { fc } from '../../../helpers/property.ts';
import { evaluateText, makeScope, makeSeries, MINUTE_MS, readValue, type Values } from './math-scope.ts';

const VALUES: fc.Arbitrary<Values> = fc.array(fc.option(fc.integer({ min: -50, max: 50 }), { freq: 2 }), {
  minLength: 1,
  maxLength: 12,
});

/** The nearest minute with a value, going this way from the minute; undefined where there is none. */
function findNearest(values: Values, from: number, way: -1 | 1): readonly [number, number] | undefined {
  for (let minute = from; minute >= 0 && minute < values.length; minute += way) {
    const value = values[minute];
    if (value != null) return [minute, value];
  }
  return undefined;
}

describe('FILL', () => {
  const fill = async (values: Values, filler: string) =>
    (await readValue(`FILL(m1, ${filler})`, { m1: values })) as Values;

  it('keeps what there is, and puts a number wherever there is nothing', async () => {
    await fc.assert(
      fc.asyncProperty(VALUES, fc.integer({ min: -9, max: 9 }), async (values, filler) => {
        expect(await fill(values, `${filler}`)).toEqual(values.map((value) => value ?? filler));
      }),
    );
  });

  it('repeats the value before, and leaves what is before the first one', async () => {
    await fc.assert(
      fc.asyncProperty(VALUES, async (values) => {
        expect(await fill(values, 'REPEAT')).toEqual(
          values.map((_, i) => findNearest(values, i, -1)?.[1] ?? null),
        );
      }),
    );
  });

  it('draws a straight line between neighbours, and none beyond the first and the last', async () => {
    await fc.assert(
      fc.asyncProperty(VALUES, async (values) => {
        const found = await fill(values, 'LINEAR');
        for (const [minute, value] of found.entries()) {
          const [before, after] = [findNearest(values, minute, -1), findNearest(values, minute, 1)];
          if (before === undefined || after === undefined) {
            expect(value).toBe(values[minute] ?? null);
            continue;
          }
          const share = after[0] === before[0] ? 0 : (minute - before[0]) / (after[0] - before[0]);
          expect(value).toBeCloseTo(before[1] * (1 - share) + after[1] * share, 9);
        }
      }),
    );
  });

  it('takes the points of another series, and has none where that has none', async () => {
    await fc.assert(
      fc.asyncProperty(VALUES, VALUES, async (m1, m2) => {
        const found = (await readValue('FILL(m1, m2)', { m1, m2 })) as Values;
        expect(found).toEqual(found.map((_, i) => m1[i] ?? m2[i] ?? null));
      }),
    );
  });

  it('fills each series of a list by itself', async () => {
    expect(await readValue('FILL(METRICS(), REPEAT)', { m1: [1, null], m2: [null, 2] })).toEqual([
      [1, 1],
      [null, 2],
    ]);
    await expect(readValue('FILL(m1, METRICS())', { m1: [1] })).rejects.toThrow('cannot fill with a list');
  });
});

describe('The clock', () => {
  const READ: Readonly<Record<string, (time: DateTime) => number>> = {
    MINUTE: (time) => time.minute,
    HOUR: (time) => time.hour,
    DAY: (time) => time.weekday,
    DATE: (time) => time.day,
    MONTH: (time) => time.month,
    YEAR: (time) => time.year,
    EPOCH: (time) => time.toSeconds(),
  };

  it.each(Object.keys(READ))('of UTC is told by %s for every period, point or not', async (name) => {
    const minute = fc.integer({
      min: Date.parse('1900-01-01') / MINUTE_MS,
      max: Date.parse('2200-01-01') / MINUTE_MS,
    });
    await fc.assert(
      fc.asyncProperty(minute, fc.constantFrom(60, 300, 3_600), async (at, periodSeconds) => {
        const range = { startMs: at * MINUTE_MS, endMs: at * MINUTE_MS + 3 * periodSeconds * 1000 };
        const series = { ...makeSeries('m1', []), periodSeconds };
        const scope = makeScope({}, { range, resolve: () => Promise.resolve({ kind: 'series', series }) });
        const value = await evaluateText(`${name}(m1)`, scope);
        const expected = [0, 1, 2].map((i) => {
          const timeMs = range.startMs + i * periodSeconds * 1000;
          return [timeMs, READ[name]?.(DateTime.fromMillis(timeMs, { zone: 'utc' }))];
        });
        expect(value.kind === 'series' && [...value.series.points]).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('counts a period that only begins within the range', async () => {
    const range = { startMs: 0, endMs: 2.5 * MINUTE_MS };
    const value = await evaluateText('MINUTE(m1)', makeScope({ m1: [1] }, { range }));
    expect(value.kind === 'series' && [...value.series.points.values()]).toEqual([0, 1, 2]);
  });
});

describe('From point to point', () => {
  /** The points there are, each with the one before. */
  const steps = (values: Values) => {
    const there = values.flatMap((value, minute) => (value === null ? [] : [[minute, value] as const]));
    return there.slice(1).map(([minute, value], i) => {
      const [before = 0, last = 0] = there[i] ?? [];
      return { minute, rise: value - last, seconds: (minute - before) * 60 };
    });
  };

  it.each([
    ['DIFF', ({ rise }: { rise: number }) => rise],
    ['DIFF_TIME', ({ seconds }: { seconds: number }) => seconds],
    ['RATE', ({ rise, seconds }: { rise: number; seconds: number }) => rise / seconds],
  ] as const)('%s looks over the gaps', async (name, change) => {
    await fc.assert(
      fc.asyncProperty(VALUES, async (values) => {
        const expected: (number | null)[] = values.map(() => null);
        for (const { minute, rise, seconds } of steps(values)) expected[minute] = change({ rise, seconds });
        expect(await readValue(`${name}(m1)`, { m1: values })).toEqual(expected);
      }),
    );
  });

  it('RUNNING_SUM and DIFF undo each other', async () => {
    await fc.assert(
      fc.asyncProperty(VALUES, async (values) => {
        const found = (await readValue('DIFF(RUNNING_SUM(m1))', { m1: values })) as Values;
        const first = values.findIndex((value) => value !== null);
        expect(found).toEqual(values.map((value, minute) => (minute === first ? null : value)));
      }),
    );
  });
});

describe('A number', () => {
  it('becomes a series of the period of the query', async () => {
    const value = await evaluateText(
      'TIME_SERIES(2 + 3)',
      makeScope({ m1: [1, 2, 3, 4] }, { periodSeconds: 120 }),
    );
    expect(value).toMatchObject({ kind: 'series', series: { periodSeconds: 120 } });
    expect(value.kind === 'series' && [...value.series.points]).toEqual([
      [0, 5],
      [2 * MINUTE_MS, 5],
    ]);
  });

  it('is the period of one series, and of nothing else', async () => {
    expect(await readValue('PERIOD(m1)', { m1: [1] })).toBe(60);
    for (const text of ['PERIOD(1)', 'PERIOD(METRICS())', 'PERIOD([m1])']) {
      await expect(readValue(text, { m1: [1] })).rejects.toThrow('PERIOD takes one series');
    }
  });
});
