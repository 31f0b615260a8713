/** What hangs on the metrics of a list is read for all of them together. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const SERVERS = ['web', 'db', 'mail'];
const PER_SERVER = 4;

let server: TestServer;

interface Listed {
  readonly metrics: {
    readonly nodes: readonly {
      readonly name: string;
      readonly annotations?: readonly { readonly message: string }[];
      readonly incidents?: {
        readonly nodes: readonly { readonly value: number }[];
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
      };
    }[];
  };
}

beforeAll(async () => {
  server = await startServer();
  const { pool, monitor } = server.engine;
  for (const resource of SERVERS) {
    for (let index = 0; index < PER_SERVER; index += 1) {
      const spec = { name: `${resource}.m${index}`, resource };
      await monitor.monitorMetric({ datasource: 'CUSTOM', spec, model: { min: 0, max: 9 } });
    }
  }
  // The mail server has neither notes nor incidents, and another account calls one of its servers "web" as well.
  await pool.query(`INSERT INTO account (id, name) VALUES (77, 'other')`);
  await pool.query(
    `INSERT INTO annotation ("timestamp", device, user_name, account_id, server, message)
     SELECT timestamptz '2026-01-05Z' + n * interval '1 hour', 'phone', 'ann', account, server, server || ' ' || n
     FROM generate_series(3, 1, -1) AS n,
       (VALUES (1, 'web'), (1, 'db'), (77, 'web')) AS resource (account, server)
     WHERE account = 1 OR n = 1`,
  );
  await pool.query(
    `INSERT INTO incident (rule_name, metric_id, metric_number, metric_name, instance, server, location, datasource, state,
       started_at, last_point_at, last_hot_at, hot_points, score, value, expected, low, high, peak_score, peak_value, peak_at, ended_at, end_reason)
     SELECT 'r', id, number, name, server, server, '', 'CUSTOM', 'ENDED', at, at, at, 1, 1, n, 0, 0, 0, 1, n, at, at, 'RECOVERED'
     FROM metric, generate_series(1, 3) AS n, LATERAL (SELECT timestamptz '2026-01-05Z' + n * interval '1 hour' AS at) AS t
     WHERE server <> 'mail' ORDER BY n`,
  );
});

afterAll(() => server[Symbol.asyncDispose]());

/** What is answered, and how many statements read this table. */
async function readCounting(table: string, selection: string) {
  const spy = vi.spyOn(server.engine.pool, 'query');
  const { metrics } = await read<Listed>(
    server,
    `{ metrics(orderBy: NAME) { nodes { name ${selection} } } }`,
  );
  const statements = spy.mock.calls.map(([statement]) => JSON.stringify(statement));
  spy.mockRestore();
  expect(metrics.nodes).toHaveLength(SERVERS.length * PER_SERVER);
  return { nodes: metrics.nodes, count: statements.filter((text) => text.includes(`FROM ${table}`)).length };
}

describe('a list of metrics', () => {
  it('has the notes on their resources in one statement, each in the order of their times', async () => {
    const { nodes, count } = await readCounting('annotation', 'annotations { message }');
    expect(count).toBe(1);
    for (const { name, annotations } of nodes) {
      const [resource = ''] = name.split('.');
      const expected = resource === 'mail' ? [] : [1, 2, 3].map((n) => `${resource} ${n}`);
      expect(annotations?.map(({ message }) => message)).toEqual(expected);
    }
  });

  it('has them for each window that is asked for', async () => {
    const { nodes } = await readCounting(
      'annotation',
      'annotations(from: "2026-01-05T02:00:00Z", to: "2026-01-05T02:30:00Z") { message }',
    );
    for (const { name, annotations } of nodes) {
      const [resource = ''] = name.split('.');
      expect(annotations).toEqual(resource === 'mail' ? [] : [{ message: `${resource} 2` }]);
    }
  });

  it('has a page of the incidents of each in one statement, the newest first, and the page after it', async () => {
    const selection = (args: string) =>
      `incidents(${args}) { nodes { value } pageInfo { hasNextPage endCursor } }`;
    const { nodes, count } = await readCounting('incident', selection('first: 2'));
    expect(count).toBe(1);
    for (const { name, incidents } of nodes) {
      const values = name.startsWith('mail') ? [] : [3, 2];
      expect(incidents?.nodes.map(({ value }) => value)).toEqual(values);
      expect(incidents?.pageInfo.hasNextPage).toBe(values.length > 0);
    }
    const last = nodes.find(({ name }) => name === 'web.m0')?.incidents?.pageInfo.endCursor ?? '';
    const next = await readCounting('incident', selection(`first: 2, after: ${JSON.stringify(last)}`));
    const rest = next.nodes.find(({ name }) => name === 'web.m0')?.incidents;
    expect(rest?.nodes).toEqual([{ value: 1 }]);
    const oldest = await readCounting('incident', selection('last: 1'));
    expect(oldest.nodes.find(({ name }) => name === 'db.m1')?.incidents?.nodes).toEqual([{ value: 1 }]);
  });
});
