import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { read } from '../../../helpers/ask.ts';
import { startServerOver } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';
import { ADMIN, type Keyed, type KeyedServer, startKeyedServer } from '../../graphql/keyed-server.ts';

/** More than fits into the buffers between the database and a client that does not read. */
const MANY_ROWS = 60_000;

let keyed: KeyedServer;

beforeAll(async () => {
  keyed = await startKeyedServer();
  for (let start = 0; start < MANY_ROWS; start += 10_000) {
    await keyed.server.engine.accept.acceptNamed(
      Array.from({ length: 10_000 }, (_, row) => ({
        metric: 'many',
        timestampMs: Date.parse('2026-01-05T00:00:00Z') + (start + row) * 1000,
        value: row,
      })),
    );
  }
});

afterAll(() => keyed[Symbol.asyncDispose]());

async function linkOf(caller: Keyed | KeyedServer['admin']): Promise<string> {
  const field = 'metricDataDownload(filter: {}, unscored: true)';
  const { link } = await read<{ link: { url: string } }>(caller, `{ link: ${field} { url } }`);
  return link.url;
}

describe('a download link', () => {
  it('that is being read is cut when its key is revoked', async () => {
    const reader = await keyed.createKey('reader', ['READ']);
    const url = await linkOf(reader);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, resolve).on('error', reject);
    });
    expect(response.statusCode).toBe(200);
    await keyed.revoke(reader.id);
    const end = new Promise((resolve) => response.on('error', resolve).on('end', () => resolve('whole')));
    // No other was begun before: what is cut is this one. Until then a client that reads could have all of it.
    await until(() => expect(keyed.server.engine.stats.read('downloads_cut')).toBeGreaterThan(0));
    response.resume();
    expect(await end).toMatchObject({ code: 'ECONNRESET' });
  });

  it('ends with the key that asked for it, and with no other', async () => {
    const [leaver, stayer] = [
      await keyed.createKey('leaver', ['READ']),
      await keyed.createKey('stayer', ['READ']),
    ];
    const [left, stayed, setting] = [await linkOf(leaver), await linkOf(stayer), await linkOf(keyed.admin)];
    await keyed.revoke(leaver.id);
    expect((await fetch(left)).status).toBe(403);
    for (const url of [stayed, setting]) {
      const response = await fetch(url);
      expect(response.status).toBe(200);
      await response.body?.cancel();
    }
  });

  it('ends with an expired key', async () => {
    const short = await keyed.createKey('short', ['READ'], new Date(Date.now() + 3_600_000));
    const url = await linkOf(short);
    await keyed.server.engine.pool.query(`UPDATE api_key SET expires_at = now() WHERE name = 'short'`);
    await until(async () => expect((await fetch(url)).status).toBe(403));
  });

  it('opens after a restart, unless another key is that of the settings by then', async () => {
    const stayer = await keyed.createKey('over a restart', ['READ']);
    const paths = [await linkOf(stayer), await linkOf(keyed.admin)].map((url) => new URL(url).pathname);
    await keyed.server.stop();
    const restart = async (apiKey: string) => {
      await using again = await startServerOver(keyed.server.database, {
        settings: { LAPWING_API_KEY: apiKey },
      });
      const responses = await Promise.all(paths.map((path) => fetch(`${again.url}${path}`)));
      for (const { body } of responses) await body?.cancel();
      return responses.map(({ status }) => status);
    };
    expect(await restart(ADMIN)).toEqual([200, 200]);
    expect(await restart('another-key-of-the-settings')).toEqual([200, 403]);
  });
});
