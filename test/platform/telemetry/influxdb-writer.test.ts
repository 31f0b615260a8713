import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { createSendPoints } from '../../../src/platform/telemetry/send-points.ts';
import { createPointBuffer } from '../../../src/platform/telemetry/point-buffer.ts';
import {
  InfluxdbWriter,
  type InfluxdbWriterOptions,
} from '../../../src/platform/telemetry/influxdb-writer.ts';
import type { MonitorPoint } from '../../../src/platform/telemetry/request-point.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';
import { createDeferred } from '../../helpers/deferred.ts';
import {
  type EndpointOptions,
  startInfluxdbEndpoint,
  type WriteAnswer,
} from '../../helpers/influxdb-endpoint.ts';

const log = createLog('silent');
const point = (index: number): MonitorPoint => ({
  series: 'requests',
  timeNs: BigInt(index),
  tags: { service: 'lapwing', route: 'GET:/a b' },
  fields: { request_id: `"${index}"`, execution_time: index / 2 },
});
const lineOf = (index: number) =>
  `requests,route=GET:/a\\ b,service=lapwing execution_time=${index / 2},request_id="\\"${index}\\"" ${index}`;

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(endpointOptions: EndpointOptions = {}, options: Partial<InfluxdbWriterOptions> = {}) {
  const endpoint = await startInfluxdbEndpoint(endpointOptions);
  const stats = createStats();
  const send = createSendPoints({ url: endpoint.url, org: 'o', bucket: 'b', token: 'secret' }, log);
  const writer = new InfluxdbWriter({
    send,
    stats,
    log,
    flushSeconds: 0.01,
    firstPauseMs: 1,
    maxPauseMs: 20,
    ...options,
  });
  writer.start();
  stops.push(async () => {
    await writer.stop();
    await endpoint[Symbol.asyncDispose]();
  });
  return { endpoint, stats, writer };
}

describe('the writer to InfluxDB', () => {
  it('writes every point once, as line protocol, to its organisation and bucket', async () => {
    const { endpoint, stats, writer } = await start();
    for (let index = 1; index <= 10; index += 1) writer.write(point(index));
    await endpoint.untilLines(10);
    expect(endpoint.lines).toEqual(Array.from({ length: 10 }, (_, index) => lineOf(index + 1)));
    expect(endpoint.requests[0]).toMatchObject({
      path: '/api/v2/write?org=o&bucket=b&precision=ns',
      token: 'Token secret',
    });
    await writer.stop();
    expect(stats.read('monitoring_points_written')).toBe(10);
    expect(stats.read('monitoring_points_waiting')).toBe(0);
  });

  it('does not wait for its period when there is enough for a request', async () => {
    const { endpoint, writer } = await start({}, { flushSeconds: 3600 });
    for (let index = 0; index < 5000; index += 1) writer.write(point(index));
    await endpoint.untilLines(5000);
    expect(endpoint.requests).toHaveLength(1);
  });

  it('takes another period while it runs', async () => {
    const { endpoint, writer } = await start({}, { flushSeconds: 3600 });
    writer.write(point(1));
    writer.setFlushSeconds(0.01);
    await endpoint.untilLines(1);
    writer.write(point(2));
    await endpoint.untilLines(2);
  });

  it.each([401, 404, 429, 500, 503])('sends the same points again after a %i', async (status) => {
    const { endpoint, stats, writer } = await start({
      answerWrite: (_lines, attempt) => ({ status: attempt < 4 ? status : 204 }),
    });
    writer.write(point(1));
    await endpoint.untilLines(1);
    await writer.stop();
    expect(endpoint.lines).toEqual([lineOf(1)]);
    expect(stats.read('monitoring_writes_failed')).toBe(3);
    expect(stats.read('monitoring_points_written')).toBe(1);
  });

  it.each([400, 413, 422])('gives points up that are refused with a %i, and goes on', async (status) => {
    const { endpoint, stats, writer } = await start({
      answerWrite: (_lines, attempt) => ({ status: attempt === 1 ? status : 204 }),
    });
    writer.write(point(1));
    await endpoint.untilRequests(1);
    writer.write(point(2));
    await endpoint.untilLines(1);
    expect(endpoint.lines).toEqual([lineOf(2)]);
    expect(stats.read('monitoring_points_refused')).toBe(1);
  });

  // As InfluxDB words it: 1.x and 2.x (tsdb/shard.go, coordinator/points_writer.go), and 2.0 in issues of its users.
  it.each([
    // 1.8, by its endpoint for clients of 2.
    [400, { error: 'partial write: points beyond retention policy dropped=4' }, 4],
    [
      400,
      {
        error: 'partial write of line protocol occurred',
        data: [
          { original_line: 'a', line_number: 1, error_message: 'x' },
          { original_line: 'b', line_number: 2, error_message: 'y' },
        ],
      },
      2,
    ],
    [422, 'failure writing points to database: partial write: points beyond retention policy dropped=3', 3],
    [
      422,
      'partial write: field type conflict: input field "score" on measurement "anomaly" is type float, already exists as type integer dropped=1',
      1,
    ],
    [
      500,
      'unexpected error writing points to database: partial write: points beyond retention policy dropped=2',
      2,
    ],
    [400, 'partial write: points beyond retention policy dropped=9', 5],
    [400, "unable to parse 'x': missing fields", 5],
  ])('counts what InfluxDB did not keep, and goes on: %i %j', async (status, said, refused) => {
    const { endpoint, stats, writer } = await start(
      {
        answerWrite: (_lines, attempt) => ({
          status: attempt === 1 ? status : 204,
          headers: { 'content-type': 'application/json; charset=utf-8' },
          body:
            attempt === 1
              ? JSON.stringify(typeof said === 'string' ? { code: 'x', message: said } : said)
              : '',
        }),
      },
      { flushSeconds: 3600 },
    );
    for (let index = 0; index < 5; index += 1) writer.write(point(index));
    await writer.stop();
    expect(endpoint.requests).toHaveLength(1);
    expect(stats.read('monitoring_points_refused')).toBe(refused);
    expect(stats.read('monitoring_points_written')).toBe(5 - refused);
    expect(stats.read('monitoring_points_dropped')).toBe(0);
  });

  it('sends in halves what a proxy says is too large', async () => {
    const { endpoint, stats, writer } = await start(
      { answerWrite: (lines) => ({ status: lines.length > 30 ? 413 : 204 }) },
      { flushSeconds: 3600 },
    );
    for (let index = 0; index < 100; index += 1) writer.write(point(index));
    await writer.stop();
    expect(endpoint.lines).toEqual(Array.from({ length: 100 }, (_, index) => lineOf(index)));
    expect(stats.read('monitoring_points_written')).toBe(100);
    expect(stats.read('monitoring_points_refused')).toBe(0);
  });

  it('sends the second half also where the first one is refused', async () => {
    const { endpoint, writer } = await start(
      {
        answerWrite: (lines) => ({ status: lines.length > 30 ? 413 : lines.includes(lineOf(0)) ? 400 : 204 }),
      },
      { flushSeconds: 3600 },
    );
    for (let index = 0; index < 40; index += 1) writer.write(point(index));
    await writer.stop();
    expect(endpoint.lines).toEqual(Array.from({ length: 20 }, (_, index) => lineOf(20 + index)));
  });

  it('lets no point it cannot write cost another one', async () => {
    const { endpoint, stats, writer } = await start({}, { flushSeconds: 3600 });
    const tagged = (value: string) => ({ ...point(7), tags: { a: value, b: 'c' }, fields: { x: 1 } });
    writer.write({ ...point(1), fields: { x: Number.NaN, y: 2 } });
    writer.write({ ...point(2), fields: { x: Number.POSITIVE_INFINITY } });
    // Beyond the year 2262, and before 1677.
    writer.write({ ...point(3), timeNs: 2n ** 63n });
    writer.write({ ...point(4), timeNs: -(2n ** 63n) });
    for (const value of ['C:\\', 'C:\\a', '\\\\', 'a\\,', '']) writer.write(tagged(value));
    await writer.stop();
    expect(endpoint.lines).toEqual([
      'requests,route=GET:/a\\ b,service=lapwing y=2 1',
      'requests,a=C:,b=c x=1 7',
      'requests,a=C:\\a,b=c x=1 7',
      'requests,b=c x=1 7',
      'requests,a=a\\\\,,b=c x=1 7',
      'requests,b=c x=1 7',
    ]);
    expect(stats.read('monitoring_points_refused')).toBe(3);
    expect(stats.read('monitoring_points_written')).toBe(6);
  });

  it.each(['3600', new Date(Date.now() + 3_600_000).toUTCString()])(
    'leaves a server alone for as long as it asks to be: %s',
    async (header) => {
      const { endpoint, writer } = await start(
        {
          answerWrite: (_lines, attempt) =>
            attempt === 1 ? { status: 429, headers: { 'retry-after': header } } : { status: 204 },
        },
        { stopMs: 60_000 },
      );
      writer.write(point(1));
      await endpoint.untilRequests(1);
      // Had it taken seconds for milliseconds, the period would have brought a second request before the stop did.
      await writer.stop();
      expect(endpoint.requests).toHaveLength(2);
      expect(endpoint.lines).toEqual([lineOf(1)]);
    },
  );

  it('keeps the newest while InfluxDB is away, counts what it dropped, and sends the rest when it is back', async () => {
    const { endpoint, stats, writer } = await start({}, { capacity: 100 });
    await endpoint.goAway();
    for (let index = 0; index < 1000; index += 1) writer.write(point(index));
    const made = 1000;
    await endpoint.comeBack();
    await endpoint.untilLines(100);
    await writer.stop();
    expect(endpoint.lines).toEqual(Array.from({ length: 100 }, (_, index) => lineOf(900 + index)));
    expect(stats.read('monitoring_points_dropped')).toBe(made - 100);
    expect(stats.read('monitoring_points_waiting')).toBe(0);
  });

  it('logs each reason once: being away, then the token, then that it writes again', async () => {
    const logged: string[] = [];
    const writing = createLog('info', (bytes) => {
      const { msg, err, failures } = JSON.parse(bytes.toString()) as Record<string, unknown>;
      const reason = /ECONNREFUSED|\b4\d\d\b/.exec(JSON.stringify(err ?? null))?.[0];
      logged.push(`${String(msg)}: ${reason ?? (Number(failures) > 4 ? 'all failed' : 'few failed')}`);
      return bytes.length;
    });
    const answerWrite = (_lines: unknown, attempt: number) => ({
      status: [401, 401, 404][attempt - 1] ?? 204,
    });
    const { endpoint, stats, writer } = await start({ answerWrite }, { log: writing });
    await endpoint.goAway();
    writer.write(point(1));
    while (stats.read('monitoring_writes_failed') < 2) await nextTurn();
    await endpoint.comeBack();
    await endpoint.untilLines(1);
    await writer.stop();
    expect(logged).toEqual([
      'points could not be written to InfluxDB: ECONNREFUSED',
      'points could not be written to InfluxDB: 401',
      'points could not be written to InfluxDB: 404',
      'InfluxDB takes points again: all failed',
    ]);
  });

  it('logs once what it refuses at each write', async () => {
    const warnings: string[] = [];
    const writing = createLog('info', (bytes) => {
      warnings.push(bytes.toString());
      return bytes.length;
    });
    const { endpoint, writer } = await start({ answerWrite: () => ({ status: 422 }) }, { log: writing });
    for (let index = 1; index <= 3; index += 1) {
      writer.write(point(index));
      await endpoint.untilRequests(index);
    }
    await writer.stop();
    expect(warnings).toEqual([expect.stringContaining('could not be written')]);
  });

  it('sends at stop what waits', async () => {
    const { endpoint, stats, writer } = await start({}, { flushSeconds: 3600 });
    writer.write(point(1));
    await writer.stop();
    expect(endpoint.lines).toEqual([lineOf(1)]);
    expect(stats.read('monitoring_points_dropped')).toBe(0);
  });

  it('stops within its deadline though InfluxDB never answers, and counts what is left', async () => {
    const silence = createDeferred<WriteAnswer>();
    const { stats, writer, endpoint } = await start(
      { answerWrite: () => silence.promise },
      { stopMs: 50, flushSeconds: 0.01 },
    );
    writer.write(point(1));
    await endpoint.untilRequests(1);
    writer.write(point(2));
    await writer.stop();
    expect(stats.read('monitoring_points_dropped')).toBe(2);
    silence.resolve({ status: 204 });
  });

  it('stops at once when InfluxDB is away', async () => {
    const { stats, writer, endpoint } = await start({}, { firstPauseMs: 3_600_000, maxPauseMs: 3_600_000 });
    await endpoint.goAway();
    writer.write(point(1));
    await writer.stop();
    expect(stats.read('monitoring_points_dropped')).toBe(1);
  });
});

describe('the buffer of points', () => {
  it('gives the oldest first and lets the oldest go when full', () => {
    const buffer = createPointBuffer<number>(3);
    expect([1, 2, 3, 4, 5].map((item) => buffer.push(item))).toEqual([0, 0, 0, 1, 1]);
    expect(buffer.take(2)).toEqual([3, 4]);
    buffer.push(6);
    expect(buffer.take(9)).toEqual([5, 6]);
    expect(buffer.take(9)).toEqual([]);
    expect(buffer.size).toBe(0);
  });
});
