/** A cursor that no list ever gave is refused by name, or a place like any other: it is never an unexpected error. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeCursor } from '../../../src/api/graphql/builder/cursor.ts';
import { ask } from '../../helpers/ask.ts';
import { startServer, type TestServer } from '../../helpers/start-server.ts';

const ID = '00000000-0000-0000-0000-000000000000';
const [EARLIEST, LATEST] = [-8.64e15, 8.64e15];

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const points = ['a', 'b'].map((metric, index) => ({ metric, timestampMs: Date.now() - index, value: 1 }));
  await server.engine.accept.acceptNamed(points);
});
afterAll(() => server[Symbol.asyncDispose]());

/** Lists of the API, with cursors of their own forms that hold what none of theirs does. */
const LISTS: readonly (readonly [list: string, cursors: readonly string[]])[] = [
  [
    'metrics(first: 1, orderBy: LAST_TIMESTAMP',
    [EARLIEST, LATEST, -2.2e14, 1e300, 0.5, null, '1'].map((value) => encodeCursor(['t', value, ID])),
  ],
  [
    'metrics(first: 1, orderBy: CREATED',
    [EARLIEST, LATEST, 2.6e14, null].map((value) => encodeCursor(['c', value, ID])),
  ],
  [
    'metrics(first: 1, orderBy: NAME',
    [
      ['n', 'a', '-'.repeat(36)],
      ['n', 'a', `${ID.slice(0, -1)}g`],
      ['n', 'a', ID.replaceAll('-', '')],
      ['n', '\ud800', ID],
      ['n', '\0', ID],
      ['n', 'x'.repeat(5000), ID],
      ['n', 7, ID],
    ].map(encodeCursor),
  ],
  [
    'metrics(first: 1, orderBy: ANOMALY',
    [5, 60, 480].flatMap((minutes) =>
      [
        [EARLIEST, '1', 'a', ID],
        [LATEST, '1', 'a', ID],
        [-2.2e14, '1', 'a', ID],
        [0, '999999999999999999', 'a', ID],
        [0, '-1', 'a', ID],
        [0, '1', 'a', 'x'.repeat(36)],
        [0.5, '1', 'a', ID],
      ].map((rest) => encodeCursor(['a', minutes, ...rest])),
    ),
  ],
  [
    'metricData(first: 1, filter: {}, orderBy: ANOMALY',
    [`["s",1e999,1]`, `["s",-1e999,1]`, `["s",0.5,9007199254740991]`, `["s",0.5,-1]`, `["s",0.5,0.5]`].map(
      (text) => Buffer.from(text).toString('base64url'),
    ),
  ],
  ['auditLog(first: 1', ['0', '999999999999999999', '9223372036854775808', '-1', '1.5']],
  ['notifications(first: 1', ['0', '999999999999999999', '-1', 'x']],
  ['incidents(first: 1', ['0', '999999999999999999', '-1', encodeCursor(['x'])]],
  [
    'annotations(first: 1',
    [
      '0',
      '-999999999999999',
      `999999999999999.${ID}`,
      `1.${'-'.repeat(36)}`,
      `1.${ID}`,
      encodeCursor([EARLIEST, ID]),
    ],
  ],
  ['resources(first: 1', [encodeCursor(['x']), '\0', 'x'.repeat(5000)]],
];
/** In place of any of them. */
const OTHERS = ['', '\0', encodeCursor([]), encodeCursor([null]), '💥'];

it.each(LISTS)('%s)', async (list, cursors) => {
  const query = `query($c: String) { ${list}, after: $c) { pageInfo { hasNextPage } } }`;
  for (const cursor of [...cursors, ...OTHERS]) {
    const { errors } = await ask(server, query, { c: cursor });
    const codes = errors.map(({ extensions }) => extensions?.code);
    expect(
      [[], ['INVALID_INPUT'], ['CURSOR_INVALID']],
      `${cursor}: ${errors[0]?.message ?? ''}`,
    ).toContainEqual(codes);
  }
  // The list is there: what was refused was the cursor.
  expect((await ask(server, query)).errors).toEqual([]);
});

it('an empty one is none, as Apollo Client has it for the end of an empty list', async () => {
  const lists = [...LISTS.map(([list]) => list), 'metricData(first: 1, filter: {}', 'resources(last: 1'];
  for (const list of lists) {
    const place = list.includes('last: 1') ? 'before' : 'after';
    const query = `query($c: String) { ${list}, ${place}: $c) {
      edges { cursor } pageInfo { hasNextPage hasPreviousPage } } }`;
    const none = await ask(server, query);
    expect(none.errors, list).toEqual([]);
    expect((await ask(server, query, { c: '' })).text, list).toBe(none.text);
  }
});

it.each([
  ['anomalyScores', 'cursor'],
  ['incidents', 'id'],
  ['metricStatus', 'id'],
  ['notifications', 'id'],
])('of %s: an empty Last-Event-ID is none, an empty `after` is refused', async (field, selected) => {
  const query = `subscription ($c: String) { ${field}(after: $c) { ${selected} } }`;
  const subscribe = async (lastEventId: string, after: string) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'last-event-id': lastEventId,
      },
      body: JSON.stringify({ query, variables: { c: after } }),
    });
    return response.text();
  };
  expect(await subscribe('', 'argument')).toContain('"argument');
  expect(await subscribe('header', 'argument')).toContain('"header');
  expect(await subscribe('', '')).toContain('CURSOR_INVALID');
});

it('of the samples of a metric', async () => {
  const query =
    'query($c: String) { metrics(first: 1) { nodes { data(first: 1, after: $c) { pageInfo { hasNextPage } } } } }';
  for (const cursor of ['-999999999999999', '999999999999999', '0', '-0', '1e3', ...OTHERS]) {
    const { errors } = await ask(server, query, { c: cursor });
    expect([undefined, 'INVALID_INPUT'], cursor).toContain(errors[0]?.extensions?.code);
  }
});
