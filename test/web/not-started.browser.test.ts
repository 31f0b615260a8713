/** What a person sees where the page's scripts do not run: an old browser, or a proxy that changes the path. */
import { createServer, request } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startServer } from '../helpers/start-server.ts';
import { findChromium, openBrowser } from './open-browser.ts';

const executable = findChromium();
const TEXT = 'This page could not start.';

/** As a reverse proxy that serves another server below a path of its own. */
async function serveBelow(path: string, target: string) {
  const proxy = createServer((incoming, outgoing) => {
    if (incoming.url?.startsWith(path) !== true) return outgoing.writeHead(404).end();
    const headers = { ...incoming.headers, host: new URL(target).host };
    const forwarded = request(new URL(incoming.url.slice(path.length), target), { headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    return incoming.pipe(forwarded);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${path}/`;
  const close = () => {
    proxy.close();
    proxy.closeAllConnections();
    return Promise.resolve();
  };
  return { url, [Symbol.asyncDispose]: close };
}

describe.skipIf(executable === null)('a page whose scripts do not run', () => {
  it('says why it may be, and what to do', async () => {
    await using browser = await openBrowser(executable ?? '');
    await using server = await startServer();
    await using proxy = await serveBelow('/tools/lapwing', server.url);
    const behind = await browser.open(proxy.url);
    await behind.page.getByText(TEXT).waitFor();
    const old = await browser.open('about:blank');
    await old.page.route('**/*.js', (route) => route.fulfill({ contentType: 'text/javascript', body: '@' }));
    await old.page.goto(server.url);
    await old.page.getByText(TEXT).waitFor();
    const started = await browser.open(server.url);
    await started.page.getByText('No metrics yet').waitFor();
    expect(await started.page.getByText(TEXT).count()).toBe(0);
  });
});
