/** A database of a version that knew no resources of pushed metrics. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { completePushedMetrics } from '../../../src/core/metrics/complete-pushed-metrics.ts';
import { withDatabase } from '../../helpers/database.ts';

it('gives metrics of versions before their tags and resources once, and leaves alone what a rule names', async () => {
  await using database = await withDatabase();
  const { pool, prisma } = database;
  const add = (name: string, server: string) =>
    prisma.metric.create({
      data: { datasource: 'CUSTOM', identity: name, name, server, progress: { create: {} } },
    });
  await add('plain', 'plain');
  await add('given', 'web-1');
  await add('cpu;dc=x;host=web-1', 'cpu;dc=x;host=web-1');
  await add('disk{host="web-2"}', 'disk{host="web-2"}');
  await add('named;host=web-1', 'named;host=web-1');
  const note = { timestamp: new Date(0), device: 'd', user: 'u', message: 'm' };
  await prisma.annotation.create({ data: { ...note, server: 'cpu;dc=x;host=web-1' } });
  await prisma.notificationRule.create({
    data: { name: 'r', scope: { servers: ['named;host=web-1'] }, sensitivity: 0.99, timeZone: null },
  });
  await completePushedMetrics(pool, createLog('silent'));
  const read = () =>
    prisma.metric.findMany({
      orderBy: { number: 'asc' },
      select: {
        name: true,
        server: true,
        tags: true,
        resource: { select: { resourceId: true, tags: true } },
      },
    });
  const host = (value: string) => ({ key: 'host', value });
  const dc = { key: 'dc', value: 'x' };
  const web1 = { resourceId: 'web-1', tags: [dc, host('web-1')] };
  const completed = [
    { name: 'plain', server: 'plain', tags: [], resource: null },
    { name: 'given', server: 'web-1', tags: [], resource: web1 },
    { name: 'cpu;dc=x;host=web-1', server: 'web-1', tags: [dc, host('web-1')], resource: web1 },
    {
      name: 'disk{host="web-2"}',
      server: 'web-2',
      tags: [host('web-2')],
      resource: { resourceId: 'web-2', tags: [host('web-2')] },
    },
    { name: 'named;host=web-1', server: 'named;host=web-1', tags: [host('web-1')], resource: null },
  ];
  expect(await read()).toEqual(completed);
  expect(await prisma.annotation.findMany({ select: { server: true } })).toEqual([{ server: 'web-1' }]);
  await completePushedMetrics(pool, createLog('silent'));
  expect(await read()).toEqual(completed);
});

it('takes the tags of polled metrics from the specs they are monitored by', async () => {
  await using database = await withDatabase();
  const { pool, prisma } = database;
  const add = (datasource: 'CLOUDWATCH' | 'INFLUXDB' | 'HOST', name: string, spec: object | null) =>
    prisma.metric.create({
      data: {
        datasource,
        identity: name,
        name,
        server: name,
        ...(spec === null ? {} : { spec }),
        progress: { create: {} },
      },
    });
  await add('INFLUXDB', 'influx', { bucket: 'b', tags: { zone: 'z', host: 'web' } });
  await add('INFLUXDB', 'influx without tags', { bucket: 'b' });
  await add('CLOUDWATCH', 'list', { dimensions: [{ name: 'QueueName', value: 'q' }] });
  await add('CLOUDWATCH', 'map', { dimensions: { InstanceId: 'i-1' } });
  await add('CLOUDWATCH', 'idle', null);
  await add('HOST', 'host', { metric: 'CPUUtilization' });
  const file = join(
    import.meta.dirname,
    '../../../prisma/migrations/20261129130000_pushed_resources/migration.sql',
  );
  const statements = (await readFile(file, 'utf8'))
    .split(';')
    .filter((text) => text.includes('UPDATE "metric"'));
  expect(statements).toHaveLength(4);
  for (const statement of statements) await pool.query(statement);
  const metrics = await prisma.metric.findMany({
    orderBy: { number: 'asc' },
    select: { name: true, tags: true },
  });
  const tag = (key: string, value: string) => ({ key, value });
  expect(metrics).toEqual([
    { name: 'influx', tags: [tag('host', 'web'), tag('zone', 'z')] },
    { name: 'influx without tags', tags: [] },
    { name: 'list', tags: [tag('QueueName', 'q')] },
    { name: 'map', tags: [tag('InstanceId', 'i-1')] },
    { name: 'idle', tags: [] },
    { name: 'host', tags: [] },
  ]);
});
