/** The page as it is served: what a browser is told beside the bytes. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ASSET_PATHS,
  createPageHandler,
  isForPage,
  PAGE_PATHS,
} from '../../../../src/api/http/page/page-endpoint.ts';
import { BuiltPage } from '../../../../src/api/http/page/page-files.ts';
import type { Handler } from '../../../../src/api/http/routes.ts';
import { HttpServer } from '../../../../src/api/http/server.ts';
import { createLog } from '../../../../src/log.ts';
import { createStats } from '../../../../src/platform/telemetry/metrics.ts';

const SCRIPT = 'console.log("page")';

describe('the page', () => {
  let folder: string;
  let server: HttpServer;
  let url: string;

  const start = async (built: string) => {
    const page = createPageHandler(new BuiltPage(built));
    const routes = new Map<string, Handler>([...PAGE_PATHS, ...ASSET_PATHS].map((path) => [path, page]));
    server = new HttpServer({
      host: '127.0.0.1',
      port: 0,
      routes,
      socketRoutes: new Map(),
      notFound: (answerJson) => (request, response) =>
        (isForPage(request) ? page : answerJson)(request, response),
      log: createLog('silent'),
      stats: createStats(),
    });
    url = `http://127.0.0.1:${await server.start()}`;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lapwing-page-'));
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'page.html'), '<!doctype html><title>Lapwing</title>');
    await writeFile(join(folder, 'assets/page-1a2b.js'), SCRIPT);
    await writeFile(join(folder, 'assets/page-1a2b.js.gz'), gzipSync(SCRIPT));
    await start(folder);
  });

  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it('is the same document at every address it has, under a strict policy', async () => {
    for (const path of ['/', '/metric/Metric%3A1', '/add/host', '/incidents', '/server?x=1']) {
      const response = await fetch(`${url}${path}`);
      expect(response.status, path).toBe(200);
      expect(await response.text()).toContain('<title>Lapwing</title>');
      const policy = response.headers.get('content-security-policy');
      expect(policy).toContain("script-src 'self'");
      expect(policy).not.toContain('unsafe');
      expect(response.headers.get('cache-control')).toBe('no-cache');
    }
  });

  it('says to a browser that there is nothing at any other address, and to programs in JSON', async () => {
    const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
    for (const path of ['/nothing', '/incident', '/metrics/x', '/a/b/c?d=e', '/metricx']) {
      const page = await fetch(`${url}${path}`, { headers: browser });
      expect(page.status, path).toBe(404);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
      expect(await page.text()).toContain('<title>Lapwing</title>');
      for (const headers of [{}, { accept: 'application/json' }, { accept: '*/*' }]) {
        const json = await fetch(`${url}${path}`, { headers });
        expect(json.status).toBe(404);
        expect(await json.json()).toMatchObject({ error: expect.stringContaining('no such path') as string });
      }
      expect((await fetch(`${url}${path}`, { method: 'POST', headers: browser })).status).toBe(404);
    }
    expect((await fetch(`${url}/incidents/Incident%3A1`, { headers: browser })).status).toBe(200);
  });

  it('sends hashed files compressed, for ever', async () => {
    const response = await fetch(`${url}/assets/page-1a2b.js`, { headers: { 'accept-encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(await response.text()).toBe(SCRIPT);
  });

  it('answers 304 to a browser that has it, 404 for other files, 405 for other methods', async () => {
    const etag = (await fetch(url)).headers.get('etag') ?? '';
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await fetch(`${url}/assets/none.js`)).status).toBe(404);
    expect((await fetch(`${url}/assets/..%2F..%2Fpackage.json`)).status).toBe(404);
    const posted = await fetch(url, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow'), await posted.json()]).toEqual([
      405,
      'GET, HEAD',
      { error: 'expected GET or HEAD, got POST; GraphQL is asked at /graphql' },
    ]);
  });

  it('is there again after a file could not be read, as while npm replaces it', async () => {
    await server.stop();
    await start(folder);
    await symlink(join(folder, 'nothing'), join(folder, 'assets/gone-3c4d.js'));
    expect((await fetch(url)).status).toBe(500);
    await rm(join(folder, 'assets/gone-3c4d.js'));
    expect((await fetch(url)).status).toBe(200);
  });

  it('says how to build it where it is not built', async () => {
    await server.stop();
    await start(join(folder, 'nothing'));
    const response = await fetch(url);
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('npm run build');
  });
});
