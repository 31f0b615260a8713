import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { InvalidInputError, SourceUnavailableError } from '../../../../src/errors.ts';
import { createLog } from '../../../../src/log.ts';
import {
  createQueryInfluxdb,
  writeWindowQuery,
} from '../../../../src/core/sources/influxdb/influxdb-query.ts';
import { readInfluxdbSpec } from '../../../../src/core/sources/influxdb/influxdb-spec.ts';
import { pino } from 'pino';
import { createInfluxdbSource } from '../../../../src/core/sources/influxdb/influxdb.ts';
import type { Source } from '../../../../src/core/sources/source.ts';
import { type EndpointOptions, startInfluxdbEndpoint } from '../../../helpers/influxdb-endpoint.ts';
import { KEPT_OPEN } from '../../../helpers/kept-open.ts';

const MINUTE_MS = 60_000;
/** A whole minute and half of the next. */
const NOW_MS = 28_400_000 * MINUTE_MS + 30_000;
const SPEC = { bucket: 'b', measurement: 'cpu', field: 'usage', tags: { host: 'web' } };
const signal = new AbortController().signal;

/** Rows as InfluxDB writes them: annotated CSV, one table. */
function csv(rows: readonly (readonly [number, number | string])[], type = 'double'): string {
  const lines = rows.map(([ms, value]) => `,,0,${new Date(ms).toISOString()},${value}`);
  return [
    `#datatype,string,long,dateTime:RFC3339,${type}`,
    '#group,false,false,false,false',
    '#default,_result,,,',
    ',result,table,_time,_value',
    ...lines,
    '',
  ].join('\r\n');
}

function strings(column: string, values: readonly string[]): string {
  const head = ['#datatype,string,long,string', '#group,false,false,false', '#default,_result,,'];
  return [...head, `,result,table,${column}`, ...values.map((value) => `,,0,${value}`), ''].join('\r\n');
}

function pollingOf({ polling }: Source) {
  if (polling === null) throw new Error('it is polled');
  return polling;
}

async function start(answerQuery: NonNullable<EndpointOptions['answerQuery']>) {
  const endpoint = await startInfluxdbEndpoint({ answerQuery });
  const source = createInfluxdbSource({
    connection: { url: endpoint.url, org: 'acme', token: 'secret' },
    log: createLog('silent'),
    now: () => NOW_MS,
  });
  const polling = pollingOf(source);
  const read = (fromMs: number | null, spec: unknown = SPEC) =>
    polling.read([{ metricId: 'm', spec, periodSeconds: 60, fromMs }], signal);
  const dispose = async () => {
    source.listing.stop();
    await endpoint[Symbol.asyncDispose]();
  };
  return { endpoint, source, read, [Symbol.asyncDispose]: dispose };
}

describe('the source of InfluxDB series', () => {
  it('reads whole periods that have settled, and leaves the silent ones out', async () => {
    const firstMs = NOW_MS - 30_000 - 5 * MINUTE_MS;
    await using started = await start(() =>
      csv([
        [firstMs + 3 * MINUTE_MS, 4.5],
        [firstMs, -1],
      ]),
    );
    expect(await started.read(firstMs)).toEqual([
      {
        metricId: 'm',
        samples: [
          { timestampMs: firstMs, value: -1 },
          { timestampMs: firstMs + 3 * MINUTE_MS, value: 4.5 },
        ],
        readToMs: NOW_MS - 30_000,
      },
    ]);
    const [query] = started.endpoint.queries;
    expect(query).toContain(
      `range(start: time(v: "${new Date(firstMs).toISOString()}"), stop: time(v: "${new Date(NOW_MS - 30_000).toISOString()}"))`,
    );
    expect(query).toContain('r._measurement == "cpu" and r._field == "usage" and r["host"] == "web"');
    expect(query).toContain(
      'aggregateWindow(every: duration(v: "60s"), fn: mean, createEmpty: false, timeSrc: "_start")',
    );
  });

  it('asks nothing when no period has ended since', async () => {
    await using started = await start(() => csv([]));
    expect(await started.read(NOW_MS - 30_000)).toEqual([
      { metricId: 'm', samples: [], readToMs: NOW_MS - 30_000 },
    ]);
    expect(started.endpoint.queries).toEqual([]);
  });

  it('goes back a bounded number of periods for a new metric, and catches up in bounded steps', async () => {
    await using started = await start(() => csv([]));
    const [first] = await started.read(null);
    expect(first).toMatchObject({ samples: [], readToMs: NOW_MS - 30_000 });
    const longAgoMs = NOW_MS - 30_000 - 100_000 * MINUTE_MS;
    const [second] = await started.read(longAgoMs);
    expect(second).toMatchObject({ readToMs: longAgoMs + 5000 * MINUTE_MS });
  });

  it.each([
    ['a wrong token', { status: 401, body: '{"code":"unauthorized","message":"no"}' }, '401'],
    ['a bucket that is not there', { status: 404, body: 'could not find bucket' }, '404'],
    [
      'a version without Flux',
      // As InfluxDB 1.6.7 answers.
      { status: 404, headers: { 'x-influxdb-version': '1.6.7' }, body: '404 page not found\n' },
      'it is version 1.6.7, without Flux: series are read from InfluxDB 2',
    ],
    [
      'a bucket that is not there, in version 2',
      {
        status: 404,
        headers: { 'x-influxdb-version': 'v2.7.1', 'content-type': 'application/json' },
        body: '{"code":"not found","message":"failed to initialize execute state: could not find bucket \\"bad\\""}',
      },
      'InfluxDB answered with 404: failed to initialize execute state: could not find bucket "bad"',
    ],
    ['trouble of its own', { status: 503, body: 'busy' }, '503'],
    [
      'a proxy before it',
      { status: 502, body: `<html>${'x'.repeat(5000)}</html>` },
      'InfluxDB answered with 502: Bad Gateway, with a web page',
    ],
    // In one line it is no row and no failure of the client: its time would count as read.
    ['a page of a proxy that is a success', '<html><body>Sign in</body></html>', 'annotated CSV: <html>'],
    ['another service', '{"status":"ok"}', 'annotated CSV: {"status":"ok"}'],
    ['a late error', 'error,reference\r\nruntime error,897\r\n', 'runtime error'],
    ['texts', csv([[NOW_MS, 'on']], 'string'), 'no number'],
  ])('tells of %s as a failure of the metric alone', async (_what, answer, message) => {
    await using started = await start((query) => (query.includes('"bad"') ? answer : csv([[0, 1]])));
    const polling = pollingOf(started.source);
    const request = { periodSeconds: 60, fromMs: 0 };
    const results = await polling.read(
      [
        { ...request, metricId: 'bad', spec: { ...SPEC, bucket: 'bad' } },
        { ...request, metricId: 'good', spec: SPEC },
      ],
      signal,
    );
    expect(results[0]).toMatchObject({
      metricId: 'bad',
      error: { message: expect.stringContaining(message) as string },
    });
    expect(results[0]).toHaveProperty('error', expect.any(SourceUnavailableError));
    expect(results[1]).toMatchObject({ metricId: 'good', samples: [{ timestampMs: 0, value: 1 }] });
  });

  // InfluxDB 2 to 3.0 of the cloud, with nothing that matches, answer with an empty body, or an empty line.
  it.each(['', '\r\n'])('takes an answer without tables for silence: %j', async (answer) => {
    await using started = await start(() => answer);
    const fromMs = NOW_MS - 30_000 - 5 * MINUTE_MS;
    expect(await started.read(fromMs)).toEqual([{ metricId: 'm', samples: [], readToMs: NOW_MS - 30_000 }]);
  });

  it.each([
    ['double', '1e308', 1e308],
    ['double', '+Inf', Number.POSITIVE_INFINITY],
    ['double', '-0.5', -0.5],
    ['long', '-9223372036854775808', -(2 ** 63)],
    ['unsignedLong', '18446744073709551615', 2 ** 64],
  ])('reads a value of the type %s: %s', async (type, text, value) => {
    await using started = await start(() => csv([[0, text]], type));
    expect(await started.read(0)).toMatchObject([{ samples: [{ timestampMs: 0, value }] }]);
  });

  it.each(['mean', 'sum', 'min', 'max', 'last'])(
    'asks for floats before the series become one, so that truth values and mixed types can be read: %s',
    (aggregate) => {
      const query = writeWindowQuery(readInfluxdbSpec({ ...SPEC, aggregate }), 0, MINUTE_MS);
      expect(query.indexOf('|> toFloat()')).toBeGreaterThan(query.indexOf('|> filter('));
      expect(query.indexOf('|> toFloat()')).toBeLessThan(query.indexOf('|> group()'));
    },
  );

  it('counts values of any type, texts too', () => {
    expect(writeWindowQuery(readInfluxdbSpec({ ...SPEC, aggregate: 'count' }), 0, MINUTE_MS)).not.toContain(
      'toFloat',
    );
  });

  it.each([
    [429, '30', 30_000],
    [429, '86400', 600_000],
    [500, '30', 0],
    [429, '', 0],
  ])('leaves InfluxDB alone for as long as it asks: %i, %j', async (status, header, pauseMs) => {
    await using endpoint = await startInfluxdbEndpoint({
      answerQuery: () => ({ status, headers: { 'retry-after': header }, body: 'busy' }),
    });
    let nowMs = NOW_MS;
    const connection = { url: endpoint.url, org: 'o', token: 't' };
    const query = createQueryInfluxdb(connection, { now: () => nowMs });
    const askedAt = async (ms: number) => {
      nowMs = ms;
      const before = endpoint.queries.length;
      await expect(query('buckets()', signal)).rejects.toThrow(SourceUnavailableError);
      return endpoint.queries.length > before;
    };
    expect(await askedAt(NOW_MS)).toBe(true);
    if (pauseMs > 0) expect(await askedAt(NOW_MS + pauseMs - 1)).toBe(false);
    expect(await askedAt(NOW_MS + pauseMs)).toBe(true);
  });

  it.each([400, 401, 403, 404])('lists the other buckets where one answers %i', async (status) => {
    await using started = await start((query) => {
      if (query === 'buckets()') return strings('name', ['gone', 'metrics']);
      if (query.includes('"gone"')) return { status, body: 'could not find bucket "gone"' };
      if (query.includes('measurements(')) return strings('_value', ['cpu']);
      return strings('_value', ['usage']);
    });
    await started.source.listing.refresh();
    expect(started.source.catalogue().map(({ name }) => name)).toEqual(['InfluxDB/metrics/cpu']);
  });

  it('gives an answer up that trickles', async () => {
    const server = createServer(KEPT_OPEN, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/csv' });
      const timer = setInterval(() => response.write(','), 5);
      response.on('close', () => clearInterval(timer));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // it listens on TCP
    const query = createQueryInfluxdb(
      { url: `http://127.0.0.1:${port}`, org: 'o', token: 't' },
      { limitMs: 50 },
    );
    await expect(query('buckets()', signal)).rejects.toThrow(
      'InfluxDB did not answer: not done within 0.05 s',
    );
    server.closeAllConnections();
    server.close();
  });

  it('ends a reading at once when it is told to', async () => {
    const aborting = new AbortController();
    await using started = await start(() => {
      aborting.abort();
      return csv([]);
    });
    const polling = pollingOf(started.source);
    const request = { metricId: 'm', spec: SPEC, periodSeconds: 60, fromMs: 0 };
    expect(await polling.read([request], aborting.signal)).toMatchObject([
      { error: { message: expect.stringContaining('cut short') as string } },
    ]);
  });

  it('lists each measurement with its fields and tags, and keeps the list when InfluxDB goes away', async () => {
    await using started = await start((query) => {
      if (query === 'buckets()') return strings('name', ['metrics', '_monitoring']);
      if (query.includes('measurements(')) return strings('_value', ['cpu']);
      if (query.includes('FieldKeys')) return strings('_value', ['usage', 'idle']);
      return strings('_value', ['_start', '_field', 'host']);
    });
    await started.source.listing.refresh();
    const types = started.source.catalogue();
    expect(types).toMatchObject([
      {
        name: 'InfluxDB/metrics/cpu',
        metrics: [{ metric: 'usage', dimensions: ['host'] }, { metric: 'idle' }],
      },
    ]);
    await started.endpoint.goAway();
    await started.source.listing.refresh();
    expect(started.source.catalogue()).toBe(types);
  });

  it('warns once of a database that is only written to, not at every listing', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) });
    await using endpoint = await startInfluxdbEndpoint({});
    await endpoint.goAway();
    const source = createInfluxdbSource({ connection: { url: endpoint.url, org: 'acme', token: 't' }, log });
    await source.listing.refresh();
    await source.listing.refresh();
    const levels = lines.map((line) => (JSON.parse(line) as { level: number }).level);
    expect(levels).toEqual([40, 20]);
    source.listing.stop();
  });
});

describe('the spec of an InfluxDB series', () => {
  const { describe: describeSpec } = createInfluxdbSource({
    connection: { url: 'http://localhost:1', org: 'o', token: undefined },
    log: createLog('silent'),
  });

  it('names the resource by the chosen tag, else by the first that names one by convention, else by its measurement', () => {
    expect(describeSpec({ ...SPEC, resourceTag: 'host', aggregate: 'max', periodSeconds: 10 })).toMatchObject(
      {
        name: 'cpu.usage',
        description: 'max of cpu.usage where host=web in b',
        server: 'b/InfluxDB/web',
        periodSeconds: 10,
        resource: { region: 'b', type: 'host', resourceId: 'web' },
      },
    );
    expect(describeSpec(SPEC).server).toBe('b/InfluxDB/web');
    expect(describeSpec({ ...SPEC, tags: { zone: 'a' } }).server).toBe('b/InfluxDB/cpu');
  });

  it('is the same metric in whatever order its tags come, and another with other tags', () => {
    const identity = (tags: Record<string, string>) => describeSpec({ ...SPEC, tags }).identity;
    expect(identity({ a: '1', b: '2' })).toBe(identity({ b: '2', a: '1' }));
    const others = [{}, { a: '1' }, { a: '1', b: '3' }, { a: '1', b: '2', c: '3' }];
    expect(new Set(others.map(identity)).size).toBe(4);
  });

  it.each([
    [{}, 'bucket'],
    [{ ...SPEC, field: '' }, 'field'],
    [{ ...SPEC, aggregate: 'median' }, 'aggregate'],
    [{ ...SPEC, periodSeconds: 0 }, 'periodSeconds'],
    [{ ...SPEC, periodSeconds: 1.5 }, 'periodSeconds'],
    [{ ...SPEC, tags: { host: 1 } }, 'tags.host'],
    // PostgreSQL stores no NUL and no half of a surrogate pair; line protocol has no line breaks in names.
    [{ ...SPEC, bucket: 'a\u0000b' }, 'bucket'],
    [{ ...SPEC, measurement: 'a\nb' }, 'measurement'],
    [{ ...SPEC, field: 'a\ud800' }, 'field'],
    [{ ...SPEC, tags: { host: 'a\u0000' } }, 'tags.host'],
    [{ ...SPEC, resourceTag: 'zone' }, 'resourceTag'],
    [{ ...SPEC, query: 'drop' }, 'query'],
  ])('is refused where it is wrong: %j', (spec, field) => {
    expect(() => describeSpec(spec)).toThrow(InvalidInputError);
    expect(() => describeSpec(spec)).toThrow(field);
  });

  it('cannot end a text of the question and begin another', () => {
    const hostile = '") |> drop() //${x}\\';
    const spec = readInfluxdbSpec({
      bucket: hostile,
      measurement: hostile,
      field: hostile,
      tags: { [hostile]: hostile },
    });
    const query = writeWindowQuery(spec, 0, 1000);
    const outside = query.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
    expect(outside).not.toContain('drop');
    expect(outside).toContain('from(bucket: "")');
  });
});
