import { describe, expect, it } from 'vitest';
import { deliverScores } from '../../../../src/core/prometheus/score-export/deliver-scores.ts';
import { encodeWrite, type MetricScores } from '../../../../src/core/prometheus/score-export/encode-write.ts';
import { createWriteTarget } from '../../../../src/core/prometheus/score-export/write-target.ts';
import { createLog } from '../../../../src/log.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';
import { makeScoredSample } from '../../../helpers/scored-sample.ts';
import { listValues, startWriteReceiver, type WriteReceiver } from './write-receiver.ts';

const SERIES = 5;

/** A metric of some samples, a second each. */
function metric(name: string, ...seconds: readonly number[]): MetricScores {
  return {
    labels: new Map([
      ['Zone', 'b'],
      ['metric', name],
    ]),
    samples: seconds.map((second) => makeScoredSample(second)),
  };
}

async function deliver(receiver: WriteReceiver, metrics: readonly MetricScores[], signal?: AbortSignal) {
  const stats = createStats();
  const pauses: number[] = [];
  await deliverScores(metrics, {
    target: createWriteTarget({ url: receiver.url, token: 'secret', version: '1.2.3' }),
    stats,
    log: createLog('silent'),
    rest: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
    signal: signal ?? new AbortController().signal,
  });
  return {
    pauses,
    sent: stats.read('remote_write_samples_sent') / SERIES,
    refused: stats.read('remote_write_samples_refused') / SERIES,
    failed: stats.read('remote_write_requests_failed'),
  };
}

describe('a request', () => {
  it.each(['cut off', 'endless'] as const)(
    'counts by its status where the body of the answer is %s',
    async (body) => {
      await using receiver = await startWriteReceiver((_request, count) =>
        count < 3 ? { status: 200, body } : { status: 204 },
      );
      expect(await deliver(receiver, [metric('cpu', 1, 2)])).toEqual({
        pauses: [],
        sent: 2,
        refused: 0,
        failed: 0,
      });
      expect(receiver.requests).toHaveLength(1);
    },
  );

  it('is that of remote write 1.0, and its labels are in order', async () => {
    await using receiver = await startWriteReceiver();
    await deliver(receiver, [metric('cpu', 1, 2)]);
    const [request] = receiver.requests;
    expect(request?.headers).toMatchObject({
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
      'user-agent': 'Lapwing/1.2.3',
      authorization: 'Bearer secret',
    });
    expect(Object.fromEntries(request?.series ?? [])).toMatchObject({
      'lapwing_value;Zone=b;metric=cpu': [
        [1000, 1],
        [2000, 2],
      ],
      'lapwing_anomaly_score;Zone=b;metric=cpu': [
        [1000, 0.5],
        [2000, 0.5],
      ],
      'lapwing_expected;Zone=b;metric=cpu': [
        [1000, 0],
        [2000, 0],
      ],
    });
    expect(request?.series.size).toBe(SERIES);
    const [zone, name, label] = ['Zone', '__name__', 'metric'].map(
      (text) => request?.body.indexOf(text) ?? -1,
    );
    expect(zone).toBeGreaterThan(0);
    expect(name).toBeGreaterThan(zone ?? 0);
    expect(label).toBeGreaterThan(name ?? 0);
  });

  it('has a user and a password where there is a user', async () => {
    await using receiver = await startWriteReceiver();
    const target = createWriteTarget({ url: receiver.url, user: 'u', token: 'p', version: '1' });
    await target.post(encodeWrite([metric('cpu', 1)]), new AbortController().signal);
    expect(receiver.requests[0]?.headers.authorization).toBe(`Basic ${btoa('u:p')}`);
  });
});

describe('what is answered "later"', () => {
  it.each([500, 503, 429, 401, 403, 404, 301])('(%i) is sent again as it was', async (status) => {
    await using receiver = await startWriteReceiver((_request, count) => ({
      status: count < 4 ? status : 204,
    }));
    const result = await deliver(receiver, [metric('cpu', 1)]);
    expect(result).toEqual({ pauses: [500, 1000, 2000], sent: 1, refused: 0, failed: 3 });
    expect(new Set(receiver.requests.map(({ body }) => body.toString('hex'))).size).toBe(1);
  });

  it.each([
    ['7', 7000],
    ['0', 0],
    ['99999', 600_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['soon', 500],
  ])('waits as long as Retry-After says: %s', async (text, ms) => {
    await using receiver = await startWriteReceiver((_request, count) =>
      count === 1 ? { status: 429, headers: { 'retry-after': text } } : { status: 204 },
    );
    expect((await deliver(receiver, [metric('cpu', 1)])).pauses).toEqual([ms]);
  });

  it('is sent again when the answer is lost', async () => {
    await using receiver = await startWriteReceiver((_request, count) => ({
      status: 204,
      isLost: count === 1,
    }));
    expect(await deliver(receiver, [metric('cpu', 1)])).toMatchObject({ sent: 1, failed: 1 });
    expect(receiver.requests).toHaveLength(2);
  });

  it('ends with the server, and is not taken for delivered', async () => {
    const stop = new AbortController();
    await using receiver = await startWriteReceiver(() => {
      stop.abort(new Error('stopping'));
      return { status: 503 };
    });
    await expect(deliver(receiver, [metric('cpu', 1)], stop.signal)).rejects.toThrow('stopping');
    expect(receiver.requests).toHaveLength(1);
  });
});

describe('what is refused', () => {
  const many = Array.from({ length: 100 }, (_, index) => metric(`m${index}`, 1));

  it.each([
    ['one of many', ['m41']],
    ['some of many', ['m0', 'm1', 'm50', 'm99']],
    ['the first third', Array.from({ length: 33 }, (_, index) => `m${index}`)],
  ])('costs itself alone: %s', async (_what, bad) => {
    const isBad = (series: string) => bad.some((name) => series.endsWith(`;metric=${name}`));
    await using receiver = await startWriteReceiver((request) => ({
      status: [...request.series.keys()].some(isBad) ? 400 : 204,
    }));
    const result = await deliver(receiver, many);
    expect(result).toMatchObject({ sent: many.length - bad.length, refused: bad.length, failed: 0 });
    expect(listValues(receiver.taken).size).toBe(SERIES * (many.length - bad.length));
  });

  it('is the sample, of one series: those before and behind it come in order', async () => {
    await using receiver = await startWriteReceiver((request) => ({
      status: [...request.series.values()].flat().some(([ms]) => ms === 3000) ? 422 : 204,
    }));
    expect(await deliver(receiver, [metric('cpu', 1, 2, 3, 4, 5)])).toMatchObject({ sent: 4, refused: 1 });
    const times = receiver.taken.flatMap(({ series }) =>
      (series.get('lapwing_value;Zone=b;metric=cpu') ?? []).map(([ms]) => ms),
    );
    expect(times).toEqual([1000, 2000, 4000, 5000]);
  });

  it('is everything: that is found out in two requests for each score', async () => {
    await using receiver = await startWriteReceiver(() => ({ status: 400 }));
    expect(await deliver(receiver, many)).toMatchObject({ sent: 0, refused: many.length });
    expect(receiver.requests).toHaveLength(2 * many.length - 1);
  });
});
