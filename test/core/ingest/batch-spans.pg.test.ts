/** However a batch ends, its span ends with it, and says whether it was written. */
import { SpanStatusCode } from '@opentelemetry/api';
import { type ReadableSpan, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { Tracing } from '../../../src/platform/tracing/tracing.ts';
import { openClient } from '../../../src/platform/postgres/connection.ts';
import { type TestDatabase, withDatabase } from '../../helpers/database.ts';
import { startEngine, type TestEngine } from '../../helpers/start-engine.ts';
import { until } from '../../helpers/until.ts';

const START_MS = Date.parse('2026-01-05T00:00:00Z');

/** Spans that have begun, and those that have ended. */
class Recorder implements SpanProcessor {
  begun = 0;
  readonly ended: ReadableSpan[] = [];

  onStart(): void {
    this.begun += 1;
  }

  onEnd(span: ReadableSpan): void {
    this.ended.push(span);
  }

  list(): readonly string[] {
    return this.ended
      .map(({ name, status }) => `${name}${status.code === SpanStatusCode.ERROR ? ' failed' : ''}`)
      .toSorted();
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

async function startTraced(database: TestDatabase) {
  const recorder = new Recorder();
  const provider = new TracerProvider({ spanProcessors: [recorder] });
  const engine = await startEngine(database, { tracing: new Tracing(provider.getTracer('test')) });
  for (const name of ['a', 'b']) {
    const model = { min: 0, max: 100 };
    await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model });
  }
  return { engine, recorder };
}

let minute = 0;
const push = (engine: TestEngine, metric: string) =>
  engine.accept.acceptNamed([{ metric, timestampMs: START_MS + 60_000 * ++minute, value: 1 }]);

/** As the database fails whatever is stored of samples from now on. */
const failSamples = (database: TestDatabase, state: string) =>
  database.pool.query(
    `CREATE OR REPLACE FUNCTION fail_sample() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE 'refused' USING ERRCODE = '${state}'; END $$;
     CREATE OR REPLACE TRIGGER fail_sample BEFORE INSERT ON sample FOR EACH ROW EXECUTE FUNCTION fail_sample()`,
  );
const repair = (database: TestDatabase) => database.pool.query('DROP TRIGGER fail_sample ON sample');

describe('the span of a batch', () => {
  it('ends with an error when the database is away at the commit, and without one when it is written', async () => {
    await using database = await withDatabase();
    const { engine, recorder } = await startTraced(database);
    await using _ = engine;
    await push(engine, 'a');
    expect(recorder.list()).toEqual(['ingest batch', 'ingest commit', 'ingest score']);
    recorder.ended.length = 0;
    await failSamples(database, '57P01');
    await expect(push(engine, 'a')).rejects.toThrow('send them again');
    expect(recorder.list()).toEqual(['ingest batch failed', 'ingest commit failed', 'ingest score']);
    recorder.ended.length = 0;
    await repair(database);
    await push(engine, 'a');
    expect(recorder.list()).toEqual(['ingest batch', 'ingest commit', 'ingest score']);
    expect(recorder.begun).toBe(9);
  });

  it('ends with an error when it stood on one that failed, and is written by a batch of its own', async () => {
    await using database = await withDatabase();
    const { engine, recorder } = await startTraced(database);
    await using _ = engine;
    await push(engine, 'a');
    recorder.ended.length = 0;
    const holder = await openClient(database.connection, 'lapwing test');
    await holder.query('BEGIN');
    await holder.query('SELECT * FROM score_log FOR UPDATE');
    // Expected from the start: the refusal may come before the answer of the query that causes it.
    const refused = expect(push(engine, 'a')).rejects.toThrow('send them again');
    const pid = await until(async () => {
      const { rows } = await database.pool.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'SELECT advance_score_log%'`,
      );
      expect(rows).toHaveLength(1);
      return rows[0]?.pid;
    });
    const second = push(engine, 'b');
    await until(() => expect(recorder.list()).toEqual(['ingest score', 'ingest score']));
    await holder.query('SELECT pg_terminate_backend($1)', [pid]);
    await holder.query('ROLLBACK');
    await holder.end();
    await refused;
    expect(await second).toMatchObject({ accepted: 1 });
    expect(recorder.list().filter((name) => name.startsWith('ingest batch'))).toEqual([
      'ingest batch',
      'ingest batch failed',
      'ingest batch failed',
    ]);
    expect(recorder.ended).toHaveLength(recorder.begun - 3);
  });

  it('ends with an error when its points cannot even be scored', async () => {
    await using database = await withDatabase();
    const { engine, recorder } = await startTraced(database);
    await using _ = engine;
    await database.pool.query(
      `CREATE FUNCTION fail_metric() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE 'away' USING ERRCODE = '57P01'; END $$;
       CREATE TRIGGER fail_metric BEFORE INSERT ON metric FOR EACH ROW EXECUTE FUNCTION fail_metric()`,
    );
    await expect(push(engine, 'new')).rejects.toThrow('send them again');
    expect(recorder.list()).toEqual(['ingest batch failed', 'ingest score failed']);
    expect(recorder.begun).toBe(2);
  });
});
