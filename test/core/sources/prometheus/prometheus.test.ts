import { describe, expect, it } from 'vitest';
import { createLog } from '../../../../src/log.ts';
import { InvalidInputError, SourceUnavailableError } from '../../../../src/errors.ts';
import { createPrometheusSource } from '../../../../src/core/sources/prometheus/prometheus.ts';
import {
  type Answer,
  type Asked,
  startPrometheusEndpoint,
  writeError,
  writeMatrix,
} from './prometheus-endpoint.ts';

const MINUTE_MS = 60_000;
/** A whole minute, and what has settled. */
const NEWEST_MS = 28_400_000 * MINUTE_MS;
const SETTLE_SECONDS = 40;
const NOW_MS = NEWEST_MS + SETTLE_SECONDS * 1000 + 5000;
const NEWEST = NEWEST_MS / 1000;
const SPEC = { query: 'up{job="api"}' };
const signal = new AbortController().signal;
const like = (text: string) => expect.stringContaining(text) as string;

async function start(answer: (asked: Asked) => Answer, connection = {}) {
  const endpoint = await startPrometheusEndpoint(answer);
  const dropped = { not_finite: 0, several_series: 0 };
  const clock = { nowMs: NOW_MS };
  const source = createPrometheusSource({
    connection: { url: endpoint.url, ...connection },
    settleSeconds: SETTLE_SECONDS,
    onDropped: (reason, values) => {
      dropped[reason] += values;
    },
    log: createLog('silent'),
    now: () => clock.nowMs,
  });
  const read = async (fromMs: number | null, spec: unknown = SPEC) => {
    const request = { metricId: 'm', spec, periodSeconds: 60, fromMs };
    const [result] = (await source.polling?.read([request], signal)) ?? [];
    return result;
  };
  const dispose = async () => {
    source.listing.stop();
    await endpoint.close();
  };
  return { endpoint, source, read, dropped, clock, [Symbol.asyncDispose]: dispose };
}

describe('an expression of PromQL', () => {
  it('is evaluated at the whole periods that have settled, and a gap is no sample', async () => {
    await using started = await start(() =>
      writeMatrix([
        { job: 'api' },
        [
          [NEWEST - 120, '1.5'],
          [NEWEST, '-2e3'],
        ],
      ]),
    );
    expect(await started.read(NEWEST_MS - 3 * MINUTE_MS)).toEqual({
      metricId: 'm',
      samples: [
        { timestampMs: NEWEST_MS - 2 * MINUTE_MS, value: 1.5 },
        { timestampMs: NEWEST_MS, value: -2000 },
      ],
      readToMs: NEWEST_MS,
    });
    const [{ path, parameters } = { path: '', parameters: new URLSearchParams() }] = started.endpoint.asked;
    expect(path).toBe('/api/v1/query_range');
    expect(Object.fromEntries(parameters)).toEqual({
      query: SPEC.query,
      start: String(NEWEST - 120),
      end: String(NEWEST),
      step: '60',
      timeout: '25s',
      // thanos#622 and VictoriaMetrics#4531: otherwise a sum is that of the stores which answer.
      partial_response: 'false',
      deny_partial_response: '1',
    });
  });

  it('is not asked for while no new period has settled', async () => {
    await using started = await start(() => writeMatrix());
    expect(await started.read(NEWEST_MS)).toEqual({ metricId: 'm', samples: [], readToMs: NEWEST_MS });
    expect(started.endpoint.asked).toEqual([]);
  });

  it('begins two weeks back and catches up in pages that follow each other without gap or repeat', async () => {
    await using started = await start(() => writeMatrix());
    let readToMs: number | null = null;
    while (readToMs !== NEWEST_MS) {
      const result = await started.read(readToMs);
      if (result === undefined || 'error' in result) throw new Error('it is read');
      readToMs = result.readToMs;
    }
    const pages = started.endpoint.asked.map(({ parameters }) => [
      Number(parameters.get('start')),
      Number(parameters.get('end')),
    ]);
    expect(pages[0]?.[0]).toBe(NEWEST - 14 * 86_400 + 60);
    expect(pages.at(-1)?.[1]).toBe(NEWEST);
    for (const [index, [first = 0, last = 0]] of pages.entries()) {
      expect((last - first) / 60 + 1).toBeLessThanOrEqual(11_000);
      if (index > 0) expect(first).toBe((pages[index - 1]?.[1] ?? 0) + 60);
    }
  });

  it('loses values that are no finite numbers, and counts them', async () => {
    const values = ['NaN', '+Inf', '-Inf', '', '1'].map(
      (text, index) => [NEWEST - 240 + 60 * index, text] as const,
    );
    await using started = await start(() => writeMatrix([{}, values]));
    expect(await started.read(NEWEST_MS - 5 * MINUTE_MS)).toMatchObject({
      samples: [{ timestampMs: NEWEST_MS, value: 1 }],
    });
    expect(started.dropped).toEqual({ not_finite: 4, several_series: 0 });
  });

  it('goes on where one series ends and another begins, and leaves out where both have values', async () => {
    await using started = await start(() =>
      writeMatrix(
        [
          { pod: 'a' },
          [
            [NEWEST - 180, '1'],
            [NEWEST - 120, '2'],
          ],
        ],
        [
          { pod: 'b' },
          [
            [NEWEST - 120, '3'],
            [NEWEST - 60, '4'],
            [NEWEST, '5'],
          ],
        ],
      ),
    );
    expect(await started.read(NEWEST_MS - 4 * MINUTE_MS)).toMatchObject({
      samples: [{ value: 1 }, { value: 4 }, { value: 5 }],
      readToMs: NEWEST_MS,
    });
    expect(started.dropped).toEqual({ not_finite: 0, several_series: 2 });
  });

  it('is an error while the newest time has several series, which are named', async () => {
    const series = ['a', 'b', 'c', 'd'].map((pod) => [{ __name__: 'up', pod }, [[NEWEST, '1']]] as const);
    await using started = await start(() => writeMatrix(...series));
    const result = await started.read(NEWEST_MS - MINUTE_MS);
    expect(result).toMatchObject({
      error: { message: 'expected one series, the query gives 4: up{pod="a"}, up{pod="b"}, up{pod="c"}, …' },
    });
    expect(result).toHaveProperty('error', expect.any(SourceUnavailableError));
    // A page of the past that ends so does not hold up what comes after it.
    expect(await started.read(NEWEST_MS - 10_000 * MINUTE_MS)).toMatchObject({ samples: [] });
  });

  it.each([
    [
      'a wrong expression',
      writeError(400, 'bad_data', '1:4: parse error'),
      'with 400: bad_data: 1:4: parse error',
    ],
    [
      'too much to load',
      writeError(422, 'execution', 'too many samples'),
      'with 422: execution: too many samples',
    ],
    ['a timeout', writeError(503, 'timeout', 'query timed out'), 'with 503: timeout: query timed out'],
    ['a proxy', { status: 502, body: '<html>bad gateway' }, 'with 502: <html>bad gateway'],
    ['another server', { body: '<html>hello' }, 'something else than its API: <html>hello'],
    [
      'a wrong type',
      { body: '{"status":"success","data":{"resultType":"vector","result":[]}}' },
      'something else',
    ],
    [
      'a part of the series alone',
      {
        body: '{"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"5"]]}]}}',
      },
      'the answer is partial',
    ],
    // As Prometheus 2.42 writes it; prometheus#5963 has why it is no error there.
    [
      'no remote storage',
      {
        body: '{"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["remote_read: error sending request: refused"]}',
      },
      'partial: remote_read: error sending request: refused',
    ],
    [
      'a native histogram',
      {
        body: '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"histograms":[[1,{}]]}]}}',
      },
      'native histograms',
    ],
  ] as const)('shows what went wrong, and costs no neighbour: %s', async (_, answer, message) => {
    await using started = await start(({ parameters }) =>
      parameters.get('query') === 'bad' ? answer : writeMatrix([{}, [[NEWEST, '1']]]),
    );
    const requests = ['bad', 'good'].map((query) => ({
      metricId: query,
      spec: { query },
      periodSeconds: 60,
      fromMs: NEWEST_MS - MINUTE_MS,
    }));
    const results = await started.source.polling?.read(requests, signal);
    expect(results).toMatchObject([
      { metricId: 'bad', error: { message: like(message) } },
      { metricId: 'good', samples: [{ value: 1 }] },
    ]);
  });

  it('takes an answer with a remark about the query', async () => {
    const { body } = writeMatrix([{}, [[NEWEST, '1']]]);
    const remark = '"warnings":["PromQL warning: metric might not be a counter"]';
    await using started = await start(() => ({ body: body.replace('{', `{${remark},`) }));
    expect(await started.read(NEWEST_MS - MINUTE_MS)).toMatchObject({ samples: [{ value: 1 }] });
  });

  it('is an error while nobody answers', async () => {
    await using started = await start(() => writeMatrix());
    await started.endpoint.close();
    expect(await started.read(null)).toMatchObject({ error: { message: like('did not answer') } });
  });

  it.each([429, 503])('is not asked for before the time a %i names', async (status) => {
    let isBusy = true;
    await using started = await start(() =>
      isBusy
        ? { status, headers: { 'retry-after': '30' }, body: 'busy' }
        : writeMatrix([{}, [[NEWEST, '1']]]),
    );
    const fromMs = NEWEST_MS - MINUTE_MS;
    expect(await started.read(fromMs)).toMatchObject({ error: { message: like(`with ${status}: busy`) } });
    isBusy = false;
    started.clock.nowMs += 14_000;
    expect(await started.read(fromMs)).toMatchObject({ error: { message: like('left alone until') } });
    expect(started.endpoint.asked).toHaveLength(1);
    started.clock.nowMs += 16_000;
    expect(await started.read(fromMs)).toMatchObject({ samples: [{ value: 1 }] });
  });

  it.each([
    [{ token: 'abc' }, 'Bearer abc'],
    [{ user: 'eve', password: 's:t' }, `Basic ${Buffer.from('eve:s:t').toString('base64')}`],
    [{}, undefined],
  ])('is asked for with the credentials %j', async (connection, authorization) => {
    await using started = await start(() => writeMatrix(), connection);
    await started.read(null);
    expect(started.endpoint.asked[0]?.authorization).toBe(authorization);
  });

  it('is asked for below the path of the address, with its parameters', async () => {
    await using endpoint = await startPrometheusEndpoint(() => writeMatrix());
    const source = createPrometheusSource({
      connection: { url: `${endpoint.url}/select/0/?dedup=true` },
      settleSeconds: 0,
      onDropped: () => undefined,
      log: createLog('silent'),
    });
    await source.confirm?.(SPEC).catch(() => undefined);
    expect(endpoint.asked[0]?.path).toBe('/select/0/api/v1/query_range');
    expect(endpoint.asked[0]?.parameters.get('dedup')).toBe('true');
  });
});

describe('an expression that is to be monitored', () => {
  const one = [{ job: 'a' }, [[NEWEST, '1']]] as const;
  it.each([
    ['one series', writeMatrix(one), null],
    [
      'several',
      writeMatrix(one, [{ job: 'b' }, [[NEWEST, 'NaN']]]),
      'query: expected exactly one series, got 2: {job="a"}, {job="b"}',
    ],
    [
      'none',
      writeMatrix(),
      'query: expected exactly one series, got none; `unlisted: true` takes it all the same',
    ],
    [
      'wrong',
      writeError(400, 'bad_data', 'parse error'),
      'query: Prometheus answered with 400: bad_data: parse error',
    ],
    [
      'not executable',
      writeError(422, 'execution', 'no'),
      'query: Prometheus answered with 422: execution: no',
    ],
    ['a key that is refused', writeError(401, 'unauthorized', 'no'), null],
    ['a server in trouble', { status: 500, body: '' }, null],
  ])('is refused only for what is wrong with it: %s', async (_, answer, message) => {
    await using started = await start(() => answer);
    const problem = await started.source.confirm?.(SPEC).catch((error: unknown) => error);
    if (message === null) expect(problem).toBeUndefined();
    else {
      expect(problem).toBeInstanceOf(InvalidInputError);
      expect(problem).toMatchObject({ message, inputPath: ['query'] });
    }
  });
});

describe('an expression that is to be monitored, of VictoriaMetrics', () => {
  /**
   * What VictoriaMetrics 1.79 answers of a series with a sample every two seconds: at steps younger than 30 s the value of
   * the last one that is older and was asked for, and none where there is no such step.
   */
  function answerAsVictoriaMetrics({ parameters }: Asked): Answer {
    const [start = 0, end = 0, step = 1] = ['start', 'end', 'step'].map((name) =>
      Number(parameters.get(name)),
    );
    const settled = NOW_MS / 1000 - 30;
    const times = Array.from(
      { length: Math.floor((end - start) / step) + 1 },
      (_, index) => start + index * step,
    );
    const isAdjusted = step < 60;
    if (isAdjusted && start > settled) return writeMatrix();
    return writeMatrix([{ job: 'a' }, times.map((time) => [time, '2.5'] as const)]);
  }

  it.each([1, 7, 10, 30, 59, 60, 300, 3600])('of %i s is taken', async (periodSeconds) => {
    await using started = await start(answerAsVictoriaMetrics);
    await started.source.confirm?.({ ...SPEC, periodSeconds });
    const { parameters } = started.endpoint.asked[0] ?? {};
    expect(Number(parameters?.get('end'))).toBe(NOW_MS / 1000);
    expect(Number(parameters?.get('step'))).toBe(periodSeconds);
  });
});

describe('the catalogue of a Prometheus', () => {
  it('groups metrics by what exports them, with their labels', async () => {
    await using started = await start(({ path, parameters }) => {
      const isNames = path.endsWith('/label/__name__/values');
      const labels = ['__name__', parameters.get('match[]') === '{__name__="up"}' ? 'job' : 'cpu'];
      return {
        body: JSON.stringify({
          status: 'success',
          data: isNames ? ['node_cpu', 'node_load1', 'up'] : labels,
        }),
      };
    });
    await started.source.listing.refresh();
    const types = started.source.catalogue();
    expect(types).toMatchObject([
      {
        name: 'Prometheus/node',
        metrics: [{ metric: 'node_cpu', dimensions: ['cpu'] }, { metric: 'node_load1' }],
      },
      { name: 'Prometheus/up', metrics: [{ metric: 'up', dimensions: ['job'] }] },
    ]);
    await started.endpoint.close();
    await started.source.listing.refresh();
    expect(started.source.catalogue()).toBe(types);
  });
});
