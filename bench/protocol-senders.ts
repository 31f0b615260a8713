/** Each protocol a point may come by, as a sender of it would: kept connections, many points a request. */
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { compress } from 'snappyjs';
import { encodeOtlp } from './protocol-bodies.ts';
import { openGraphqlPusher } from './ingest-push.ts';
import type { MeasuredServer } from './measure-server.ts';
import { requestV1, requestV2 } from '../test/core/ingest/remote-write/encode.ts';

/** One row: every metric of a sender at one time. */
export interface Row {
  readonly names: readonly string[];
  readonly timestampMs: number;
  readonly values: readonly number[];
}

export type Send = (row: Row) => Promise<void>;

export interface Protocol {
  readonly open: (server: MeasuredServer) => Promise<Send>;
  /** The counter of the server that says how much has come. */
  readonly counter: string;
  /** Settings the server needs for it. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Points on their way at most: what nobody acknowledges would fill the sockets' buffers, or be lost in them. */
  readonly maxUnderway: number;
  readonly mayLose: boolean;
  /** In the names of metrics; a full stop where it does not say another. */
  readonly separator?: string;
}

const PROTOBUF = 'application/x-protobuf';
/** Not the server's own: any that is free when the bench begins. */
const STATSD_PORT = 18_125;
const STATSD_SETTINGS = { LAPWING_STATSD_PORT: String(STATSD_PORT) };
const CLOUDWATCH_KEY = { accessKeyId: 'AKIDBENCH', secretAccessKey: 'bench' };
/** CloudWatch takes no data older than two weeks, nor of more than two hours ahead: the first row is so old. */
const CLOUDWATCH_AGE_MS = 13 * 86_400_000;
/** As senders cut them for Ethernet. */
const DATAGRAM_BYTES = 1400;
/** PutMetricData takes no more. */
const MAX_DATA_PER_REQUEST = 1000;

const RELIABLE = { counter: 'points_accepted', maxUnderway: 40_000, mayLose: false } as const;
const BY_UDP = { maxUnderway: 2000, mayLose: true } as const;

function post(
  path: string,
  type: string,
  encode: (row: Row) => Uint8Array | string,
  encoding?: string,
): Protocol {
  const headers = {
    'content-type': type,
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  };
  return {
    ...RELIABLE,
    open: (server) =>
      Promise.resolve(async (row) => {
        const body = encode(row);
        const response = await fetch(new URL(path, server.url), {
          method: 'POST',
          headers,
          body: typeof body === 'string' ? body : new Uint8Array(body),
        });
        const text = await response.text();
        if (!response.ok) throw new Error(`${path}: ${response.status} ${text.slice(0, 200)}`);
      }),
  };
}

type AddressOf = (server: MeasuredServer) => string;

function openStream(addressOf: AddressOf, encode: (row: Row) => string): Protocol['open'] {
  return async (server) => {
    const { hostname, port } = new URL(addressOf(server));
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return async (row) => {
      if (!socket.write(encode(row))) await once(socket, 'drain');
    };
  };
}

function openDatagrams(addressOf: AddressOf, encode: (row: Row) => string): Protocol['open'] {
  return async (server) => {
    const { hostname, port } = new URL(addressOf(server));
    const socket = createSocket('udp4');
    socket.connect(Number(port), hostname);
    await once(socket, 'connect');
    const give = (datagram: string) =>
      new Promise<void>((resolve, reject) => {
        socket.send(datagram, (error) => (error === null ? resolve() : reject(error)));
      });
    return async (row) => {
      let datagram = '';
      for (const line of encode(row).split(/(?<=\n)/)) {
        if (datagram.length + line.length > DATAGRAM_BYTES) {
          await give(datagram);
          datagram = '';
        }
        datagram += line;
      }
      if (datagram !== '') await give(datagram);
    };
  };
}

/** By AWS's own SDK. Its service stores data, which are scored once one of its metrics is monitored. */
function openCloudwatch(server: MeasuredServer): Promise<Send> {
  const client = new CloudWatchClient({
    region: 'us-east-1',
    endpoint: new URL('/aws', server.url).href,
    credentials: CLOUDWATCH_KEY,
  });
  const beganMs = Date.now();
  let firstMs: number | null = null;
  return Promise.resolve(async ({ names, timestampMs, values }) => {
    firstMs ??= timestampMs;
    const Timestamp = new Date(beganMs - CLOUDWATCH_AGE_MS + timestampMs - firstMs);
    for (let from = 0; from < names.length; from += MAX_DATA_PER_REQUEST) {
      const some = names.slice(from, from + MAX_DATA_PER_REQUEST);
      const MetricData = some.map((MetricName, index) => ({
        MetricName,
        Timestamp,
        Value: values[from + index] ?? 0,
      }));
      await client.send(new PutMetricDataCommand({ Namespace: 'bench', MetricData }));
    }
  });
}

const toSeries = ({ names, timestampMs, values }: Row) =>
  names.map((name, index) => ({
    labels: [['__name__', name] as const],
    samples: [[values[index] ?? 0, timestampMs] as const],
  }));
const lines = ({ names, values }: Row, write: (name: string, value: number) => string) =>
  names.map((name, index) => `${write(name, values[index] ?? 0)}\n`).join('');
const asGraphite = (row: Row) => lines(row, (name, value) => `${name} ${value} ${row.timestampMs / 1000}`);
const asStatsd = (row: Row) => lines(row, (name, value) => `${name}:${value}|ms`);
const asLineProtocol = (row: Row) =>
  lines(row, (name, value) => `${name.replace('.', ' ')}=${value} ${row.timestampMs}`);
const asExposition = (row: Row) => lines(row, (name, value) => `${name} ${value} ${row.timestampMs}`);
const graphiteOf: AddressOf = ({ graphite }) => graphite;
const statsdOf: AddressOf = () => `tcp://127.0.0.1:${STATSD_PORT}`;

/** In the order in which they are measured: the others are held against the first. */
export const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  graphite: { ...RELIABLE, open: openStream(graphiteOf, asGraphite) },
  'graphite-udp': { ...RELIABLE, ...BY_UDP, open: openDatagrams(graphiteOf, asGraphite) },
  statsd: {
    ...RELIABLE,
    counter: 'statsd_lines',
    settings: STATSD_SETTINGS,
    open: openStream(statsdOf, asStatsd),
  },
  'statsd-udp': {
    ...BY_UDP,
    counter: 'statsd_lines',
    settings: STATSD_SETTINGS,
    open: openDatagrams(statsdOf, asStatsd),
  },
  'line-v1': post('/write?db=bench&precision=ms', 'text/plain', asLineProtocol),
  'line-v2': post('/api/v2/write?precision=ms', 'text/plain', asLineProtocol),
  'line-v3': post('/api/v3/write_lp?db=bench&precision=millisecond', 'text/plain', asLineProtocol),
  'remote-write-1': post('/api/v1/write', PROTOBUF, (row) => compress(requestV1(toSeries(row))), 'snappy'),
  'remote-write-2': post(
    '/api/v1/write',
    `${PROTOBUF};proto=io.prometheus.write.v2.Request`,
    (row) => compress(requestV2(toSeries(row))),
    'snappy',
  ),
  otlp: post('/v1/metrics', PROTOBUF, (row) => encodeOtlp(row, 'protobuf')),
  'otlp-json': post('/v1/metrics', 'application/json', (row) => encodeOtlp(row, 'json')),
  'import-prometheus': {
    ...post('/api/v1/import/prometheus', 'text/plain', asExposition),
    separator: '_',
  },
  graphql: {
    ...RELIABLE,
    open: ({ url }) => Promise.resolve(openGraphqlPusher(url).push),
  },
  cloudwatch: {
    ...RELIABLE,
    counter: 'cloudwatch_data_stored',
    settings: {
      LAPWING_CLOUDWATCH_ACCESS_KEY_ID: CLOUDWATCH_KEY.accessKeyId,
      LAPWING_CLOUDWATCH_SECRET_ACCESS_KEY: CLOUDWATCH_KEY.secretAccessKey,
      LAPWING_CLOUDWATCH_REQUESTS_PER_SECOND: '10000',
    },
    open: openCloudwatch,
  },
};
