/** LAPWING_CONFIG_FILE: applied at the start and on SIGHUP, by a server that asks everybody else for a key. */
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServedConfiguration } from '../../../src/cli/apply/served-configuration.ts';
import { serve } from '../../../src/cli/serve.ts';
import { createLog } from '../../../src/log.ts';
import { ServerLock } from '../../../src/platform/postgres/server-lock.ts';
import { readConfig } from '../../../src/platform/config/read-config.ts';
import { ADMIN } from '../../api/graphql/keyed-server.ts';
import { read } from '../../helpers/ask.ts';
import { withDatabase } from '../../helpers/database.ts';
import { startServer, type TestServer } from '../../helpers/start-server.ts';
import { findFreePort, startServerProcess } from '../../helpers/server-process.ts';
import { until } from '../../helpers/until.ts';

const AUDIT = '{ auditLog(first: 20) { nodes { keyName field } } }';

let server: TestServer;
let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lapwing-config-'));
  file = join(folder, 'lapwing.yaml');
  const trusted = join(folder, 'trusted.json');
  await writeFile(trusted, JSON.stringify({ audit: AUDIT }));
  server = await startServer({
    settings: {
      LAPWING_API_KEY: ADMIN,
      LAPWING_TRUSTED_DOCUMENTS: trusted,
      LAPWING_TRUSTED_DOCUMENTS_ONLY: 'on',
      LAPWING_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8',
    },
  });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const rules = (...names: readonly string[]) =>
  `apiVersion: 1\nnotificationRules:\n${names.map((name) => `  - name: ${name}\n`).join('')}`;
const listRules = async () =>
  (await server.database.prisma.notificationRule.findMany({ orderBy: { name: 'asc' } })).map(
    ({ name }) => name,
  );
const counts = () => ({
  reloads: server.engine.stats.read('config_reloads'),
  failed: server.engine.stats.read('config_reloads_failed'),
  isSuccessful: server.engine.stats.read('config_last_reload_successful'),
});

describe('LAPWING_CONFIG_FILE', () => {
  it('is applied at the start and when it is read again; one that is wrong changes nothing', async () => {
    const served = new ServedConfiguration(file, { HOOK: 'sixteen letters!' }, createLog('silent'));
    await writeFile(
      file,
      `${rules('first')}    channels: [{ webhook: { url: 'http://127.0.0.1:9999/hook', secretEnv: HOOK } }]\n`,
    );
    await served.start(await served.load(), server);
    expect(await listRules()).toEqual(['first']);
    expect(counts()).toEqual({ reloads: 1, failed: 0, isSuccessful: 1 });
    const sinceSeconds = server.engine.stats.read('config_last_reload_success_timestamp_seconds');
    expect(sinceSeconds).toBeGreaterThan(1_700_000_000);

    await writeFile(file, `${rules('second', 'third')}    sensitivty: 0.5\n`);
    await expect(served.load()).rejects.toThrow(/lapwing\.yaml:5:5: notificationRules\[1\]\.sensitivty/);
    await served.reload();
    expect(await listRules()).toEqual(['first']);
    expect(counts()).toEqual({ reloads: 2, failed: 1, isSuccessful: 0 });

    // Only the server knows that it is wrong; it is known before anything is done.
    await writeFile(file, `${rules('second', 'third')}    scope: { autostack: { name: none, region: x } }\n`);
    await served.reload();
    expect(await listRules()).toEqual(['first']);
    expect(counts()).toEqual({ reloads: 3, failed: 2, isSuccessful: 0 });

    await rm(file);
    await served.reload();
    expect(counts()).toEqual({ reloads: 4, failed: 3, isSuccessful: 0 });

    await writeFile(file, `${rules('second')}delete: { notificationRules: [first] }\n`);
    await Promise.all([served.reload(), served.reload(), served.reload()]);
    expect(await listRules()).toEqual(['second']);
    expect(counts()).toEqual({ reloads: 5, failed: 3, isSuccessful: 1 });
  });

  it('is in the audit log under its own name, and lets nobody else be it', async () => {
    const { auditLog } = await read<{ auditLog: { nodes: { keyName: string; field: string }[] } }>(
      { url: server.url, key: ADMIN },
      AUDIT,
    );
    expect(auditLog.nodes).toContainEqual({
      keyName: 'LAPWING_CONFIG_FILE',
      field: 'createNotificationRule',
    });
    for (const key of ['configuration', 'LAPWING_CONFIG_FILE']) {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: '{"query":"{ __typename }"}',
      });
      expect(response.status).toBe(401);
    }
  });

  it('keeps a server that is asked meanwhile to stop from beginning again', async () => {
    const served = new ServedConfiguration(file, {}, createLog('silent'));
    await writeFile(file, rules('late'));
    const configuration = await served.load();
    await writeFile(file, rules('later'));
    const asked = served.reload();
    const started = served.start(configuration, server);
    served.stop();
    await Promise.all([asked, started]);
    expect(await listRules()).not.toContain('later');
  });
});

describe('lapwing serve', () => {
  it('refuses to start with a wrong file, before it makes anything, and says where it is wrong', async () => {
    await writeFile(file, `${rules('a')}    sensitivity: high\n`);
    const dataDir = join(folder, 'data');
    const config = readConfig({ LAPWING_CONFIG_FILE: file, LAPWING_DATA_DIR: dataDir });
    const refusal = await serve(config, createLog('silent'), {}).then(
      () => null,
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({
      exitStatus: 2,
      message: expect.stringMatching(
        /lapwing\.yaml:4:18: notificationRules\[0\]\.sensitivity: expected a number/,
      ) as string,
    });
    await expect(access(dataDir)).rejects.toThrow(/ENOENT/);
    process.removeAllListeners('SIGHUP');
  });

  it('applies the file before it says that it is ready, and again on SIGHUP', async () => {
    await using database = await withDatabase();
    const list = async () => (await database.prisma.notificationRule.findMany()).map(({ name }) => name);
    await writeFile(file, rules('at the start'));
    await using running = await startServerProcess({
      DATABASE_URL: database.connection,
      LAPWING_PORT: '0',
      LAPWING_GRAPHITE_PORT: '',
      LAPWING_HOST_METRICS: 'off',
      LAPWING_CONFIG_FILE: file,
      LAPWING_DATA_DIR: folder,
    });
    expect(await list()).toEqual(['at the start']);
    const lines = createInterface({ input: running.child.stderr ?? Readable.from([]) });
    const applied = new Promise<void>((resolve) => {
      lines.on('line', (line) => {
        if (line.includes('the configuration file was applied')) resolve();
      });
    });
    await writeFile(file, rules('on SIGHUP'));
    running.child.kill('SIGHUP');
    await applied;
    expect(await list()).toContain('on SIGHUP');
    const metrics = await (await fetch(new URL('/metrics', running.addresses.http))).text();
    expect(metrics).toContain('\nlapwing_config_last_reload_successful 1\n');
    expect(await running.terminate()).toBe(0);
  });

  it.each([
    ['as it is when a standby takes over', rules('at the takeover'), 'at the takeover'],
    ['as it was when the standby was started, where it has become wrong', 'apiVersion: 2', 'at the start'],
  ])('is applied %s', async (_, changed, expected) => {
    await using database = await withDatabase();
    const { connection } = database;
    await writeFile(file, rules('at the start'));
    const onLost = (error: Error) => {
      throw error;
    };
    const active = await ServerLock.take({ connection, log: createLog('silent'), onLost });
    const standby = await startServerProcess({
      DATABASE_URL: connection,
      LAPWING_STANDBY: 'on',
      LAPWING_PORT: String(await findFreePort()),
      LAPWING_GRAPHITE_PORT: '',
      LAPWING_CONFIG_FILE: file,
      LAPWING_DATA_DIR: folder,
    });
    try {
      expect(standby.addresses.event).toBe('standby');
      await writeFile(file, changed);
      await active.stop();
      const list = async () => (await database.prisma.notificationRule.findMany()).map(({ name }) => name);
      await until(async () => expect(await list()).toEqual([expected]));
    } finally {
      expect(await standby.terminate()).toBe(0);
    }
  });
});
