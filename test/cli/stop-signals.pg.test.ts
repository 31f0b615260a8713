import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { withDatabase } from '../helpers/database.ts';
import { startServerProcess } from '../helpers/server-process.ts';

it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'a server without a configuration file is stopped in order by %s',
  async (signal) => {
    await using database = await withDatabase();
    await using server = await startServerProcess({
      DATABASE_URL: database.connection,
      LAPWING_PORT: '0',
      LAPWING_GRAPHITE_PORT: '',
      LAPWING_HOST_METRICS: 'off',
    });
    const { stderr } = server.child;
    const said = stderr === null ? Promise.resolve('') : text(stderr);
    const exited = once(server.child, 'exit');
    server.child.kill(signal);
    const lines = (await said).trim().split('\n');
    const messages = lines.flatMap((line) => {
      const { msg, signal: named }: { msg: string; signal?: string } = JSON.parse(line) as never;
      return ['stopping', 'models saved', 'stopped'].includes(msg) ? [[msg, named]] : [];
    });
    expect(messages).toEqual([
      ['stopping', signal],
      ['models saved', undefined],
      ['stopped', undefined],
    ]);
    expect(await exited).toEqual([0, null]);
  },
);
