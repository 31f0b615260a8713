/** Nothing of one account is touched with a key or by a user of another, and no score of one is sent to the other. */
import type { GraphQLObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSchema } from '../../../../src/api/graphql/schema.ts';
import { ask, read } from '../../../helpers/ask.ts';
import { TRANSPORTS } from '../../../helpers/connect.ts';
import type { TestServer } from '../../../helpers/start-server.ts';
import { CANARY, push, snapshot, startTwoAccounts, type TwoAccounts } from '../two-accounts.ts';

let accounts: TwoAccounts;
let server: TestServer;
let admin: TwoAccounts['admin'];
let ids: TwoAccounts['ids'];

beforeAll(async () => {
  accounts = await startTwoAccounts();
  ({ server, admin, ids } = accounts);
});

afterAll(() => accounts[Symbol.asyncDispose]());

describe.each(['a key', 'a user'] as const)('%s of one account', (who) => {
  let stranger: TwoAccounts['strangers'][typeof who];
  beforeAll(() => {
    stranger = accounts.strangers[who];
  });

  it.each([
    'unmonitorMetric(input: { id: $id })',
    'deleteMetric(input: { id: $id })',
    'retryMetric(input: { id: $id })',
    'resetModel(input: { id: $id })',
    'updateAutostack(input: { id: $id, name: "stolen" })',
    'updateMetric(input: { id: $id, unit: "stolen" })',
    'unmonitorMetrics(input: { ids: [$id] })',
    'deleteMetrics(input: { ids: [$id] })',
    'labelAnomaly(input: { metricId: $id, from: "2026-01-01T00:00:00Z", label: REAL })',
    'deleteAnnotation(input: { id: $id })',
    'deleteLabel(input: { id: $id })',
    'deleteAutostack(input: { id: $id })',
    'monitorResource(input: { id: $id })',
    'updateMonitoringPolicy(input: { id: $id, name: "stolen" })',
    'deleteMonitoringPolicy(input: { id: $id })',
    'uploadMetricArchive(input: { id: $id, uploadUrl: "https://example.com/" })',
  ])('changes nothing of another account by %s', async (field) => {
    const before = await snapshot(server);
    const kind =
      /deleteAnnotation|deleteLabel|deleteAutostack|updateAutostack|monitorResource|MonitoringPolicy/.exec(
        field,
      )?.[0] ?? '';
    const id = {
      deleteAnnotation: ids.annotation,
      deleteLabel: ids.label,
      deleteAutostack: ids.autostack,
      updateAutostack: ids.autostack,
      monitorResource: ids.resource,
      MonitoringPolicy: ids.policy,
    }[kind];
    const { text } = await ask(stranger, `mutation($id: ID!) { ${field} { __typename } }`, {
      id: id ?? ids.metric,
    });
    expect(text).not.toMatch(
      /"__typename":"(?:Metric|AnomalyLabel|Annotation|Autostack|Resource|UploadedArchive|SavedMonitoringPolicy|MonitoringPolicy)"/,
    );
    expect(await snapshot(server)).toEqual(before);
  });

  it('pushes and imports into its own account, though the names are those of another', async () => {
    await push(stranger, `${CANARY}.metric`, 1);
    const [theirs] = await read<{ metrics: { nodes: { id: string; lastRowId: number }[] } }>(
      stranger,
      `{ metrics(filter: { nameContains: "${CANARY}" }) { nodes { id lastRowId } } }`,
    ).then(({ metrics }) => metrics.nodes);
    expect(theirs).toEqual({ id: expect.not.stringMatching(ids.metric) as string, lastRowId: 1 });
    await read(stranger, `mutation($id: ID!) { deleteMetric(input: { id: $id }) { __typename } }`, {
      id: theirs?.id,
    });
  });

  it('cannot have the server watch what it reads with its own credentials', async () => {
    const { text } = await ask(
      stranger,
      'mutation { monitorMetric(input: { spec: { host: { metric: "CPUUtilization" } } }) { __typename } }',
    );
    expect(text).toContain('NotSupportedError');
  });

  it.each(TRANSPORTS)('is sent its own scores alone, over $name', async (transport) => {
    await using live = transport.subscribe(
      stranger,
      'subscription { anomalyScores(lingerMs: 0) { scores { metric { name } } } }',
    );
    const result = live.next();
    let next = 100;
    let done = false;
    // Until the subscription stands nothing is sent to it.
    while (!done) {
      next += 1;
      await push(admin, `${CANARY}.metric`, 1, next);
      await push(stranger, 'own.metric', 1, next);
      done = await Promise.race([
        result.then(() => true),
        new Promise<false>((resolve) => setImmediate(() => resolve(false))),
      ]);
    }
    expect((await result).value).toEqual({
      data: { anomalyScores: { scores: [{ metric: { name: 'own.metric' } }] } },
    });
  });
});

describe('a key of one account', () => {
  it('writes line protocol into its own account', async () => {
    const { stranger } = accounts;
    const written = await fetch(`${server.url}/api/v2/write`, {
      method: 'POST',
      headers: { authorization: `Token ${stranger.key}` },
      body: 'lines value=1 1767225600000000000',
    });
    expect(written.status).toBe(204);
    const { metrics } = await read<{ metrics: { nodes: unknown } }>(
      stranger,
      '{ metrics { nodes { name } } }',
    );
    expect(metrics.nodes).toContainEqual({ name: 'lines.value' });
    const ofDefault = await server.database.prisma.metric.count({
      where: { accountId: 1, name: 'lines.value' },
    });
    expect(ofDefault).toBe(0);
  });
});

describe('the subscriptions', () => {
  it('are all known to this file', () => {
    const root: GraphQLObjectType | null | undefined = createSchema().getSubscriptionType();
    expect(Object.keys(root?.getFields() ?? {}).sort()).toEqual([
      'anomalyScores',
      'incidents',
      'metricStatus',
      'notifications',
      'scoreSeries',
    ]);
  });
});
