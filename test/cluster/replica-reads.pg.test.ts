/** A replica answers as its leader does. */
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createSchema } from '../../src/api/graphql/schema.ts';
import { fillWithFifty } from '../api/graphql/fifty-things.ts';
import { ADMIN } from '../api/graphql/keyed-server.ts';
import { writeArguments } from '../api/graphql/whole-arguments.ts';
import { listTypeQueries } from '../api/graphql/whole-schema.ts';
import { ask, read } from '../helpers/ask.ts';
import { startReplica } from '../helpers/start-replica.ts';
import { startServer } from '../helpers/start-server.ts';

const SETTINGS = {
  LAPWING_CLUSTER: 'on',
  LAPWING_SEALING_KEY: randomBytes(32).toString('base64'),
  LAPWING_API_KEY: ADMIN,
  LAPWING_MAX_COST: '10000000',
  LAPWING_MAX_OPERATIONS_PER_SECOND: '100000',
};
const START_MS = Date.parse('2026-01-01T00:00:00Z');

/** What differs from one server, or one moment, to the next. */
const OF_A_MOMENT = ['ServerInfo', 'Counter', 'License', 'ClusterMember', 'AuditEntry', 'ApiKey'];
const OF_A_SERVER = /exportMetricArchive|metricDataDownload|serverInfo|auditLog|apiKeys/;

it('every field of every type has the same value on both', { timeout: 120_000 }, async () => {
  await using leader = await startServer({ settings: SETTINGS });
  const onLeader = { url: leader.url, key: ADMIN };
  await fillWithFifty(leader, onLeader);
  await using replica = await startReplica(leader.database, SETTINGS);
  const onReplica = { url: replica.url, key: ADMIN };
  const { metrics } = await read<{ metrics: { nodes: { id: string }[] } }>(
    onLeader,
    '{ metrics(first: 1) { nodes { id } } }',
  );
  const argument = writeArguments({
    metricId: metrics.nodes[0]?.id ?? '',
    startMs: START_MS,
    untilMs: START_MS + 60_000,
  });
  const queries = listTypeQueries(createSchema(), argument).filter(
    ({ type, query }) => !OF_A_MOMENT.includes(type) && !OF_A_SERVER.test(query),
  );
  const different: unknown[] = [];
  for (const { query } of queries) {
    const answers = await Promise.all([onLeader, onReplica].map((server) => ask(server, query)));
    const [expected, got] = answers.map(({ data, errors }) =>
      JSON.stringify({ data, messages: errors.map(({ message }) => message) })
        // Links name the server that gives them.
        .replaceAll(/127\.0\.0\.1:\d+/g, 'HERE'),
    );
    if (expected !== got) different.push({ query, expected, got });
  }
  expect(queries.length).toBeGreaterThan(300);
  expect(different).toEqual([]);
});
