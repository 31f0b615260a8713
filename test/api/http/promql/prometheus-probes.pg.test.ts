import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ settings: { LAPWING_API_KEY: 'an-admin-key-of-the-settings' } });
});
afterAll(() => server[Symbol.asyncDispose]());

// What prometheus-api-client, promtool and Grafana's monitors ask, none of them with a key.
it.each(['/prometheus', '/prometheus/', '/prometheus/-/healthy', '/prometheus/-/ready'])(
  '%s says that there is something to query',
  async (path) => {
    const response = await fetch(server.url + path);
    expect(response.status).toBe(200);
    expect(await response.text()).not.toBe('');
  },
);

it.each(['/prometheus/-/quit', '/prometheus/-/reload', '/prometheus/x'])('%s is nowhere', async (path) => {
  expect((await fetch(server.url + path, { method: 'POST' })).status).toBe(404);
});
