/** Rules work through a pushed history in any order: the list of incidents is chronological all the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

/** Hours at which incidents began, in the order in which they became known; several began at once. */
const STARTED = [5, 1, 9, 3, 3, 7, 3, 2, 9, 0];

interface Listed {
  readonly nodes: readonly { readonly value: number; readonly startedAt: string }[];
  readonly pageInfo: {
    readonly startCursor: string;
    readonly endCursor: string;
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
  };
}

const FIELDS = 'nodes { value startedAt } pageInfo { startCursor endCursor hasNextPage hasPreviousPage }';

let server: TestServer;
let metricId = '';

beforeAll(async () => {
  server = await startServer();
  const { monitorMetric } = await read<{ monitorMetric: { id: string } }>(
    server,
    'mutation { monitorMetric(input: { spec: { custom: { name: "m" } } }) { ... on Metric { id } } }',
  );
  metricId = monitorMetric.id;
  await open(STARTED);
});

afterAll(() => server[Symbol.asyncDispose]());

/** The value of each says which it is. */
async function open(hours: readonly number[]): Promise<void> {
  await server.engine.pool.query(
    `INSERT INTO incident (rule_name, metric_id, metric_number, metric_name, instance, server, location, datasource, state,
       started_at, last_point_at, last_hot_at, hot_points, score, value, expected, low, high, peak_score, peak_value, peak_at, ended_at, end_reason)
     SELECT 'r', id, number, name, server, server, '', 'CUSTOM', 'ENDED', at, at, at, 1, 1, place, 0, 0, 0, 1, 1, at, at, 'RECOVERED'
     FROM metric, unnest($1::int[]) WITH ORDINALITY AS t (hour, place),
       LATERAL (SELECT timestamptz '2026-01-05Z' + hour * interval '1 hour' AS at) AS u
     ORDER BY place`,
    [hours],
  );
}

/** The newest first; of those that began at once, the one that became known last. */
function sortValues(hours: readonly number[]): readonly number[] {
  return hours
    .map((hour, index) => ({ hour, value: index + 1 }))
    .toSorted((a, b) => b.hour - a.hour || b.value - a.value)
    .map(({ value }) => value);
}

const LISTS: readonly (readonly [string, (args: string) => Promise<Listed>])[] = [
  [
    'all incidents',
    async (args) =>
      (await read<{ incidents: Listed }>(server, `{ incidents(${args}) { ${FIELDS} } }`)).incidents,
  ],
  [
    'the incidents of a metric',
    async (args) => {
      const query = `query ($id: ID!) { metric(id: $id) { incidents(${args}) { ${FIELDS} } } }`;
      return (await read<{ metric: { incidents: Listed } }>(server, query, { id: metricId })).metric
        .incidents;
    },
  ],
];

describe.each(LISTS)('the list of %s', (_name, list) => {
  it.each([1, 3, 100])('is chronological and whole in pages of %i, from either end', async (size) => {
    const forward: number[] = [];
    for (let args = `first: ${size}`; ;) {
      const { nodes, pageInfo } = await list(args);
      forward.push(...nodes.map(({ value }) => value));
      if (!pageInfo.hasNextPage) break;
      args = `first: ${size}, after: ${JSON.stringify(pageInfo.endCursor)}`;
    }
    expect(forward).toEqual(sortValues(STARTED));
    const backward: number[] = [];
    for (let args = `last: ${size}`; ;) {
      const { nodes, pageInfo } = await list(args);
      backward.unshift(...nodes.map(({ value }) => value));
      if (!pageInfo.hasPreviousPage) break;
      args = `last: ${size}, before: ${JSON.stringify(pageInfo.startCursor)}`;
    }
    expect(backward).toEqual(sortValues(STARTED));
  });
});

it('refuses a cursor of another list', async () => {
  for (const after of ['17', 'x.1', '1.', '99999999999999999.1', '999999999999999.1']) {
    const { errors } = await ask(server, `{ incidents(after: "${after}") { nodes { id } } }`);
    expect(JSON.stringify(errors)).toContain('is not a cursor of this list');
  }
});

it('neither repeats nor leaves out an incident when older and newer ones become known between two pages', async () => {
  const [, list] = LISTS[0] ?? [];
  if (list === undefined) throw new Error('there is a list');
  const first = await list('first: 4');
  await open([0, 10]);
  const rest = await list(`first: 100, after: ${JSON.stringify(first.pageInfo.endCursor)}`);
  const values = [...first.nodes, ...rest.nodes].map(({ value }) => value);
  const times = [...first.nodes, ...rest.nodes].map(({ startedAt }) => startedAt);
  // The one from before the cursor is in it (the values of what was added begin at 1 again), the newer one is not.
  expect(values.toSorted((a, b) => a - b)).toEqual([1, ...STARTED.map((_, index) => index + 1)]);
  expect(times).toEqual(times.toSorted().toReversed());
});
