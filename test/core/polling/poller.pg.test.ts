import { describe, expect, it } from 'vitest';
import type { Source } from '../../../src/core/sources/source.ts';
import { withDatabase } from '../../helpers/database.ts';
import { createDeferred } from '../../helpers/deferred.ts';
import { startEngine } from '../../helpers/start-engine.ts';

/** A source whose answers the test decides. */
function createScriptedSource(read: NonNullable<Source['polling']>['read']): Source {
  return {
    datasource: 'HOST',
    describe: (spec) => {
      const { metric, location = 'local' } = spec as { metric: string; location?: string };
      return {
        identity: metric,
        name: `Host/${metric}`,
        description: metric,
        unit: null,
        server: 'local/Host/test',
        location,
        tagName: null,
        periodSeconds: 1,
        modelParams: { min: 0, max: 100 },
        resource: null,
      };
    },
    catalogue: () => [],
    polling: { settleSeconds: 0, maxBatch: 10, read },
  };
}

describe('poll', () => {
  it('stores samples and how far the source was read in one transaction, and asks on from there', async () => {
    await using database = await withDatabase();
    const asked: (number | null)[] = [];
    const third = createDeferred<null>();
    const first = Math.floor(Date.now() / 1000) * 1000 - 60_000;
    const source = createScriptedSource((requests) => {
      const [request] = requests;
      if (request === undefined) return Promise.resolve([]);
      asked.push(request.fromMs);
      if (asked.length === 3) third.resolve(null);
      const timestampMs = request.fromMs ?? first;
      return Promise.resolve([
        { metricId: request.metricId, samples: [{ timestampMs, value: 1 }], readToMs: timestampMs + 1000 },
      ]);
    });
    await using engine = await startEngine(database, { sources: [source] });
    const id = await engine.monitor.monitorMetric({ datasource: 'HOST', spec: { metric: 'a' } });
    engine.poll.start();
    await third.promise;
    await engine.poll.stop();
    expect(asked.slice(0, 3)).toEqual([null, first + 1000, first + 2000]);
    const entry = engine.registry.byId(id);
    expect(entry?.readToMs).toBe((entry?.lastTimestampMs ?? 0) + 1000);
  });

  it('takes an answer without samples for one: nothing is stored, nothing is wrong (row 71)', async () => {
    await using database = await withDatabase();
    const second = createDeferred<null>();
    const asked: (number | null)[] = [];
    const readToMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;
    const source = createScriptedSource((requests) => {
      asked.push(...requests.map(({ fromMs }) => fromMs));
      if (asked.length === 2) second.resolve(null);
      return Promise.resolve(requests.map(({ metricId }) => ({ metricId, samples: [], readToMs })));
    });
    await using engine = await startEngine(database, { sources: [source] });
    const id = await engine.monitor.monitorMetric({ datasource: 'HOST', spec: { metric: 'a' } });
    engine.poll.start();
    await second.promise;
    await engine.poll.stop();
    expect(asked.slice(0, 2)).toEqual([null, readToMs]);
    expect(engine.registry.byId(id)).toMatchObject({ lastRowId: 0, collectorErrorDeadlineMs: null });
    expect(engine.stats.read('source_read_failures')).toBe(0);
  });

  it('skips a metric that is deleted while it is read, and stores the next (row 45)', async () => {
    await using database = await withDatabase();
    const timestampMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;
    let doomed: string | undefined;
    const source = createScriptedSource(async (requests) => {
      if (doomed !== undefined) await engine.monitor.deleteMetric(doomed);
      doomed = undefined;
      return requests.map(({ metricId }) => ({
        metricId,
        samples: [{ timestampMs, value: 1 }],
        readToMs: timestampMs + 1000,
      }));
    });
    await using engine = await startEngine(database, { sources: [source] });
    const watch = (metric: string) => engine.monitor.monitorMetric({ datasource: 'HOST', spec: { metric } });
    doomed = await watch('a');
    const next = await watch('b');
    await engine.poll.readDue();
    expect([...engine.registry.all()].map(({ id }) => id)).toEqual([next]);
    expect(engine.registry.byId(next)).toMatchObject({ lastRowId: 1, readToMs: timestampMs + 1000 });
    expect(await database.prisma.sample.count()).toBe(1);
    expect(engine.stats.read('source_read_failures')).toBe(0);
  });

  it('does not let a region that is slow hold up another, nor history what is live', async () => {
    await using database = await withDatabase();
    const recentMs = Math.floor(Date.now() / 1000) * 1000 - 5000;
    const answering = createDeferred<null>();
    const source = createScriptedSource(async (requests) => {
      const { location } = requests[0]?.spec as { location: string };
      // History of the east, and all of the west, hang.
      if (location === 'west' || requests[0]?.fromMs === null) await answering.promise;
      return requests.map(({ metricId }) => ({
        metricId,
        samples: [{ timestampMs: recentMs, value: 1 }],
        readToMs: recentMs + 1000,
      }));
    });
    await using engine = await startEngine(database, { sources: [source] });
    const watch = (metric: string, location: string) =>
      engine.monitor.monitorMetric({ datasource: 'HOST', spec: { metric, location } });
    const live = await watch('live', 'east');
    const slow = [await watch('new', 'east'), await watch('slow', 'west')];
    await engine.accept.acceptSamples(live, [], recentMs);
    const events = engine.live.subscribe({ filter: {}, after: null, maxBatch: 9, lingerMs: 0 });
    const reading = engine.poll.readDue();
    const event = await events.next();
    await events.return?.();
    expect(event.value).toMatchObject({ scores: [{ timestampMs: recentMs }] });
    expect(engine.registry.byId(live)?.lastRowId).toBe(1);
    expect(slow.map((id) => engine.registry.byId(id)?.lastRowId)).toEqual([0, 0]);
    answering.resolve(null);
    await reading;
    expect(slow.map((id) => engine.registry.byId(id)?.lastRowId)).toEqual([1, 1]);
  });

  it('blames no metric for a reading that was cut short because the server stops', async () => {
    await using database = await withDatabase();
    const reading = createDeferred<null>();
    const source = createScriptedSource(async (_requests, signal) => {
      reading.resolve(null);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new Error('cut short');
    });
    await using engine = await startEngine(database, { sources: [source] });
    const id = await engine.monitor.monitorMetric({ datasource: 'HOST', spec: { metric: 'a' } });
    engine.poll.start();
    await reading.promise;
    await engine.poll.stop();
    const metric = await database.prisma.metric.findUniqueOrThrow({ where: { id } });
    expect(metric).toMatchObject({ status: 'ACTIVE', collectorError: null });
    expect(engine.stats.read('source_read_failures')).toBe(0);
  });

  it('keeps the first failure on the metric with its deadline, and wipes it at the next success', async () => {
    await using database = await withDatabase();
    let isBroken = true;
    const source = createScriptedSource((requests) =>
      Promise.resolve(
        requests.map(({ metricId }) =>
          isBroken
            ? { metricId, error: new Error('throttled') }
            : { metricId, samples: [], readToMs: Date.now() },
        ),
      ),
    );
    await using engine = await startEngine(database, { sources: [source] });
    const id = await engine.monitor.monitorMetric({ datasource: 'HOST', spec: { metric: 'a' } });
    const changes = engine.statusFeed.subscribe([id]);
    const readError = async () =>
      (await database.prisma.metric.findUniqueOrThrow({ where: { id } })).collectorError;
    engine.poll.start();
    await changes.next();
    expect(await readError()).toMatchObject({ message: 'throttled' });
    expect(engine.registry.byId(id)?.status).toBe('ACTIVE');
    isBroken = false;
    await changes.next();
    expect(await readError()).toBeNull();
    await changes.return?.();
  });

  it('puts a metric in ERROR once its grace is over', async () => {
    await using database = await withDatabase();
    const source = createScriptedSource(() => Promise.reject(new Error('expired token')));
    await using engine = await startEngine(database, { sources: [source] });
    const id = await engine.monitor.monitorMetric({ datasource: 'HOST', spec: { metric: 'a' } });
    const past = new Date(Date.now() - 1000).toISOString();
    await database.pool.query('UPDATE metric SET collector_error = $1', [
      { message: 'throttled', since: past, deadline: past },
    ]);
    await engine.registry.load();
    const changes = engine.statusFeed.subscribe([id]);
    engine.poll.start();
    await changes.next();
    expect(await database.prisma.metric.findUniqueOrThrow({ where: { id } })).toMatchObject({
      status: 'ERROR',
      message: 'expired token',
      collectorError: null,
    });
    await changes.return?.();
  });
});
