import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { StandbyServer } from '../../../src/api/http/standby-server.ts';
import { createLog } from '../../../src/log.ts';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';

const log = createLog('silent');

async function startStandby() {
  const server = new StandbyServer({ host: '127.0.0.1', port: 0, log, stats: createStats() });
  const url = await server.show('lapwing on one, process 1, since then');
  return { url, server, [Symbol.asyncDispose]: () => server.stop() };
}

describe('a standby', () => {
  it('is alive and not ready, and says who is active', async () => {
    await using standby = await startStandby();
    const health = await fetch(`${standby.url}/health`);
    expect([health.status, await health.json()]).toEqual([
      200,
      { name: 'lapwing', message: 'standby', status: 'pass', checks: [] },
    ]);
    const ready = await fetch(`${standby.url}/ready`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      {
        status: 'standby',
        problems: ['another server is active: lapwing on one, process 1, since then'],
      },
    ]);
    expect(await standby.server.show('another')).toBe(standby.url);
    expect(await (await fetch(`${standby.url}/ready`)).text()).toContain('active: another');
  });

  it.each(['/', '/metrics', '/api/v2/write', '/api/v1/write', '/aws', '/no/such/path'])(
    'has %s tried again in a moment, elsewhere',
    async (path) => {
      await using standby = await startStandby();
      const answer = await fetch(`${standby.url}${path}`, { method: 'POST', body: 'cpu v=1' });
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(await answer.json()).toEqual({ error: expect.stringContaining('standby') as string });
    },
  );

  it('answers GraphQL clients in their own form, and no WebSocket', async () => {
    await using standby = await startStandby();
    const answer = await fetch(`${standby.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'RETRY_LATER' } }] });
    const socket = new WebSocket(`${standby.url.replace('http', 'ws')}/graphql`);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('503');
  });
});
