/** The InfluxDB client for Node.js (`influx`, version 1 of the API), used as its README shows. */
import { InfluxDB } from 'influx';
import { expect, it } from 'vitest';
import { startServer } from '../../../helpers/start-server.ts';

it('connects, finds its database, makes it where it is missing, and writes', async () => {
  await using server = await startServer();
  const { hostname, port } = new URL(server.url);
  const client = new InfluxDB({ host: hostname, port: Number(port), database: 'express_response_db' });
  const names = await client.getDatabaseNames();
  expect(names).toEqual(['lapwing']);
  if (!names.includes('express_response_db')) await client.createDatabase('express_response_db');
  await client.createRetentionPolicy('7d', { duration: '7d', replication: 1 });
  const [policy] = await client.showRetentionPolicies();
  expect(policy).toMatchObject({ name: 'autogen', default: true });
  const [ping] = await client.ping(5000);
  expect(ping).toMatchObject({ online: true, version: '1.8.10' });
  await client.writePoints([
    { measurement: 'response_times', tags: { host: 'app-1' }, fields: { duration: 12, path: '/a' } },
  ]);
  const { rows } = await server.engine.pool.query(`SELECT count(*)::int AS count FROM sample`);
  expect(rows).toEqual([{ count: 1 }]);
});
