import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLapwing, type Lapwing } from '../../src/app/start-server.ts';
import { createLog } from '../../src/log.ts';
import { readConfig } from '../../src/platform/config/read-config.ts';
import { read } from '../helpers/ask.ts';
import { withDatabase, type TestDatabase } from '../helpers/database.ts';

const CREATE_RULE = `mutation ($input: CreateNotificationRuleInput!) {
  createNotificationRule(input: $input) { ... on NotificationRule { id } ... on Error { message } }
}`;

describe('a data folder that lost its sealing keys while the database kept the secrets', () => {
  let folder: string;
  let database: TestDatabase;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lapwing-keys-'));
    database = await withDatabase();
  });

  afterAll(async () => {
    await database[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const start = (dataDir: string, settings: Record<string, string> = {}): Promise<Lapwing> =>
    startLapwing(
      readConfig({
        DATABASE_URL: database.connection,
        LAPWING_DATA_DIR: join(folder, dataDir),
        LAPWING_PORT: '0',
        LAPWING_GRAPHITE_PORT: '',
        LAPWING_HOST_METRICS: 'off',
        LAPWING_CLOUDWATCH_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
        LAPWING_CLOUDWATCH_SECRET_ACCESS_KEY: 'secret',
        ...settings,
      }),
      createLog('silent'),
      { onLost: () => undefined },
    );
  const look = async (lapwing: Lapwing) => {
    const ready = await fetch(`${lapwing.addresses.http ?? ''}ready`);
    const metrics = await (await fetch(`${lapwing.addresses.http ?? ''}metrics`)).text();
    const unreadable = /^lapwing_secrets_unreadable (\d+)$/m.exec(metrics)?.[1];
    const { status, problems } = (await ready.json()) as { status: string; problems: string[] };
    return { status: ready.status, ready: status, problems, unreadable };
  };

  it('is a problem on /ready and in /metrics, and stays ready', async () => {
    const first = await start('before');
    const url = (first.addresses.http ?? '').replace(/\/$/, '');
    const channel = { webhook: { url: 'https://hooks.example.com/x', secret: 'a secret of twenty-four!' } };
    const made = await read({ url }, CREATE_RULE, {
      input: { name: 'ops', scope: { namePattern: '*' }, channels: [channel] },
    });
    expect(made).toEqual({ createNotificationRule: { id: expect.any(String) as string } });
    expect(await look(first)).toEqual({ status: 200, ready: 'ready', problems: [], unreadable: '0' });
    await first.stop();

    const moved = await start('after');
    expect(await look(moved)).toMatchObject({
      status: 200,
      problems: [
        expect.stringMatching(/^the secrets of 1 notification channels cannot be read .*restore the \*\.key/),
      ],
      unreadable: '1',
    });
    await moved.stop();

    const restored = await start('before');
    expect(await look(restored)).toMatchObject({ problems: [], unreadable: '0' });
    await restored.stop();
  });

  it('needs them no longer once LAPWING_SEALING_KEY was set beside them', async () => {
    const key = { LAPWING_SEALING_KEY: randomBytes(32).toString('base64') };
    for (const [dataDir, settings, unreadable] of [
      ['before', key, '0'],
      ['nothing', key, '0'],
      ['nothing', { LAPWING_SEALING_KEY: randomBytes(32).toString('base64') }, '1'],
      ['before', {}, '1'],
    ] as const) {
      const lapwing = await start(dataDir, settings);
      expect((await look(lapwing)).unreadable, `${dataDir} ${JSON.stringify(settings)}`).toBe(unreadable);
      await lapwing.stop();
    }
    await expect(stat(join(folder, 'nothing'))).rejects.toThrow('ENOENT');
  });
});
