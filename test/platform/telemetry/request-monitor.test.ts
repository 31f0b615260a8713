import { describe, expect, it } from 'vitest';
import {
  createNanoClock,
  describeLicense,
  type MonitorPoint,
} from '../../../src/platform/telemetry/request-point.ts';
import { createRequestMonitor, monitorTime } from '../../../src/platform/telemetry/request-monitor.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';

const NOW_MS = 1_700_000_000_123;

function watch() {
  const points: MonitorPoint[] = [];
  const stats = createStats();
  let clockMs = 0;
  const monitor = createRequestMonitor({
    stats,
    write: (point) => points.push(point),
    now: () => NOW_MS,
    clockMs: () => clockMs,
  });
  return { monitor, points, stats, passMs: (ms: number) => (clockMs += ms) };
}

describe('a monitored request', () => {
  it('gives one point with its route, status, id and seconds, timed at its start', () => {
    const { monitor, points, passMs } = watch();
    const request = monitor.begin('POST:/graphql');
    passMs(250);
    request.end(200);
    expect(points).toEqual([
      {
        series: 'requests',
        timeNs: expect.any(BigInt) as bigint,
        tags: { service: 'lapwing', route: 'POST:/graphql', status_code: '200' },
        fields: { request_id: request.id, execution_time: 0.25 },
      },
    ]);
    expect((points[0]?.timeNs ?? 0n) / 1_000_000n).toBe(BigInt(NOW_MS));
    expect(request.id).toMatch(/^[\da-f-]{36}$/);
  });

  it('gives a second point when it failed, with the code of the failure', () => {
    const { monitor, points, stats } = watch();
    const request = monitor.begin('POST:/api/v2/write');
    request.fail('invalid');
    request.fail('another');
    request.end(400);
    const [first, second] = points;
    expect(second).toEqual({ ...first, series: 'errors', tags: { ...first?.tags, error_code: 'invalid' } });
    expect(points).toHaveLength(2);
    expect([stats.read('requests'), stats.read('requests_failed')]).toEqual([1, 1]);
  });

  it('failed when its status says so, whoever says nothing', () => {
    const { monitor, points } = watch();
    monitor.begin('GET:/x').end(503);
    monitor.begin('GET:/x').end(399);
    expect(points.map(({ series, tags }) => [series, tags.error_code])).toEqual([
      ['requests', undefined],
      ['errors', 'HTTP_503'],
      ['requests', undefined],
    ]);
  });

  it('is found by its owner, takes tags and fields, and keeps its own', () => {
    const { monitor, points } = watch();
    const owner = {};
    monitor.begin('POST:/aws', owner);
    const request = monitor.of(owner);
    request?.setRoute('POST:/aws/PutMetricData');
    request?.addTag('account', '7');
    request?.addTag('service', 'forged');
    request?.addField('points', 20);
    request?.end(200);
    expect(points[0]?.tags).toEqual({
      account: '7',
      service: 'lapwing',
      route: 'POST:/aws/PutMetricData',
      status_code: '200',
    });
    expect(points[0]?.fields).toMatchObject({ points: 20 });
    expect(monitor.of({})).toBeUndefined();
  });

  it('ends once, and no two have the same time', () => {
    const { monitor, points } = watch();
    for (let index = 0; index < 1000; index += 1) {
      const request = monitor.begin('GET:/');
      request.end(200);
      request.end(500);
    }
    expect(new Set(points.map(({ timeNs }) => timeNs)).size).toBe(1000);
  });

  it('is counted when nobody wants its point', () => {
    const stats = createStats();
    createRequestMonitor({ stats, write: null }).begin('GET:/').end(404);
    expect([stats.read('requests'), stats.read('requests_failed')]).toEqual([1, 1]);
  });

  it('times its sections, added up, failed ones too', async () => {
    const data: Record<string, number> = {};
    const times = [0, 100, 200, 250];
    const clock = () => times.shift() ?? 0;
    expect(await monitorTime(data, 'database_time', () => 'rows', clock)).toBe('rows');
    const failing = monitorTime(data, 'database_time', () => Promise.reject(new Error('away')), clock);
    await expect(failing).rejects.toThrow('away');
    expect(data.database_time).toBeCloseTo(0.15);
  });
});

describe('the clock of points', () => {
  it('goes on by the wall, each millisecond from a time within it', () => {
    const times = [5, 5, 6, 4, 4];
    const read = createNanoClock(() => times.shift() ?? 0);
    const given = times.map(() => 0).map(() => read());
    expect(given.map((timeNs) => timeNs / 1_000_000n)).toEqual([5n, 5n, 6n, 4n, 4n]);
    expect(given[1]).toBe((given[0] ?? 0n) + 1n);
    expect(given[4]).toBe((given[3] ?? 0n) + 1n);
  });

  it('gives no time of another member of a cluster, nor one of before the wall went back', () => {
    const walls = Array.from({ length: 1000 }, (_, i) => Math.floor(i / 2));
    const readAll = () => {
      const left = [...walls, ...walls];
      const read = createNanoClock(() => left.shift() ?? 0);
      return Array.from({ length: left.length }, () => read());
    };
    const given = [readAll(), readAll()].flat();
    // By chance a few may be alike, where all would be.
    expect(new Set(given).size).toBeGreaterThan(given.length - 5);
  });
});

describe('the licensing point', () => {
  it('tells the status, the days that are left and what is wrong', () => {
    const point = describeLicense({
      timeNs: 1n,
      status: 'warning',
      restDays: 12,
      warnings: ['ends in 12 days'],
      errors: [],
    });
    expect(point).toEqual({
      series: 'licensing',
      timeNs: 1n,
      tags: { service: 'lapwing', license_status: 'warning' },
      fields: { license_period_rest: 12, warnings: 1, errors: 0, message: 'ends in 12 days' },
    });
  });
});
