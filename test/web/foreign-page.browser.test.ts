/** What a page of another site can make a browser send to a server on the same machine: nothing of it is stored. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { findChromium, openBrowser } from './open-browser.ts';

const executable = findChromium();
const LINES = 'forged.metric 1 -1\nforged.metric 2 -1\n';

/** Sends it every way a page can without asking, and waits for the last. */
const ATTACK = `async (port) => {
  const body = ${JSON.stringify(LINES)};
  const send = (url, init) => fetch(url, { mode: 'no-cors', ...init }).catch(() => undefined);
  navigator.sendBeacon('http://127.0.0.1:' + port + '/', body);
  await Promise.all([
    send('http://127.0.0.1:' + port + '/', { method: 'POST', body }),
    send('http://127.0.0.1:' + port + '/' + 'x'.repeat(9000), { method: 'POST', body }),
    send('http://127.0.0.1:' + port + '/?' + encodeURIComponent(body)),
    send('https://127.0.0.1:' + port + '/', { method: 'POST', body }),
    new Promise((resolve) => { const socket = new WebSocket('ws://127.0.0.1:' + port); socket.onclose = resolve; }),
  ]);
}`;

describe.skipIf(executable === null)('a page of another site', () => {
  it('writes no metric through the Graphite port', async () => {
    await using browser = await openBrowser(executable ?? '');
    await using server = await startServer({ settings: { LAPWING_GRAPHITE_PORT: '0' } });
    const other = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end('hi'),
    );
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { page } = await browser.open(`http://localhost:${(other.address() as AddressInfo).port}`);
    await page.evaluate(`(${ATTACK})(${new URL(server.addresses.graphite ?? '').port})`);
    const { stats, registry } = server.engine;
    await until(() => expect(stats.read('graphite_connections_foreign')).toBeGreaterThanOrEqual(5));
    await until(() => expect(stats.read('graphite_connections')).toBe(0));
    expect(stats.read('graphite_lines')).toBe(0);
    expect([...registry.all()]).toEqual([]);
    other.close();
    other.closeAllConnections();
  });
});
