/** Points have the time of their senders; the clock of the server may differ from it, and be wrong itself. */
import { describe, expect, it, vi } from 'vitest';
import { roundJudgement } from '../../../src/core/samples/round-judgement.ts';
import type { Engine } from '../../../src/app/build-core.ts';
import { DETECTOR_KINDS } from '../../../src/detector/detector-kinds.ts';
import type { Source } from '../../../src/core/sources/source.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';
import { startEngine } from '../../helpers/start-engine.ts';
import { until } from '../../helpers/until.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** At a whole minute; what is stored keeps its time. */
const START = Math.floor(Date.now() / MINUTE) * MINUTE - 2 * HOUR;

/** To be set before the engine is started, which keeps the clock it finds. */
function setClock(ms: number): void {
  vi.spyOn(Date, 'now').mockReturnValue(ms);
}

const at = (minute: number) => ({
  metric: 'a',
  timestampMs: START + minute * MINUTE,
  value: 50 + ((minute * 7919) % 13),
});

async function watch(engine: Engine): Promise<string> {
  return engine.monitor.monitorMetric({
    datasource: 'CUSTOM',
    spec: { name: 'a' },
    model: { min: 0, max: 100 },
  });
}

async function readSamples({ pool }: Pick<TestDatabase, 'pool'>) {
  const { rows } = await pool.query<{ minute: number; score: number | null }>(
    `SELECT round((extract(epoch FROM "timestamp") * 1000 - $1::float8) / 60000)::int AS minute, score FROM sample
     ORDER BY "timestamp"`,
    [START],
  );
  return rows;
}

function judge(minutes: readonly number[]) {
  const detector = DETECTOR_KINDS[0].create({ min: 0, max: 100 });
  return minutes.map((minute) => ({
    minute,
    score: roundJudgement(detector.update(at(minute).timestampMs, at(minute).value)).score,
  }));
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe('a point ahead of the clock', () => {
  it('does not keep those of the present from being scored, and is scored when its time comes', async () => {
    await using database = await withDatabase();
    const early = 23 * 60;
    setClock(START);
    {
      await using engine = await startEngine(database);
      const id = await watch(engine);
      for (const minute of range(0, 30)) {
        setClock(START + minute * MINUTE);
        expect(await engine.accept.acceptNamed([at(minute)])).toMatchObject({ accepted: 1, late: 0 });
        if (minute === 10)
          expect(await engine.accept.acceptNamed([at(early)])).toMatchObject({ accepted: 1 });
      }
      await until(() => expect(engine.registry.byId(id)?.scoredRows).toBe(30));
      expect(await readSamples(database)).toEqual([...judge(range(0, 30)), { minute: early, score: null }]);
      // A model that is lost comes back without it.
      engine.models.discard([engine.registry.byId(id)?.number ?? 0]);
    }
    setClock(START + (early + 1) * MINUTE);
    await using engine = await startEngine(database);
    expect(await engine.accept.acceptNamed([at(early + 1)])).toMatchObject({ accepted: 1, late: 0 });
    await until(async () =>
      expect(await readSamples(database)).toEqual(judge([...range(0, 30), early, early + 1])),
    );
  });

  it('is scored at once when its sender is a little ahead', async () => {
    setClock(START);
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await watch(engine);
    await engine.accept.acceptNamed(range(0, 15).map(at));
    expect(await readSamples(database)).toEqual(judge(range(0, 15)));
  });

  it('waits, too, when its metric begins to be monitored', async () => {
    setClock(START + 10 * MINUTE);
    await using database = await withDatabase();
    await using engine = await startEngine(database);
    await engine.accept.acceptNamed([...range(0, 10).map(at), at(300)]);
    const id = await watch(engine);
    await until(() => expect(engine.registry.byId(id)).toMatchObject({ status: 'ACTIVE', scoredRows: 10 }));
    expect(await engine.accept.acceptNamed([at(11)])).toMatchObject({ accepted: 1, late: 0 });
    await until(() => expect(engine.registry.byId(id)?.scoredRows).toBe(11));
  });
});

describe('a clock that was wrong', () => {
  it('leaves no metric behind: what was scored in the future is taken back, and the present is scored', async () => {
    await using database = await withDatabase();
    setClock(START + 20 * MINUTE);
    {
      await using engine = await startEngine(database);
      await watch(engine);
      await engine.accept.acceptNamed(range(0, 20).map(at));
      // A year ahead, as a machine without a battery may be.
      setClock(START + 365 * DAY);
      await engine.accept.acceptNamed(range(365 * 1440 - 5, 365 * 1440).map(at));
      expect(engine.registry.byIdentity('CUSTOM', 'a')?.scoredRows).toBe(25);
    }
    setClock(START + 25 * MINUTE);
    await using engine = await startEngine(database);
    const entry = engine.registry.byIdentity('CUSTOM', 'a');
    await until(() => expect(entry?.scoredRows).toBe(20));
    expect(await engine.accept.acceptNamed(range(20, 26).map(at))).toMatchObject({ accepted: 6, late: 0 });
    await until(async () =>
      expect(await readSamples(database)).toEqual([
        ...judge(range(0, 26)),
        ...range(365 * 1440 - 5, 365 * 1440).map((minute) => ({ minute, score: null })),
      ]),
    );
    expect(engine.stats.read('metrics_rewound')).toBe(1);
    const { rows } = await database.pool.query("SELECT FROM bar WHERE start > now() + interval '1 day'");
    expect(rows).toEqual([]);
  });

  it('keeps no source from being read again', async () => {
    await using database = await withDatabase();
    const asked: (number | null)[] = [];
    const source: Source = {
      datasource: 'HOST',
      describe: () => ({
        identity: 'cpu',
        name: 'cpu',
        description: 'cpu',
        unit: null,
        server: 'local/Host/test',
        location: 'local',
        tagName: null,
        periodSeconds: 60,
        modelParams: { min: 0, max: 100 },
        resource: null,
      }),
      catalogue: () => [],
      polling: {
        settleSeconds: 0,
        maxBatch: 10,
        read: (requests) =>
          Promise.resolve(
            requests.map(({ metricId, fromMs }) => {
              asked.push(fromMs);
              const readToMs = Math.floor(Date.now() / MINUTE) * MINUTE;
              return { metricId, samples: [{ timestampMs: readToMs, value: 5 }], readToMs };
            }),
          ),
      },
    };
    {
      setClock(START + 365 * DAY);
      await using engine = await startEngine(database, { sources: [source] });
      await engine.monitor.monitorMetric({ datasource: 'HOST', spec: {} });
      await engine.poll.readDue();
    }
    setClock(START);
    await using engine = await startEngine(database, { sources: [source] });
    const [entry] = engine.registry.all();
    await until(() => expect(entry?.scoredRows).toBe(0));
    await engine.poll.readDue();
    expect(asked).toEqual([null, START - MINUTE]);
    expect(entry?.readToMs).toBe(START);
    await until(() => expect(entry?.scoredToMs).toBe(START));
  });
});
