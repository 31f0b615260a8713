import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';
import { once } from 'node:events';
import { get, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { decodeMulti } from '@msgpack/msgpack';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { anyNumber, anyText } from '../../../helpers/matchers.ts';
import { untilStatus } from '../../../helpers/start-engine.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';

const START_MS = Date.parse('2026-01-05T00:00:00Z');
const ROWS = 300;
/** More than fits into the buffers between the database and a client that does not read. */
const MANY_ROWS = 60_000;

let server: TestServer;
const ids = new Map<string, string>();
const uidOf = (name: string) => ids.get(name) ?? '';

async function addMetric(name: string, rows: number, watch: boolean) {
  for (let start = 0; start < rows; start += 10_000) {
    await server.engine.accept.acceptNamed(
      Array.from({ length: Math.min(10_000, rows - start) }, (_, row) => ({
        metric: name,
        timestampMs: START_MS + (start + row) * 60_000,
        value: -((start + row) % 7),
      })),
    );
  }
  const entry = server.engine.registry.byIdentity('CUSTOM', name);
  ids.set(name, entry?.id ?? '');
  if (!watch) return;
  const id = await server.engine.monitor.monitorMetric({
    datasource: 'CUSTOM',
    spec: { name },
    model: { min: -10, max: 10 },
  });
  await untilStatus(server.engine, id, 'ACTIVE');
}

beforeAll(async () => {
  server = await startServer({
    settings: {
      LAPWING_PUBLIC_URL: 'https://lapwing.example.com/metrics',
      LAPWING_ALLOWED_HOSTS: 'lapwing.example.com,other.example.com',
    },
  });
  await addMetric('=cmd()', ROWS, true);
  await addMetric('plain', ROWS, true);
  await addMetric('unwatched', MANY_ROWS, false);
});

afterAll(() => server[Symbol.asyncDispose]());

async function linkOf(field: string): Promise<string> {
  const link = await read<Record<string, { url: string; expiresAt: string }>>(
    server,
    `{ link: ${field} { url expiresAt } }`,
  );
  expect(Date.parse(link.link?.expiresAt ?? '') - Date.now()).toBeGreaterThan(500_000);
  return link.link?.url ?? '';
}

async function download(field: string) {
  const response = await fetch(await linkOf(field));
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('private, no-store');
  return response;
}

async function readFiles(archive: Uint8Array): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const tar = Readable.from([archive]).pipe(createGunzip()).pipe(extract());
  for await (const file of tar) {
    const parts: Buffer[] = [];
    for await (const part of file) parts.push(part as Buffer);
    files.set(file.header.name, Buffer.concat(parts).toString());
  }
  return files;
}

describe('a download', () => {
  it.each([
    ['lapwing.example.com', 'https://lapwing.example.com/metrics'],
    ['LAPWING.example.com:8443', 'https://lapwing.example.com/metrics'],
    ['other.example.com', 'http://other.example.com'],
    ['localhost:4000', 'http://localhost:4000'],
  ])('asked for at %s, as a proxy passes on, is at %s', async (host, address) => {
    const asking = request(`${server.url}/graphql/`, {
      method: 'POST',
      headers: { host, 'content-type': 'application/json' },
    });
    asking.end(JSON.stringify({ query: '{ metricDataDownload(filter: {}) { url } }' }));
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    const answer = JSON.parse(await text(response)) as { data: { metricDataDownload: { url: string } } };
    expect(answer.data.metricDataDownload.url).toMatch(/\/download\/[^/]+$/);
    expect(answer.data.metricDataDownload.url.replace(/\/download\/.*/, '')).toBe(address);
  });

  it('as MessagePack gives the old names and rows, of scored samples alone', async () => {
    const response = await download('metricDataDownload(filter: {}, format: MSGPACK)');
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    const [names, ...rows] = [...decodeMulti(await response.bytes())];
    expect(names).toEqual(['names', 'uid', 'timestamp', 'value', 'anomaly_score', 'rowid']);
    expect(rows).toHaveLength(2 * ROWS);
    expect(rows[1]).toEqual([uidOf('=cmd()'), START_MS / 1000 + 60, -1, anyNumber, 2]);
    expect(rows.at(-1)).toEqual([uidOf('plain'), START_MS / 1000 + (ROWS - 1) * 60, -5, anyNumber, ROWS]);
  });

  it('as NDJSON gives what a filter lets through', async () => {
    const filter = `{ metricIds: ["Metric:${uidOf('plain')}"], from: "2026-01-05T00:10:00Z", to: "2026-01-05T00:19:00Z" }`;
    const text = await (await download(`metricDataDownload(filter: ${filter})`)).text();
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows.map(({ rowId }) => rowId)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(rows[0]).toMatchObject({
      uid: uidOf('plain'),
      metric: 'plain',
      timestamp: '2026-01-05T00:10:00.000Z',
      value: -3,
      anomalyScore: anyNumber,
    });
  });

  it('as CSV has no cell a spreadsheet would run, and negative numbers are numbers', async () => {
    const response = await download('metricDataDownload(filter: { nameContains: "cmd" }, format: CSV)');
    expect(response.headers.get('content-disposition')).toMatch(
      /^attachment; filename="metric_data_\d{8}-\d{6}\.csv"$/,
    );
    const [header, , second] = (await response.text()).split('\r\n');
    expect(header).toMatch(/^uid,metric,rowid,timestamp,value,anomaly_score,/);
    expect(second).toMatch(new RegExp(`^${uidOf('=cmd()')},'=cmd\\(\\),2,2026-01-05T00:01:00.000Z,-1,`));
  });

  it('gives samples that were never scored only when asked to', async () => {
    const field = (unscored: boolean) =>
      `metricDataDownload(filter: { nameContains: "unwatched" }, unscored: ${String(unscored)})`;
    expect(await (await download(field(false))).text()).toBe('');
    const rows = (await (await download(field(true))).text()).trimEnd().split('\n');
    expect(rows).toHaveLength(MANY_ROWS);
    expect(JSON.parse(rows.at(-1) ?? '')).toMatchObject({ rowId: MANY_ROWS, anomalyScore: null });
  });

  it('of a metric is an archive with everything about it', async () => {
    const { engine } = server;
    await engine.labels.labelAnomaly({
      metricId: uidOf('plain'),
      from: new Date(START_MS),
      to: new Date(START_MS),
      kind: 'NORMAL',
      note: null,
    });
    await server.engine.annotations.createAnnotation({
      ...{ server: 'plain', device: 'desk', user: 'ann', message: 'sale began', data: undefined },
      timestamp: new Date(START_MS),
    });
    const response = await download(`exportMetricArchive(id: "Metric:${uidOf('plain')}", comment: "look")`);
    expect(response.headers.get('content-disposition')).toMatch(
      new RegExp(`^attachment; filename="metric_dump_${uidOf('plain')}_\\d{8}-\\d{6}\\.tar\\.gz"$`),
    );
    const files = await readFiles(await response.bytes());
    expect([...files.keys()]).toEqual(['metric.json', 'metric_data.csv']);
    const described = JSON.parse(files.get('metric.json') ?? '') as Record<string, string>;
    expect(described).toMatchObject({
      comment: 'look',
      server_id: anyText,
      labels: [{ label: 'NORMAL' }],
      annotations: [{ user: 'ann', message: 'sale began' }],
    });
    expect(JSON.parse(described.metric ?? '')).toMatchObject({
      uid: uidOf('plain'),
      datasource: 'custom',
      name: 'plain',
      status: 1,
      last_rowid: ROWS,
      parameters: { name: 'plain' },
    });
    const lines = (files.get('metric_data.csv') ?? '').trimEnd().split('\r\n');
    expect(lines[0]).toMatch(/^uid,rowid,timestamp,metric_value,raw_anomaly_score,anomaly_score,/);
    expect(lines).toHaveLength(1 + ROWS);
    expect(lines[2]).toContain(`${uidOf('plain')},2,2026-01-05T00:01:00.000Z,-1,`);
  });

  it('that its client leaves gives the database its connection back', async () => {
    const url = await linkOf('metricDataDownload(filter: {}, unscored: true)');
    const cut = server.engine.stats.read('downloads_cut');
    const { pool } = server.engine;
    await new Promise<void>((resolve, reject) => {
      get(url, (response) => {
        response.once('data', () => {
          response.destroy();
          resolve();
        });
      }).on('error', reject);
    });
    const isCut = () => expect(server.engine.stats.read('downloads_cut')).toBe(cut + 1);
    await until(isCut);
    const countOpen = async () => {
      const { rows } = await pool.query<{ open: number }>(
        `SELECT count(*)::int AS open FROM pg_stat_activity
           WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
      );
      expect(rows).toEqual([{ open: 0 }]);
    };
    await until(countOpen);
  });

  it('needs a link that was made by this server, and GET', async () => {
    const url = await linkOf('metricDataDownload(filter: {})');
    const [payload = '', mac = ''] = url.split('/download/')[1]?.split('.') ?? [];
    const other = Buffer.from(
      Buffer.from(payload, 'base64url').toString().replace('"unscored":false', '"unscored":true'),
    ).toString('base64url');
    expect(other).not.toBe(payload);
    const statusOf = async (token: string, method = 'GET') =>
      (await fetch(`${server.url}/download/${token}`, { method })).status;
    expect(await statusOf(`${other}.${mac}`)).toBe(403);
    expect(await statusOf(payload)).toBe(403);
    expect(await statusOf('')).toBe(403);
    expect(await statusOf(`${payload}.${mac}`, 'POST')).toBe(405);
    expect(await statusOf(`${payload}.${mac}`)).toBe(200);
  });

  it('of a metric that was deleted since is not there', async () => {
    const id = await server.engine.monitor.createMetric('CUSTOM', { name: 'gone' });
    const url = await linkOf(`exportMetricArchive(id: "Metric:${id}")`);
    await server.engine.monitor.deleteMetric(id);
    expect((await fetch(url)).status).toBe(404);
    const { errors } = await ask(server, `{ exportMetricArchive(id: "Metric:${id}") { url } }`);
    expect(errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });
});
