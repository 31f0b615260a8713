/** The ways points are pushed, as their real senders do it. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { compress } from 'snappyjs';
import { expect } from 'vitest';
import type { Engine } from '../../../src/app/build-core.ts';
import { read } from '../../helpers/ask.ts';
import type { TestServer } from '../../helpers/start-server.ts';
import { until } from '../../helpers/until.ts';
import { requestV1 } from './remote-write/encode.ts';

export interface Point {
  readonly metric: string;
  readonly timestampMs: number;
  readonly value: number;
}

/** The ways to push, each with what it answers: indexes of the points that were refused, null where it cannot tell. */
export interface PushProtocol {
  readonly name: string;
  readonly push: (server: TestServer, points: readonly Point[]) => Promise<readonly number[] | null>;
}

const PUT = `mutation ($points: [MetricPointInput!]!) {
  putMetricData(input: { points: $points }) { accepted duplicates late rejected { index code reason } }
}`;

export const PROTOCOLS: readonly PushProtocol[] = [
  {
    name: 'graphql',
    push: async (server, points) => {
      const variables = {
        points: points.map(({ metric, timestampMs, value }) => ({
          metric,
          timestamp: new Date(timestampMs).toISOString(),
          value,
        })),
      };
      const { putMetricData } = await read<{
        putMetricData: { rejected: { index: number; code: string; reason: string }[] };
      }>(server, PUT, variables);
      for (const { code, reason } of putMetricData.rejected) {
        expect(code).toBe('METRIC_FAILED');
        expect(reason).toContain('failpoint');
      }
      return putMetricData.rejected.map(({ index }) => index);
    },
  },
  {
    name: 'line',
    push: async (server, points) => {
      const body = points.map(({ metric, timestampMs, value }) => {
        const [measurement, field] = metric.split('.');
        return `${measurement ?? ''} ${field ?? ''}=${value} ${timestampMs}`;
      });
      const response = await fetch(`${server.url}/api/v2/write?precision=ms`, {
        method: 'POST',
        body: body.join('\n'),
      });
      if (response.status === 204) return [];
      expect(response.status).toBe(400);
      const { message } = (await response.json()) as { message: string };
      const dropped = Number(/dropped=(\d+)/.exec(message)?.[1]);
      // Twenty are shown; the number of all is told.
      return Array.from({ length: dropped }, () => -1);
    },
  },
  {
    name: 'graphite',
    push: async (server, points) => {
      const { hostname, port } = new URL(server.addresses.graphite ?? '');
      const before = answeredPoints(server.engine);
      const client = connect(Number(port), hostname);
      await once(client, 'connect');
      client.end(
        points.map(({ metric, timestampMs, value }) => `${metric} ${value} ${timestampMs / 1000}\n`).join(''),
      );
      await until(() => expect(answeredPoints(server.engine) - before).toBe(points.length));
      expect(server.engine.stats.read('graphite_points_lost')).toBe(0);
      return null;
    },
  },
  {
    name: 'remote write',
    push: async (server, points) => {
      const series = points.map(({ metric, timestampMs, value }) => ({
        labels: [['__name__', metric] as const],
        samples: [[value, timestampMs] as const],
      }));
      const response = await fetch(`${server.url}/api/v1/write`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
        body: new Uint8Array(compress(requestV1(series))),
      });
      if (response.status === 204) return [];
      expect(response.status).toBe(400);
      const leftOut = Number(/; (\d+) left out/.exec(await response.text())?.[1]);
      return Array.from({ length: leftOut }, () => -1);
    },
  },
];

/** Further ways, which share the checks of those above behind their parsers. */
export const FURTHER_PROTOCOLS: readonly PushProtocol[] = [
  {
    name: 'OTLP',
    push: async (server, points) => {
      const metrics = points.map(({ metric, timestampMs, value }) => ({
        name: metric,
        gauge: { dataPoints: [{ timeUnixNano: `${timestampMs}000000`, asDouble: value }] },
      }));
      const response = await fetch(`${server.url}/v1/metrics`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }),
      });
      expect(response.status).toBe(200);
      const { partialSuccess } = (await response.json()) as {
        partialSuccess?: { rejectedDataPoints: string };
      };
      return Array.from({ length: Number(partialSuccess?.rejectedDataPoints ?? 0) }, () => -1);
    },
  },
  {
    name: 'line v3',
    push: async (server, points) => {
      const body = points.map(({ metric, timestampMs, value }) => {
        const [measurement, field] = metric.split('.');
        return `${(measurement ?? '').replaceAll(' ', '\\ ')} ${field ?? ''}=${value} ${timestampMs}`;
      });
      const response = await fetch(`${server.url}/api/v3/write_lp?db=x&precision=millisecond`, {
        method: 'POST',
        body: body.join('\n'),
      });
      if (response.status === 204) return [];
      expect(response.status).toBe(400);
      const { error } = (await response.json()) as { error: string };
      return Array.from({ length: Number(/dropped=(\d+)/.exec(error)?.[1]) }, () => -1);
    },
  },
  {
    name: 'exposition',
    push: async (server, points) => {
      const body = points.map(({ metric, timestampMs, value }) => `{"${metric}"} ${value} ${timestampMs}\n`);
      const response = await fetch(`${server.url}/api/v1/import/prometheus`, {
        method: 'POST',
        body: body.join(''),
      });
      if (response.status === 204) return [];
      expect(response.status).toBe(400);
      const leftOut = Number(/; (\d+) left out/.exec(await response.text())?.[1]);
      return Array.from({ length: leftOut }, () => -1);
    },
  },
];

/** Points a sender was answered for, whatever the answer. */
function answeredPoints({ stats }: Engine): number {
  const counters = [
    'points_accepted',
    'points_duplicate',
    'points_conflicting',
    'points_late',
    'points_rejected',
  ];
  return counters.reduce((sum, name) => sum + stats.read(name as 'points_accepted'), 0);
}
