import { expect, it } from 'vitest';
import { withDatabase } from './database.ts';
import { startServerProcess, type ServerProcess } from './server-process.ts';

it('a server process is killed by the end of its scope, also by a failure, and though it is stopped', async () => {
  await using database = await withDatabase();
  const started: ServerProcess[] = [];
  const fail = async () => {
    await using server = await startServerProcess({
      DATABASE_URL: database.connection,
      LAPWING_PORT: '0',
      LAPWING_GRAPHITE_PORT: '',
      LAPWING_HOST_METRICS: 'off',
    });
    started.push(server);
    server.child.kill('SIGSTOP');
    throw new Error('the test fails');
  };
  await expect(fail()).rejects.toThrow('the test fails');
  expect(started[0]?.child.signalCode).toBe('SIGKILL');
});
