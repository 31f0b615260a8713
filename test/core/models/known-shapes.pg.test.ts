/**
 * Shapes that detectors are known to fail on, pushed to a server and read back: what the detector promises holds with
 * learned bounds, batches and the database in between.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RED_SCORE } from '../../../src/detector/likelihood.ts';
import type { AnomalyPhase, ModelParams, Sample } from '../../../src/model.ts';
import { createNoise, makeSeries, ROWS_PER_DAY } from '../../detector/series.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { startEngine, untilStatus } from '../../helpers/start-engine.ts';

type Engine = Awaited<ReturnType<typeof startEngine>>;

interface Row {
  readonly score: number;
  readonly phase: AnomalyPhase | null;
  readonly provisional: boolean;
  readonly low: number;
  readonly high: number;
}

let database: TestDatabase;
let engine: Engine;
beforeAll(async () => {
  database = await withDatabase();
  engine = await startEngine(database);
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** Pushes a series under a new name, monitors it, without bounds if none are given, and reads what was stored of each row. */
async function play(
  name: string,
  samples: readonly Sample[],
  model: ModelParams = {},
): Promise<readonly Row[]> {
  const { rejected } = await engine.accept.acceptNamed(
    samples.map((sample) => ({ metric: name, ...sample })),
  );
  expect(rejected).toEqual([]);
  const id = await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model });
  await untilStatus(engine, id, 'ACTIVE');
  const { rows } = await database.pool.query<Row>(
    `SELECT s.score, s.phase, s.provisional, s.low, s.high FROM sample s JOIN metric m ON m.number = s.metric_number
     WHERE m.id = $1 ORDER BY s."timestamp"`,
    [id],
  );
  expect(rows).toHaveLength(samples.length);
  return rows;
}

const isRed = ({ score }: Row): boolean => score >= RED_SCORE;
const isOpening = ({ phase }: Row): boolean => phase === 'OPENS';

describe('a metric of the server', () => {
  it('that stood at 0 and then moves shows spikes that are larger than all before', async () => {
    const noise = createNoise(31);
    const spikes = Array.from({ length: 22 }, (_, i) => ({ row: 1100 + 130 * i, size: 5 * 1.7 ** i }));
    const samples = makeSeries({ rows: 4000 }, (row) => {
      const size = spikes.find((spike) => spike.row === row)?.size ?? 0;
      return row < 1000 ? 0 : Math.abs(noise()) + size;
    });
    const rows = await play('shape.zeros', samples);
    expect(
      spikes.filter(({ row }) => rows.slice(row, row + 1).some(isOpening)).length,
    ).toBeGreaterThanOrEqual(18);
  });

  it('of one minute is provisional for a day and never red then', async () => {
    const noise = createNoise(32);
    const rows = await play(
      'shape.minutes',
      makeSeries({ rows: 1440, stepMs: 60_000 }, (row) => 50 + noise() + (row % 400 === 399 ? 500 : 0)),
    );
    expect(rows.every(({ provisional }) => provisional)).toBe(true);
    expect(rows.some(isRed)).toBe(false);
  });

  it.each([
    ['a line', (seconds: number) => seconds],
    ['a staircase', (seconds: number) => Math.floor(seconds / 3600)],
    ['a saw tooth', (seconds: number) => seconds % 108_000],
  ])('that grows as %s is not red within a fortnight', async (name, shape) => {
    const samples = makeSeries({ rows: 14 * ROWS_PER_DAY }, (row) => shape(300 * row));
    expect((await play(`shape.${name}`, samples)).some(isRed)).toBe(false);
  });

  it('that becomes constant is red at the change, learned within two days, and red when it moves', async () => {
    const noise = createNoise(34);
    const [still, moves] = [14 * ROWS_PER_DAY, 24 * ROWS_PER_DAY];
    const samples = makeSeries({ rows: moves + 100 }, (row) =>
      row >= still && row < moves ? 50 : 50 + 3 * noise(),
    );
    const rows = await play('shape.flat', samples);
    expect(rows.slice(still, still + 6).some(isRed)).toBe(true);
    expect(rows.slice(still + 2 * ROWS_PER_DAY, moves).some(isRed)).toBe(false);
    expect(rows.slice(moves, moves + 3).some(isRed)).toBe(true);
  });

  it.each([1.7976931348623157e308, -1e200, 1e40])(
    'with the absurd value %d sees the next anomaly',
    async (absurd) => {
      const noise = createNoise(36);
      const samples = makeSeries({ rows: 6 * ROWS_PER_DAY }, (row) => {
        const value = 100 + 4 * noise();
        if (row === 1000) return absurd;
        return row >= 1100 && row < 1112 ? value + 60 : value;
      });
      const rows = await play(`shape.absurd ${absurd}`, samples);
      expect(rows.slice(1100, 1103).some(isRed)).toBe(true);
      expect(
        rows.every(({ low, high }) => Number.isFinite(low) && low <= high && Number.isFinite(high)),
      ).toBe(true);
    },
  );

  it('with the same outage every fortnight is red every time', async () => {
    const noise = createNoise(35);
    const week = 7 * ROWS_PER_DAY;
    const starts = [3, 5, 7].map((weeks) => weeks * week + 100);
    const samples = makeSeries({ rows: 8 * week }, (row) => {
      const normal = 100 + 30 * Math.sin((row / ROWS_PER_DAY) * 2 * Math.PI) + 4 * noise();
      return starts.some((start) => row >= start && row < start + 24) ? 0 : normal;
    });
    const rows = await play('shape.outages', samples);
    for (const start of starts) expect(rows.slice(start, start + 3).some(isOpening)).toBe(true);
  });

  it('with bounds is red when it stays at its bound for an hour after a day below 60 %', async () => {
    const noise = createNoise(37);
    const samples = makeSeries({ rows: 312 }, (row) => (row >= 300 ? 100 : Math.min(60, 40 + 8 * noise())));
    const rows = await play('shape.bounded', samples, { min: 0, max: 100 });
    expect(rows.slice(300).some(isOpening)).toBe(true);
    expect(rows.every(({ low, high }) => low >= 0 && high <= 100)).toBe(true);
  });

  it('opens a second incident for a far rarer event during the first', async () => {
    const noise = createNoise(38);
    const samples = makeSeries({ rows: 10 * ROWS_PER_DAY }, (row) => {
      const value = 100 + 4 * noise();
      if (row >= 2000 && row < 2006) return value + 40;
      return row >= 2010 && row < 2016 ? value + 4000 : value;
    });
    const rows = await play('shape.rarer', samples);
    expect(rows.flatMap((row, place) => (isOpening(row) && place >= 1900 ? [place] : []))).toStrictEqual([
      2000, 2010,
    ]);
  });
});
