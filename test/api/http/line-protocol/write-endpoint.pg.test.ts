import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { InfluxDB, Point } from '@influxdata/influxdb-client';
import { describe, expect, it } from 'vitest';
import { lockSamples } from '../../../helpers/lock-samples.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const NOW_S = Math.floor(Date.now() / 1000);
const TOO_MUCH = 'a v=1\n'.repeat(5_000_000);

async function write(
  server: TestServer,
  body: string | Buffer,
  options: { path?: string; headers?: Record<string, string>; method?: string } = {},
) {
  const { path = '/api/v2/write?precision=s', headers = {}, method = 'POST' } = options;
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers,
    ...(method === 'POST' ? { body: typeof body === 'string' ? body : new Uint8Array(body) } : {}),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? null : (JSON.parse(text) as Record<string, unknown>),
  };
}

async function readSamples(server: TestServer): Promise<(readonly [string, number, number])[]> {
  const { rows } = await server.engine.pool.query<{ name: string; value: number; ms: number }>(
    `SELECT m.name, s.value, (extract(epoch FROM s."timestamp") * 1000)::float8 AS ms
     FROM sample s JOIN metric m ON m.number = s.metric_number ORDER BY m.name, s."timestamp"`,
  );
  return rows.map(({ name, value, ms }) => [name, value, ms] as const);
}

describe('writing line protocol', () => {
  it('stores what the official client sends, whatever its precision, zipped or not', async () => {
    await using server = await startServer();
    const client = new InfluxDB({ url: server.url, token: 'any' });
    for (const [index, precision] of (['ns', 'us', 'ms', 's'] as const).entries()) {
      const api = client.getWriteApi('org', 'bucket', precision, {
        gzipThreshold: index % 2 === 0 ? 0 : 1e9,
        maxRetries: 0,
        defaultTags: { host: 'web 1' },
      });
      const time = new Date((NOW_S + index) * 1000);
      api.writePoint(
        new Point('cpu')
          .floatField('user', index + 0.5)
          .intField('n', 7)
          .stringField('s', 'x')
          .timestamp(time),
      );
      await api.close();
    }
    expect(await readSamples(server)).toEqual([
      ...[0, 1, 2, 3].map((index) => ['cpu.n;host=web 1', 7, (NOW_S + index) * 1000]),
      ...[0, 1, 2, 3].map((index) => ['cpu.user;host=web 1', index + 0.5, (NOW_S + index) * 1000]),
    ]);
    expect(server.engine.stats.read('line_protocol_lines')).toBe(4);
    expect(server.engine.stats.read('line_protocol_fields_skipped')).toBe(4);
  });

  it('keeps the good lines and names the bad ones, in both versions', async () => {
    await using server = await startServer();
    const body = `# first\na v=1 ${NOW_S}\na v=oops ${NOW_S}\n${'n'.repeat(4100)} v=1 ${NOW_S}\nb v=2 ${NOW_S}`;
    const second = await write(server, body);
    expect(second.status).toBe(400);
    expect(second.body).toMatchObject({
      code: 'invalid',
      line: 3,
      stored: 2,
      lines: [
        { line: 3, reason: 'expected a number, a quoted text, true or false at column 5' },
        { line: 4, reason: expect.stringContaining('at most 4096 characters') as string },
      ],
    });
    expect((await readSamples(server)).map(([name]) => name)).toEqual(['a.v', 'b.v']);
    const first = await write(server, body, { path: '/write?db=telegraf&precision=s' });
    expect(first.status).toBe(400);
    expect(first.body).toEqual({
      error: expect.stringMatching(/^partial write: 2 points stored, dropped=2: line 3:/) as string,
    });
    expect(server.engine.stats.read('line_protocol_lines_bad')).toBe(2);
  });

  it('takes what clients of version 3 send: a time says its unit by its size', async () => {
    await using server = await startServer();
    const body = [NOW_S, NOW_S * 1e3 + 1, NOW_S * 1e6 + 2000, `${NOW_S}000003000`, '']
      .map((time, index) => `m v=${index} ${time}`)
      .join('\n');
    const path = '/api/v3/write_lp?db=sensors&no_sync=false&accept_partial=true';
    expect(await write(server, body, { path })).toMatchObject({ status: 204 });
    const samples = (await readSamples(server)).map(([, value, ms]) => [value, ms - NOW_S * 1000]);
    expect(samples.slice(0, 3)).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect(samples).toHaveLength(4);
    const written = await write(server, `a v=1 ${NOW_S}`, { path: '/api/v3/write_lp?db=x&precision=second' });
    expect(written.status).toBe(204);
  });

  it('names bad lines as version 3 does, and takes no write that is to be all or nothing', async () => {
    await using server = await startServer();
    const path = '/api/v3/write_lp?db=x';
    const answer = await write(server, `a v=1 ${NOW_S}\nbad\n`, { path });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        error: expect.stringMatching(/^partial write: 1 points stored, dropped=1/) as string,
        data: [{ line_number: 2, error_message: expect.stringContaining('expected a blank') as string }],
      },
    });
    const whole = await write(server, `b v=1 ${NOW_S}`, { path: `${path}&accept_partial=false` });
    expect(whole).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('accept_partial') as string },
    });
    expect(await readSamples(server)).toHaveLength(1);
  });

  it('answers a batch sent twice as one that was stored', async () => {
    await using server = await startServer();
    const body = gzipSync(`a v=1 ${NOW_S}\na v=2 ${NOW_S + 1}\n`);
    const headers = { 'content-encoding': 'gzip' };
    expect(await write(server, body, { headers })).toMatchObject({ status: 204, body: null });
    expect(await write(server, body, { headers })).toMatchObject({ status: 204, body: null });
    expect(await readSamples(server)).toHaveLength(2);
  });

  it('stores a body of many parts whole, each line once', async () => {
    await using server = await startServer();
    const lines = Array.from({ length: 12_000 }, (_, i) => `m${i % 10} v=${i} ${NOW_S - i}`);
    lines[7000] = 'bad';
    const answer = await write(server, lines.join('\n'));
    expect(answer.body).toMatchObject({ stored: 11_999, lines: [{ line: 7001 }] });
    expect(await readSamples(server)).toHaveLength(11_999);
  });

  it('asks to come again when the database goes away, and has nothing stored twice afterwards', async () => {
    await using server = await startServer();
    const line = `a v=1 ${NOW_S}`;
    await using lock = await lockSamples(server.database);
    const answering = write(server, line);
    await lock.endWaiting();
    const answer = await answering;
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.body).toMatchObject({ code: 'unavailable' });
    await lock.release();
    expect(await write(server, line)).toMatchObject({ status: 204, body: null });
    expect(await readSamples(server)).toHaveLength(1);
  });

  it.each([
    ['an unknown precision', 'a v=1', { path: '/api/v2/write?precision=d' }, 400, 'precision: expected ns'],
    [
      'an unknown encoding',
      'a v=1',
      { headers: { 'content-encoding': 'br' } },
      415,
      'content-encoding: expected gzip',
    ],
    ['what is not gzip', 'a v=1', { headers: { 'content-encoding': 'gzip' } }, 400, 'the body is not gzip'],
    [
      'a bomb',
      gzipSync(Buffer.alloc(30_000_000)),
      { headers: { 'content-encoding': 'gzip' } },
      413,
      'a write may have',
    ],
    ['a body too large', TOO_MUCH, {}, 413, 'a write may have'],
    [
      'a page of another site',
      'a v=1',
      { headers: { origin: 'https://evil.example' } },
      403,
      'pages of other sites',
    ],
    ['another method', '', { method: 'GET' }, 405, 'expected POST'],
  ])('refuses %s and says why', async (_what, body, options, status, message) => {
    await using server = await startServer();
    const answer = await write(server, body, options);
    expect(answer.status).toBe(status);
    expect(answer.body?.message).toContain(message);
    expect(await readSamples(server)).toEqual([]);
  });

  it.each([
    ['a length', `content-length: ${TOO_MUCH.length}\r\n\r\n`, ''],
    ['no length', `transfer-encoding: chunked\r\n\r\n${TOO_MUCH.length.toString(16)}\r\n`, '\r\n0\r\n\r\n'],
  ])(
    'a body too large, with %s, is read to its end, so that its sender sees why',
    async (_what, head, tail) => {
      await using server = await startServer();
      const { hostname, port, host } = new URL(server.url);
      const socket = connect(Number(port), hostname);
      let answers = '';
      socket.setEncoding('utf8').on('data', (text: string) => (answers += text));
      socket.write(`POST /write HTTP/1.1\r\nhost: ${host}\r\n${head}`);
      socket.write(TOO_MUCH);
      socket.write(`${tail}GET /ping HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
      await once(socket, 'close');
      expect(answers.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 204']);
      expect(answers).toContain('a write may have');
    },
  );

  it('greets as Telegraf expects, and has no other queries', async () => {
    await using server = await startServer();
    const ping = await fetch(`${server.url}/ping`, { method: 'HEAD' });
    expect([ping.status, ping.headers.get('x-influxdb-version')]).toEqual([204, '1.8.10']);
    const ask = async (q: string) => {
      const response = await fetch(`${server.url}/query`, {
        method: 'POST',
        body: new URLSearchParams({ q }),
      });
      return [response.status, await response.json()] as const;
    };
    expect(await ask('CREATE DATABASE "telegraf"')).toEqual([200, { results: [{ statement_id: 0 }] }]);
    expect(await ask('DROP DATABASE x')).toEqual([
      400,
      { error: expect.stringContaining('CREATE DATABASE') as string },
    ]);
  });
});
