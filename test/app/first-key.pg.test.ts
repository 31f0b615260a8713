/** A server without a key, on loopback and where others can reach it. */
import { get } from 'node:http';
import { describe, expect, it } from 'vitest';
import { insertKey } from '../../src/core/access/key-store.ts';
import { readConfig } from '../../src/platform/config/read-config.ts';
import { createLog } from '../../src/log.ts';
import { startLapwing } from '../../src/app/start-server.ts';
import { ask } from '../helpers/ask.ts';
import { withDatabase } from '../helpers/database.ts';
import { startServer } from '../helpers/start-server.ts';
import { SOME } from '../api/graphql/keyed-server.ts';

describe('a server without a key', () => {
  it('is open on loopback to its own names alone, until a key is made beside it', async () => {
    await using open = await startServer({
      settings: { LAPWING_ALLOWED_HOSTS: 'Lapwing.lan:4000, bücher.lan' },
    });
    const statusAs = (host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const url = `${open.url}/graphql?query=${encodeURIComponent(SOME)}`;
        get(url, { headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on('error', reject);
      });
    expect(await statusAs('localhost:4000')).toBe(200);
    expect(await statusAs('lapwing.lan')).toBe(200);
    expect(await statusAs('xn--bcher-kva.lan:4000')).toBe(200);
    expect(await statusAs('evil.example')).toBe(421);
    const refused = await ask(
      open,
      'mutation { createApiKey(input: { name: "r", scopes: [READ] }) { __typename ... on Error { message } } }',
    );
    expect(refused.text).toMatch(/InvalidInputError.*ADMIN/);
    const { key } = await insertKey(open.database.prisma, {
      name: 'beside',
      scopes: ['ADMIN'],
      account: null,
      expiresAt: null,
    });
    // The server reads the keys again twice a second.
    while ((await fetch(`${open.url}/metrics`)).status === 200);
    expect((await ask(open, SOME)).status).toBe(401);
    expect((await ask({ ...open, key }, SOME)).status).toBe(200);
    // Its name does not matter any more: a page of another site has no key.
    expect(await statusAs('evil.example')).toBe(401);
    await open.database.prisma.apiKey.updateMany({ data: { revokedAt: new Date() } });
    while ((await fetch(`${open.url}/metrics`, { headers: { 'x-api-key': key } })).status === 200);
    expect((await ask(open, SOME)).status).toBe(401);
  });

  it('makes one and shows it once where others can reach it, and does not start where it cannot', async () => {
    await using database = await withDatabase();
    const config = readConfig({
      DATABASE_URL: database.connection,
      LAPWING_HOST: '0.0.0.0',
      LAPWING_PORT: '0',
      LAPWING_GRAPHITE_PORT: '0',
      LAPWING_HOST_METRICS: 'off',
    });
    const shown: string[] = [];
    const start = (showKey?: (key: string) => void) =>
      startLapwing(config, createLog('silent'), {
        onLost: () => undefined,
        ...(showKey === undefined ? {} : { showKey }),
      });
    await expect(start()).rejects.toThrow(/LAPWING_HOST=0.0.0.0 .* lapwing key create/);
    const first = await start((key) => shown.push(key));
    const url = (first.addresses.http ?? '').replace('0.0.0.0', '127.0.0.1').replace(/\/$/, '');
    const statuses = [
      (await ask({ url }, SOME)).status,
      (await ask({ url, key: shown[0] ?? '' }, SOME)).status,
    ];
    // Graphite knows no keys.
    const { graphite } = first.addresses;
    await first.stop();
    expect({ statuses, graphite }).toEqual({
      statuses: [401, 200],
      graphite: expect.stringContaining('tcp://127.0.0.1:') as string,
    });
    const second = await start((key) => shown.push(key));
    await second.stop();
    expect(shown).toHaveLength(1);
    await database.prisma.apiKey.updateMany({ data: { revokedAt: new Date() } });
    await expect(start((key) => shown.push(key))).rejects.toThrow(/no valid key/);
  });
});
