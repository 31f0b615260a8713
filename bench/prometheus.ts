/**
 * A real Prometheus writes to the server: `npm run bench:prometheus`, with `prometheus` on the PATH (Debian: apt-get
 * install prometheus). It scrapes 200 series a second; every fifth of its writes is answered with 503, one of two of those
 * after the server has stored it. What Prometheus has and what the server has must be the same, sample by sample.
 * With --record FILE the first write of many series is kept as it came.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { monitorAll, startMeasuredServer } from './measure-server.ts';
import { printFigure } from './measure.ts';

const { values: options } = parseArgs({
  options: { record: { type: 'string' }, points: { type: 'string', default: '10000' } },
});
const SERIES = 200;
const WANTED = Number(options.points);
const names = Array.from({ length: SERIES }, (_, i) => `probe_value;instance=probe;job=probe;series=${i}`);

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What Prometheus scrapes. */
function createTarget(): Server {
  let scrapes = 0;
  return createServer((_request, response) => {
    scrapes += 1;
    const lines = Array.from(
      { length: SERIES },
      (_, i) => `probe_value{series="${i}"} ${i + Math.sin(scrapes / (5 + i))}\n`,
    );
    response.end(`# TYPE probe_value gauge\n${lines.join('')}`);
  });
}

/** Stands between the two, and fails as a busy server and a lost answer do. */
function createFlakyProxy(target: string): {
  readonly server: Server;
  readonly answers: Map<string, number>;
} {
  const answers = new Map<string, number>();
  let requests = 0;
  const server = createServer((request, response) => {
    void forward(request).then(
      ({ status, text }) => {
        answers.set(status, (answers.get(status) ?? 0) + 1);
        response.writeHead(Number(status.slice(0, 3)), { 'retry-after': '1' }).end(text);
      },
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    );
  });
  const forward = async (request: IncomingMessage): Promise<{ status: string; text: string }> => {
    const body = await readBody(request);
    requests += 1;
    const fault = requests % 10;
    if (fault === 5) return { status: '503 before it was stored', text: 'made up' };
    const { 'content-type': type, 'content-encoding': encoding } = request.headers;
    if (options.record !== undefined && body.length > 4000)
      await writeFile(options.record, body, { flag: 'wx' }).catch(() => undefined);
    const headers = { 'content-type': String(type), 'content-encoding': String(encoding) };
    const answer = await fetch(target, { method: 'POST', headers, body: new Uint8Array(body) });
    const text = await answer.text();
    return fault === 0
      ? { status: '503 after it was stored', text: 'made up' }
      : { status: String(answer.status), text };
  };
  return { server, answers };
}

async function startPrometheus(
  folder: string,
  targetPort: number,
  proxyPort: number,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const config = {
    global: { scrape_interval: '1s' },
    scrape_configs: [
      {
        job_name: 'probe',
        static_configs: [{ targets: [`127.0.0.1:${targetPort}`], labels: { instance: 'probe' } }],
      },
    ],
    remote_write: [
      { url: `http://127.0.0.1:${proxyPort}/api/v1/write`, queue_config: { batch_send_deadline: '1s' } },
    ],
  };
  // JSON is YAML.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const holder = createServer();
  const port = await listen(holder);
  await new Promise((resolve) => holder.close(resolve));
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      child.kill();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** `series time` → value, as Prometheus itself has it. */
async function readPrometheus(url: string): Promise<Map<string, number>> {
  const response = await fetch(`${url}/api/v1/query?query=probe_value[1h]`);
  const { data } = (await response.json()) as {
    data: { result: { metric: { series: string }; values: [number, string][] }[] };
  };
  const samples = data.result.flatMap(({ metric, values }) =>
    values.map(
      ([seconds, value]) => [`${metric.series} ${Math.round(seconds * 1000)}`, Number(value)] as const,
    ),
  );
  return new Map(samples);
}

async function readServer(
  pool: pg.Pool,
): Promise<{ samples: Map<string, number>; rows: number; scored: number }> {
  const { rows } = await pool.query<{ name: string; ms: number; value: number; scored: boolean }>(
    `SELECT m.name, (extract(epoch FROM s."timestamp") * 1000)::float8 AS ms, s.value, s.seq IS NOT NULL AS scored
     FROM sample s JOIN metric m ON m.number = s.metric_number WHERE m.name LIKE 'probe_value;%'`,
  );
  const keys = rows.map(
    ({ name, ms, value }) => [`${/series=(\d+)/.exec(name)?.[1] ?? ''} ${ms}`, value] as const,
  );
  return { samples: new Map(keys), rows: rows.length, scored: rows.filter(({ scored }) => scored).length };
}

async function waitFor(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  for (let second = 0; second < 300; second += 1) {
    if (await isTrue()) return;
    await sleep(1000);
  }
  throw new Error(`waited five minutes for ${what}`);
}

await using server = await startMeasuredServer();
const pool = new pg.Pool({ connectionString: server.connection });
const folder = await mkdtemp(join(tmpdir(), 'bench-prometheus-'));
const target = createTarget();
const proxy = createFlakyProxy(new URL('/api/v1/write', server.url).href);
const targetPort = await listen(target);
const prometheus = await startPrometheus(folder, targetPort, await listen(proxy.server));
try {
  const countRows = async () => (await readServer(pool)).rows;
  await waitFor('the first points', async () => (await countRows()) >= SERIES);
  await monitorAll(server.url, names);
  await waitFor(`${WANTED} points`, async () => (await countRows()) >= WANTED);
  target.closeAllConnections();
  target.close();
  await waitFor('all of them, scored', async () => {
    const [sent, got] = [await readPrometheus(prometheus.url), await readServer(pool)];
    return sent.size === got.rows && got.scored === got.rows;
  });
  const [sent, got] = [await readPrometheus(prometheus.url), await readServer(pool)];
  const different = [...sent].filter(([key, value]) => got.samples.get(key) !== value).length;
  printFigure({ name: 'prometheus samples', value: sent.size, unit: 'samples' });
  printFigure({
    name: 'stored',
    value: got.rows,
    unit: 'samples',
    against: { name: 'sent', value: sent.size },
  });
  printFigure({
    name: 'scored',
    value: got.scored,
    unit: 'samples',
    against: { name: 'sent', value: sent.size },
  });
  printFigure({ name: 'missing or different', value: different, unit: 'samples' });
  console.log(JSON.stringify({ answers: Object.fromEntries(proxy.answers) }));
  if (different > 0 || got.rows !== sent.size) process.exitCode = 1;
} finally {
  await prometheus.stop();
  proxy.server.closeAllConnections();
  proxy.server.close();
  target.closeAllConnections();
  target.close();
  await pool.end();
  await rm(folder, { recursive: true, force: true });
}
