/** Every mutation is written down: done, failed and refused. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, read } from '../../helpers/ask.ts';
import { connectRaw } from '../../helpers/raw-socket.ts';
import { until } from '../../helpers/until.ts';
import { type Keyed, type KeyedServer, startKeyedServer } from './keyed-server.ts';

const FIELDS = 'nodes { apiKeyId keyName field arguments result requestId }';
const NOBODY = 'Metric:00000000-0000-0000-0000-000000000000';
const UNMONITOR =
  'mutation U($input: UnmonitorMetricInput!) { unmonitorMetric(input: $input) { __typename } }';

let keyed: KeyedServer;
let writer: Keyed;

beforeAll(async () => {
  keyed = await startKeyedServer({ LAPWING_MAX_ROOT_FIELDS: '2' });
  writer = await keyed.createKey('writer', ['WRITE']);
});

afterAll(() => keyed[Symbol.asyncDispose]());

interface Entry {
  readonly field: string;
  readonly result: string;
  readonly requestId: string | null;
}

/** What `writer` did in `act`, the last first. */
async function audit(act: () => Promise<unknown>): Promise<readonly Entry[]> {
  const list = async () => {
    const { auditLog } = await read<{ auditLog: { nodes: Entry[] } }>(
      keyed.admin,
      `query($keyId: String) { auditLog(keyId: $keyId) { ${FIELDS} } }`,
      { keyId: writer.id },
    );
    return auditLog.nodes;
  };
  const before = (await list()).length;
  await act();
  const after = await list();
  return after.slice(0, after.length - before);
}

describe('the audit log', () => {
  it('has who did what, with which result, and no pushed points', async () => {
    let requestId: string | null = null;
    const entries = await audit(async () => {
      await read(writer, 'mutation { putMetricData(input: { points: [] }) { accepted } }');
      requestId = (await ask(writer, UNMONITOR, { input: { id: NOBODY } })).headers.get('x-request-id');
      await ask(writer, UNMONITOR, { input: { id: 'nonsense' } });
    });
    const who = { apiKeyId: writer.id, keyName: 'writer', requestId: expect.any(String) as string };
    expect(entries).toEqual([
      {
        ...who,
        field: 'unmonitorMetric',
        arguments: { input: { id: 'nonsense' } },
        result: 'InvalidInputError',
      },
      {
        ...who,
        field: 'unmonitorMetric',
        arguments: { input: { id: NOBODY } },
        result: 'NotFoundError',
        requestId,
      },
    ]);
    expect(requestId).not.toBeNull();
    expect(keyed.server.engine.stats.read('audit_ingest_mutations')).toBeGreaterThan(0);
  });

  it('has what was refused before it ran, and of several in one operation each', async () => {
    const two =
      'mutation { revokeApiKey(input: { id: "x" }) { __typename } deleteMetrics(input: { ids: [] }) { __typename } }';
    const forbidden = await audit(() => ask(writer, two));
    expect(forbidden).toMatchObject([{ field: 'revokeApiKey', result: 'FORBIDDEN' }]);
    const misfit = await audit(() => ask(writer, UNMONITOR, { input: { id: 7.5 } }));
    expect(misfit).toMatchObject([{ field: 'unmonitorMetric', result: 'BAD_USER_INPUT' }]);
    const many =
      'mutation { a: unmonitorMetric(input: { id: "x" }) { __typename } ...F } fragment F on Mutation { b: unmonitorMetric(input: { id: "x" }) { __typename } deleteMetrics(input: { ids: [] }) { __typename } }';
    const answer = await ask(writer, many);
    expect(answer.errors[0]?.extensions?.code).toBe('TOO_MANY_ROOT_FIELDS');
    // It is written beside the answer.
    await until(async () => {
      const { rows } = await keyed.server.database.pool.query(
        `SELECT field FROM audit_entry WHERE result = 'TOO_MANY_ROOT_FIELDS' ORDER BY field`,
      );
      expect(rows).toEqual([{ field: 'deleteMetrics' }, { field: 'unmonitorMetric' }]);
    });
  });

  it('has what fails by a fault of ours, and what was done over a WebSocket', async () => {
    await using socket = await connectRaw(writer, { apiKey: writer.key });
    const entries = await audit(async () => {
      socket.subscribe('1', UNMONITOR, { input: { id: NOBODY } });
      await socket.next();
    });
    expect(entries).toMatchObject([{ field: 'unmonitorMetric', result: 'NotFoundError', keyName: 'writer' }]);
    const fault = vi
      .spyOn(keyed.server.engine.monitor, 'unmonitorMetric')
      .mockRejectedValue(new Error('a fault'));
    const faults = await audit(() => ask(writer, UNMONITOR, { input: { id: NOBODY } }));
    fault.mockRestore();
    expect(faults).toMatchObject([{ field: 'unmonitorMetric', result: 'INTERNAL_SERVER_ERROR' }]);
  });

  it('is read by pages, the newest first', async () => {
    const page = '{ auditLog(first: 2) { nodes { at } pageInfo { hasNextPage endCursor } } }';
    const { auditLog } = await read<{
      auditLog: { nodes: { at: string }[]; pageInfo: { hasNextPage: boolean } };
    }>(keyed.admin, page);
    const times = auditLog.nodes.map(({ at }) => at);
    expect(times).toHaveLength(2);
    expect(times.toSorted().toReversed()).toEqual(times);
    expect(auditLog.pageInfo.hasNextPage).toBe(true);
  });
});
