/** What a panel link gives, to whom, and what ends it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../../../src/log.ts';
import { ask, read } from '../../../helpers/ask.ts';
import { startServer, startServerOver } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';
import { ADMIN, type KeyedServer, startKeyedServer } from '../../graphql/keyed-server.ts';
import { addMetric, createLink, followPanel, type PanelEvent, pushPoint, revokeLink } from './embedded.ts';

const POINTS = 60;

let keyed: KeyedServer;
let metric: string;

beforeAll(async () => {
  keyed = await startKeyedServer();
  metric = await addMetric(keyed.server, 'shown', POINTS);
  await addMetric(keyed.server, 'hidden', POINTS);
});
afterAll(() => keyed[Symbol.asyncDispose]());

interface PanelData {
  readonly data: {
    readonly serverInfo: { readonly cursor: string };
    readonly metric: {
      readonly id: string;
      readonly name: string;
      readonly series: { readonly values: readonly number[] };
    };
  };
}

async function readData(url: string): Promise<PanelData['data']> {
  const response = await fetch(`${url}/data`);
  expect(response.status).toBe(200);
  return ((await response.json()) as PanelData).data;
}

function valuesOf({ value }: IteratorResult<PanelEvent, undefined>): number[] {
  return (value?.data?.anomalyScores.scores ?? []).map((score) => score.value);
}

describe('a panel link', () => {
  it('gives its metric with its series, and then every new score of it, without a key', async () => {
    const { url } = await createLink(keyed.admin, metric);
    const { metric: shown, serverInfo } = await readData(url);
    expect(shown).toMatchObject({ id: metric, name: 'shown' });
    expect(shown.series.values).toHaveLength(POINTS);
    const events = followPanel(url, serverInfo.cursor);
    const first = events.next();
    await pushPoint(keyed.server, 'hidden', 70);
    await pushPoint(keyed.server, 'shown', 42);
    const seen = valuesOf(await first);
    while (seen.length === 0) seen.push(...valuesOf(await events.next()));
    expect(seen).toEqual([42]);
    await events.return(undefined);
    await until(() => expect(keyed.server.engine.live.subscriberCount()).toBe(0));
  });

  it('goes on where it was, without a gap', async () => {
    const { url } = await createLink(keyed.admin, metric);
    const { serverInfo } = await readData(url);
    for (const value of [11, 12, 13]) await pushPoint(keyed.server, 'shown', value);
    const seen: number[] = [];
    for await (const { data } of followPanel(url, serverInfo.cursor)) {
      seen.push(...(data?.anomalyScores.scores ?? []).map(({ value }) => value));
      if (seen.length >= 3) break;
    }
    expect(seen).toEqual([11, 12, 13]);
    const lost = await followPanel(url, 'a.place.that.never.was').next();
    expect(lost.value).toMatchObject({ errors: [{ extensions: { code: 'CURSOR_INVALID' } }] });
  });

  it('is no way to anything else: neither paths, nor methods, nor GraphQL', async () => {
    const { url } = await createLink(keyed.admin, metric);
    const statusOf = async (path: string, method = 'GET') => {
      const response = await fetch(`${url}${path}`, { method });
      await response.body?.cancel();
      return response.status;
    };
    for (const path of ['/graphql', '/data/x', '/live/x', '/Data']) expect(await statusOf(path)).toBe(404);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'])
      expect(await statusOf('/data', method)).toBe(405);
    expect(await statusOf('/data?query={apiKeys{name}}&id=Metric:x&points=1e9')).toBe(200);
    const token = new URL(url).pathname.split('/')[2] ?? '';
    for (const key of [token, `panel`]) {
      expect((await ask({ url: keyed.server.url, key }, '{ metrics { nodes { name } } }')).status).toBe(401);
    }
  });

  it.each<[string, number, (id: string, metricId: string) => Promise<unknown>]>([
    ['it is revoked', 403, (id) => revokeLink(keyed.admin, id)],
    [
      'it expires',
      410,
      (id) =>
        keyed.server.database.pool.query(`UPDATE panel_link SET expires_at = now() WHERE id = $1`, [
          id.slice(10),
        ]),
    ],
    [
      'its metric is deleted',
      404,
      (_id, metricId) => keyed.server.engine.monitor.deleteMetric(metricId.slice(7)),
    ],
  ])('and its open stream end when %s', async (name, status, end) => {
    const own = await addMetric(keyed.server, `metric of: ${name}`, 2);
    const { id, url } = await createLink(keyed.admin, own);
    const events = followPanel(url, null);
    const last = (async () => {
      let event: unknown;
      for await (event of events);
      return event;
    })();
    await until(() => expect(keyed.server.engine.live.subscriberCount()).toBe(1));
    await end(id, own);
    expect(await last).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    for (const part of ['', '/data', '/live']) {
      const response = await fetch(`${url}${part}`);
      expect(response.status, part).toBe(status);
      expect(await response.text()).toMatch(part === '' ? /<h1>No panel/ : /^\{"error":"/);
    }
  });

  it('ends with the key that made it, as its open stream does, and with no other key', async () => {
    const [leaver, stayer] = [
      await keyed.createKey('leaver', ['WRITE']),
      await keyed.createKey('stayer', ['WRITE']),
    ];
    const [left, stayed] = [await createLink(leaver, metric), await createLink(stayer, metric)];
    const events = followPanel(left.url, null);
    const first = events.next();
    await until(() => expect(keyed.server.engine.live.subscriberCount()).toBe(1));
    await keyed.revoke(leaver.id);
    expect((await first).value).toMatchObject({
      errors: [{ message: 'the panel link has ended: CREATOR_REVOKED' }],
    });
    expect((await events.next()).done).toBe(true);
    expect((await fetch(`${left.url}/data`)).status).toBe(403);
    await readData(stayed.url);
    const { panelLinks } = await read<{ panelLinks: { nodes: unknown } }>(
      keyed.admin,
      'query ($metricId: ID!) { panelLinks(metricId: $metricId, first: 2) { nodes { id state createdBy } } }',
      { metricId: metric },
    );
    expect(panelLinks.nodes).toEqual([
      { id: stayed.id, state: 'ACTIVE', createdBy: 'stayer' },
      { id: left.id, state: 'CREATOR_REVOKED', createdBy: 'leaver' },
    ]);
  });

  it('is refused in words, whatever is wrong with it', async () => {
    const { url } = await createLink(keyed.admin, metric);
    const response = await fetch(url.slice(0, -1) + (url.endsWith('A') ? 'B' : 'A'));
    expect(response.status).toBe(403);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toContain('This is no panel link of this server.');
  });

  it('is under the rate limit of its address', async () => {
    await using slow = await startKeyedServer({ LAPWING_MAX_OPERATIONS_PER_SECOND: '1' });
    const slowMetric = await addMetric(slow.server, 'slow', 2);
    const { url } = await createLink(slow.admin, slowMetric);
    const answers = await Promise.all(Array.from({ length: 12 }, () => fetch(`${url}/data`)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
  });

  it('is one of so many streams of its address', async () => {
    await using narrow = await startKeyedServer({ LAPWING_MAX_CONNECTIONS: '1' });
    const { url } = await createLink(narrow.admin, await addMetric(narrow.server, 'narrow', 2));
    const events = followPanel(url, null);
    const first = events.next();
    await until(() => expect(narrow.server.engine.live.subscriberCount()).toBe(1));
    expect((await fetch(`${url}/live`)).status).toBe(429);
    await pushPoint(narrow.server, 'narrow', 1);
    await first;
    await events.return(undefined);
    const leaving = new AbortController();
    await until(async () => {
      const { status } = await fetch(`${url}/live`, { signal: leaving.signal });
      expect(status).toBe(200);
    });
    leaving.abort();
  });
});

describe('many panels of one link', () => {
  it('are a thousand at most', async () => {
    const { url } = await createLink(keyed.admin, metric);
    const leaving = new AbortController();
    const open = () => fetch(`${url}/live`, { signal: leaving.signal });
    const opened: Response[] = [];
    while (opened.length < 1000) {
      opened.push(...(await Promise.all(Array.from({ length: 100 }, open))));
    }
    expect(new Set(opened.map(({ status }) => status))).toEqual(new Set([200]));
    const refused = await fetch(`${url}/live`);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ error: expect.stringContaining('1000 panels') as string });
    const { url: other } = await createLink(keyed.admin, metric);
    const response = await fetch(`${other}/live`, { signal: leaving.signal });
    expect(response.status).toBe(200);
    leaving.abort();
    await until(() => expect(keyed.server.engine.live.subscriberCount()).toBe(0));
  });
});

describe('a restart', () => {
  it('ends no link, but for those of the key of the settings when another takes its place', async () => {
    await using first = await startKeyedServer();
    const shown = await addMetric(first.server, 'over a restart', 2);
    const maker = await first.createKey('maker', ['WRITE']);
    const paths = [await createLink(maker, shown), await createLink(first.admin, shown)].map(
      ({ url }) => new URL(url).pathname,
    );
    await first.server.stop();
    const restart = async (apiKey: string) => {
      await using again = await startServerOver(first.server.database, {
        settings: { LAPWING_API_KEY: apiKey },
      });
      const statuses: number[] = [];
      for (const path of paths) {
        const response = await fetch(`${again.url}${path}/data`);
        await response.body?.cancel();
        statuses.push(response.status);
      }
      return statuses;
    };
    expect(await restart(ADMIN)).toEqual([200, 200]);
    expect(await restart('another-key-of-the-settings')).toEqual([200, 403]);
  });
});

describe('the log', () => {
  it('holds no token, at the finest level and of a request that failed neither', async () => {
    let lines = '';
    const log = createLog('trace', (bytes, from) => {
      lines += bytes.subarray(from).toString();
      return bytes.length - from;
    });
    await using server = await startServer({ log });
    const { id, url } = await createLink(server, await addMetric(server, 'logged', 2));
    const events = followPanel(url, null);
    const first = events.next();
    await until(() => expect(server.engine.live.subscriberCount()).toBe(1));
    for (const part of ['/data', '/other', `/data?token=${new URL(url).pathname}`])
      await fetch(`${url}${part}`);
    await fetch(`${url}AAAA`);
    await revokeLink(server, id);
    await first;
    await server.database.pool.query('ALTER TABLE panel_link RENAME TO elsewhere');
    expect((await fetch(`${url}/data`)).status).toBe(500);
    expect(lines).toContain('"route":"/embed/*"');
    const [name = '', mac = ''] = new URL(url).pathname.slice('/embed/'.length).split('.');
    expect(lines).not.toContain(mac);
    expect(lines).not.toContain(name);
  });
});
