/** What senders of line protocol ask before they write: recorded of the clients that are named. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerPing, answerQuery } from '../../../../src/api/http/line-protocol/ping-endpoint.ts';
import { KEPT_OPEN } from '../../../helpers/kept-open.ts';

const server = createServer(KEPT_OPEN, (request, response) => {
  const handle = request.url?.startsWith('/ping') === true ? answerPing : answerQuery;
  void handle(request, response);
});
let url = '';
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // The address of a listening TCP server is an object.
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(url + path, init);
  return { status: response.status, body: (await response.json()) as { results?: object[]; error?: string } };
}

const listDatabases = (...names: readonly string[]) => ({
  series: [{ name: 'databases', columns: ['name'], values: names.map((name) => [name]) }],
});
const DATABASES = listDatabases('lapwing');
const POLICIES = {
  series: [
    {
      columns: ['name', 'duration', 'shardGroupDuration', 'replicaN', 'default'],
      values: [['autogen', '0s', '168h0m0s', 1, true]],
    },
  ],
};

describe('a query of InfluxQL', () => {
  it.each([
    // influx 5 for Node.js
    ['GET', '/query?q=show%20databases', [DATABASES]],
    ['POST', '/query?q=create%20database%20%22mydb%22', [{}]],
    [
      'POST',
      '/query?q=create%20retention%20policy%20%227d%22%20on%20%22mydb%22%20duration%207d%20replication%201',
      [{}],
    ],
    ['GET', '/query?q=show%20retention%20policies%20on%20%22mydb%22', [POLICIES]],
    // influxdb-python 5.2
    ['GET', '/query?q=SHOW+DATABASES&db=db1', [listDatabases('lapwing', 'db1')]],
    ['GET', '/query?q=SHOW+DATABASES&db=lapwing', [DATABASES]],
    ['POST', '/query?q=CREATE+DATABASE+%22db+1%22&db=db1', [{}]],
    ['GET', '/query?q=SHOW+RETENTION+POLICIES+ON+%22db+1%22&db=db1', [POLICIES]],
    [
      'POST',
      '/query?q=CREATE+RETENTION+POLICY+%22p%22+ON+%22db1%22+DURATION+3d+REPLICATION+1+SHARD+DURATION+0s+DEFAULT',
      [{}],
    ],
    ['POST', '/query?q=ALTER+RETENTION+POLICY+%22p%22+ON+%22db1%22+DURATION+4d&db=db1', [{}]],
    // influx, the command of 1.6
    ['POST', '/query?chunked=true&db=&epoch=ns&q=show+databases', [DATABASES]],
    ['POST', '/query?q=CREATE+DATABASE+%22a;b%22;+SHOW+DATABASES;', [{}, DATABASES]],
  ] as const)('%s %s', async (method, path, results) => {
    expect(await ask(path, { method })).toEqual({
      status: 200,
      body: { results: results.map((result, statement_id) => ({ statement_id, ...result })) },
    });
  });

  it('of a form, as Telegraf sends it', async () => {
    const body = new URLSearchParams({ q: 'CREATE DATABASE "telegraf"' });
    expect(await ask('/query', { method: 'POST', body })).toMatchObject({ status: 200 });
  });

  it('of a form says which database is meant, there or in the address', async () => {
    const forms = [
      ['/query', { q: 'SHOW DATABASES', db: 'own' }],
      ['/query?db=own', { q: 'SHOW DATABASES' }],
    ] as const;
    for (const [path, form] of forms) {
      const { body } = await ask(path, { method: 'POST', body: new URLSearchParams(form) });
      expect(body.results).toEqual([{ statement_id: 0, ...listDatabases('lapwing', 'own') }]);
    }
  });

  it.each([
    '/query?q=select%20*%20from%20resp',
    '/query?q=SHOW+DATABASES;DROP+DATABASE+x',
    '/query?q=SHOW+RETENTION+POLICIES+ON+a+b',
    '/query?q=',
    '/query',
    '/query?q=%22',
  ])('that is none of those says where to ask: %s', async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBe(400);
    expect(body.error).toContain('to read metrics, query /graphql');
  });

  it('that is too long is not read', async () => {
    const body = new URLSearchParams({ q: 'x'.repeat(20_000) });
    expect(await ask('/query', { method: 'POST', body })).toMatchObject({ status: 413 });
  });
});

it.each(['GET', 'HEAD'])('a ping by %s names the version senders compare', async (method) => {
  const response = await fetch(`${url}/ping?wait_for_leader=1s`, { method });
  expect(response.status).toBe(204);
  expect(response.headers.get('x-influxdb-version')).toMatch(/^1\.8\./);
});
