import { describe, expect, it } from 'vitest';
import { createAwsClients } from '../../../../src/core/sources/aws/clients.ts';
import { createCloudwatchSource } from '../../../../src/core/sources/aws/cloudwatch.ts';
import { MathReader } from '../../../../src/core/sources/aws/math/read-math.ts';
import { createReadSeries, type ReadAccess } from '../../../../src/core/sources/aws/read-series.ts';
import type { ReadFailure, ReadRequest, ReadResult } from '../../../../src/core/sources/source.ts';
import { startAwsImitation } from './imitation.ts';
import { BROKEN, EXPIRED, THROTTLED, type Fault, type Script } from './script.ts';

const NOW = Date.parse('2026-11-07T12:00:00Z');
const END = NOW - 600_000;
const RULES = { settleMs: 360_000, historyMs: 14 * 86_400_000 };

async function startReading(script: Script, options: { readonly maxAttempts?: number } = {}) {
  const aws = await startAwsImitation(script);
  const counts = new Map<string, number>();
  const clients = createAwsClients({
    endpoint: () => Promise.resolve(aws.url),
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: options.maxAttempts ?? 1,
  });
  const access: ReadAccess = {
    client: clients.cloudwatch,
    count: (name, by = 1) => counts.set(name, (counts.get(name) ?? 0) + by),
  };
  const readSeries = createReadSeries(access);
  const source = createCloudwatchSource({
    readSeries,
    math: new MathReader({ access, rules: RULES, now: () => NOW }),
    confirm: () => Promise.resolve(),
    rules: RULES,
    now: () => NOW,
  });
  const read = (requests: readonly ReadRequest[], signal = new AbortController().signal) => {
    if (source.polling === null) throw new Error('CloudWatch is polled');
    return source.polling.read(requests, signal);
  };
  const stop = async () => {
    clients.stop();
    await aws[Symbol.asyncDispose]();
  };
  return { aws, counts, read, [Symbol.asyncDispose]: stop };
}

function request(index: number, fromMs: number | null, region = 'us-west-2'): ReadRequest {
  const dimensions = [{ name: 'InstanceId', value: `i-${index.toString(16).padStart(5, '0')}` }];
  const spec = { region, namespace: 'AWS/EC2', metric: 'CPUUtilization', dimensions };
  return { metricId: `metric ${index}`, spec, periodSeconds: 300, fromMs };
}

function samplesOf(result: ReadResult | ReadFailure | undefined) {
  if (result === undefined || 'error' in result) throw result?.error ?? new Error('no result');
  return result.samples;
}

describe('reading CloudWatch metrics', () => {
  it("asks for 500 metrics in one call, with the catalogue's statistic and aligned ends", async () => {
    await using reading = await startReading({ valueAt: (_, timestampMs) => timestampMs / 300_000 });
    const results = await reading.read(
      Array.from({ length: 500 }, (_, index) => request(index, END - 300_000)),
    );
    expect(reading.aws.calls).toHaveLength(1);
    expect(results).toHaveLength(500);
    for (const result of results) {
      expect(result).toMatchObject({ readToMs: END });
      // One new period, and two that are read again.
      expect(samplesOf(result).map(({ timestampMs }) => (END - timestampMs) / 300_000)).toEqual([3, 2, 1]);
    }
    const body = JSON.parse(reading.aws.calls[0]?.body ?? '') as Record<string, unknown>;
    expect(body).toMatchObject({ StartTime: (END - 900_000) / 1000, EndTime: END / 1000 });
    expect(body).toMatchObject({
      MetricDataQueries: { 0: { MetricStat: { Stat: 'Average', Period: 300 } } },
    });
    expect(Object.fromEntries(reading.counts)).toMatchObject({
      cloudwatch_calls: 1,
      cloudwatch_series_read: 500,
    });
  });

  it('puts pages together, whatever the order of their points (row 34)', async () => {
    await using reading = await startReading({
      valueAt: (_, timestampMs) => timestampMs / 300_000,
      pagePoints: 7,
      shuffled: true,
    });
    const results = await reading.read([request(1, END - 6_000_000), request(2, END - 6_000_000)]);
    expect(reading.aws.calls.length).toBeGreaterThan(5);
    for (const result of results) {
      const times = samplesOf(result).map(({ timestampMs }) => timestampMs);
      expect(times).toHaveLength(22);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });

  it('passes over silence: nothing there is an answer, and the next reading begins behind it (row 35)', async () => {
    await using reading = await startReading({ valueAt: () => null });
    const [result] = await reading.read([request(1, END - 12 * 86_400_000)]);
    expect(result).toMatchObject({ samples: [], readToMs: END });
  });

  it('begins 14 days back and comes to the present in bounded pieces', async () => {
    await using reading = await startReading({ valueAt: () => 1 });
    const fromMs = Array.from({ length: 100 }, (): number | null => null);
    let points = 0;
    for (let rounds = 0; fromMs.some((from) => from !== END); rounds += 1) {
      expect(rounds).toBeLessThan(30);
      const results = await reading.read(fromMs.map((from, index) => request(index, from)));
      const read = results.reduce((sum, result) => sum + samplesOf(result).length, 0);
      expect(read).toBeLessThanOrEqual(26_000);
      points += read;
      results.forEach((result, index) => (fromMs[index] = 'error' in result ? null : result.readToMs));
    }
    expect(points).toBeGreaterThanOrEqual(100 * 14 * 288 - 300);
  });

  it.each<[string, Fault]>([
    ['throttled', THROTTLED],
    ['InternalFailure', BROKEN],
    ['expired', EXPIRED],
    ['expired', { status: 400, code: 'RequestExpired' }],
    ['refused', { status: 403, code: 'SignatureDoesNotMatch' }],
    ['may not do this', { status: 403, code: 'AccessDenied' }],
    ['ServiceUnavailable', { status: 503, code: 'ServiceUnavailable' }],
  ])('is a failure of each metric that says what happened: %s', async (words, fault) => {
    await using reading = await startReading({ valueAt: () => 1, nextFault: () => fault });
    const results = await reading.read([request(1, END - 300_000), request(2, END - 300_000)]);
    expect(results).toHaveLength(2);
    for (const result of results) {
      expect(result).toMatchObject({ error: { code: 'SOURCE_UNAVAILABLE' } });
      expect('error' in result ? result.error.message : '').toContain(words);
      expect(JSON.stringify(result)).not.toContain('secret');
    }
  });

  it('takes half an answer for none, so that the window is read again', async () => {
    await using reading = await startReading({ valueAt: () => 1, nextFault: () => 'half page' });
    const results = await reading.read([request(1, END - 300_000), request(2, END - 300_000)]);
    expect(results.map((result) => 'error' in result)).toEqual([true, true]);
  });

  it('lets one series CloudWatch does not like cost only itself', async () => {
    await using reading = await startReading({ valueAt: () => 1 });
    const bad = request(3, END - 300_000);
    const requests = Array.from({ length: 8 }, (_, index) => request(index, END - 300_000));
    const isBad = (body: string) => body.includes('i-00003');
    const { aws } = reading;
    await using refusing = await startReading({
      valueAt: () => 1,
      nextFault: () =>
        isBad(last(refusing.aws.calls).body) ? { status: 400, code: 'ValidationError' } : null,
    });
    const results = await refusing.read(requests);
    const failed = results.filter((result) => 'error' in result).map(({ metricId }) => metricId);
    expect(failed).toEqual([bad.metricId]);
    expect(refusing.aws.calls.length).toBeLessThanOrEqual(7);
    expect(aws.calls).toHaveLength(0);
  });

  const REFUSED: Fault = { status: 400, code: 'ValidationError' };
  const idOf = (index: number) => `"i-${index.toString(16).padStart(5, '0')}"`;

  it.each<[string, (index: number) => boolean]>([
    ['the first 40', (index) => index < 40],
    ['the last 40', (index) => index >= 60],
    ['every second one', (index) => index % 2 === 0],
    ['one of two in a row', (index) => index % 16 === 5 || index % 16 === 6],
  ])('gives each its own answer where CloudWatch likes few of them: not %s', async (_, isBad) => {
    const bad = Array.from({ length: 100 }, (_unused, index) => index).filter(isBad);
    await using refusing = await startReading({
      valueAt: ({ dimensions }) => parseInt(dimensions[0]?.value.slice(2) ?? '', 16),
      nextFault: () =>
        bad.some((index) => last(refusing.aws.calls).body.includes(idOf(index))) ? REFUSED : null,
    });
    const results = await refusing.read(
      Array.from({ length: 100 }, (_unused, index) => request(index, END - 300_000)),
    );
    const answers = new Map(
      results.map((result) => [result.metricId, 'error' in result ? 'refused' : result.samples[0]?.value]),
    );
    for (let index = 0; index < 100; index += 1)
      expect(answers.get(`metric ${index}`)).toBe(isBad(index) ? 'refused' : index);
  });

  it('takes a service that refuses every series at its word, after some of them', async () => {
    await using refusing = await startReading({ valueAt: () => 1, nextFault: () => REFUSED });
    const results = await refusing.read(
      Array.from({ length: 1500 }, (_, index) => request(index, END - 300_000)),
    );
    expect(results).toHaveLength(1500);
    expect(results.every((result) => 'error' in result)).toBe(true);
    // One by one they were 2,997 calls.
    expect(refusing.aws.calls.length).toBeLessThan(50);
  });

  it.each([
    ['Throttling', 400],
    ['InternalFailure', 500],
    ['ServiceUnavailable', 503],
    ['a broken connection', 0],
  ])('tries again after %s and then succeeds (row 38)', async (code, status) => {
    let failures = 1;
    const fault = status === 0 ? 'broken connection' : { status, code };
    await using reading = await startReading(
      { valueAt: () => 1, nextFault: () => (failures-- > 0 ? fault : null) },
      { maxAttempts: 6 },
    );
    const [result] = await reading.read([request(1, END - 300_000)]);
    expect(samplesOf(result)).toHaveLength(3);
    expect(reading.aws.calls).toHaveLength(2);
    expect(reading.counts.get('cloudwatch_retries')).toBe(1);
  });

  it('does not try again what cannot succeed: InvalidAction is one call (row 38)', async () => {
    await using reading = await startReading(
      { valueAt: () => 1, nextFault: () => ({ status: 400, code: 'InvalidAction' }) },
      { maxAttempts: 6 },
    );
    const [result] = await reading.read([request(1, END - 300_000)]);
    expect(result).toMatchObject({ error: { code: 'SOURCE_UNAVAILABLE' } });
    expect(reading.aws.calls).toHaveLength(1);
  });

  it('reads each region where it is', async () => {
    await using reading = await startReading({ valueAt: ({ region }) => (region === 'us-west-2' ? 1 : 2) });
    const results = await reading.read([request(1, END - 300_000), request(2, END - 300_000, 'eu-west-1')]);
    expect(results.map((result) => samplesOf(result)[0]?.value)).toEqual([1, 2]);
    expect(reading.aws.calls.map(({ region }) => region)).toEqual(['us-west-2', 'eu-west-1']);
  });

  it('ends when it is cut short', async () => {
    await using reading = await startReading({ valueAt: () => 1 });
    const [result] = await reading.read([request(1, null)], AbortSignal.abort());
    expect(result).toMatchObject({ error: { message: expect.stringContaining('cut short') as string } });
  });
});

function last<T>(list: readonly T[]): T {
  const item = list.at(-1);
  if (item === undefined) throw new Error('the list is empty');
  return item;
}
