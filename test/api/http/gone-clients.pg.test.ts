/** Clients that go away in the middle of a request: agents that are stopped, browsers on the move, proxies that give up. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../../helpers/start-server.ts';
import { until } from '../../helpers/until.ts';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly route?: string;
}

let server: TestServer;
const lines: Line[] = [];

beforeAll(async () => {
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as Line);
      done();
    },
  });
  server = await startServer({ log: pino({ level: 'debug' }, stream) });
});

afterAll(() => server[Symbol.asyncDispose]());

const failed = () =>
  server.engine.stats.snapshot().find(({ name }) => name === 'requests_failed')?.value ?? 0;
const GONE = 'a client went away in the middle of its request';
const WARNING = 40;

test.each([
  ['/api/v2/write?bucket=b', 'content-type: text/plain'],
  ['/write?db=d', 'content-type: text/plain\r\ncontent-encoding: gzip'],
  ['/api/v1/write', 'content-type: application/x-protobuf\r\ncontent-encoding: snappy'],
  ['/v1/metrics', 'content-type: application/x-protobuf'],
  ['/v1/metrics', 'content-type: application/json\r\nexpect: 100-continue'],
  ['/metrics/job/j', 'content-type: text/plain'],
  ['/api/v1/import/prometheus', 'content-type: text/plain'],
  ['/prometheus/api/v1/query', 'content-type: application/x-www-form-urlencoded'],
  [
    '/aws',
    'content-type: application/x-amz-json-1.0\r\nx-amz-target: GraniteServiceVersion20100801.ListMetrics',
  ],
  ['/aws', 'content-type: application/x-www-form-urlencoded'],
  ['/graphql', 'content-type: application/json'],
])('one that sends half a body to %s (%s) is no failure of this server', async (path, headers) => {
  const [before, from] = [failed(), lines.length];
  for (const length of ['content-length: 1000', 'transfer-encoding: chunked']) {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const body = length.startsWith('c') ? '{"query":' : '9\r\n{"query":\r\n';
    socket.write(`POST ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n${length}\r\n\r\n`);
    await new Promise((resolve) => socket.write(body, resolve));
    await once(socket.destroy(), 'close');
  }
  await until(() => expect(failed()).toBe(before + 2));
  // What fails behind a request is logged at once, before another is answered.
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  const logged = lines.slice(from);
  expect(logged.filter(({ level }) => level >= WARNING)).toEqual([]);
  if (path !== '/graphql')
    await until(() => expect(lines.slice(from).filter(({ msg }) => msg === GONE)).toHaveLength(2));
});
