import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { anyText, textWith } from '../../../helpers/matchers.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

let server: TestServer;
const ids: string[] = [];

beforeAll(async () => {
  server = await startServer();
  for (const name of ['shop.orders', 'shop.visits', 'mail.sent']) {
    const [resource] = name.split('.');
    const spec = { name, ...(resource === 'shop' ? { resource } : {}) };
    ids.push(
      await server.engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec, model: { min: 0, max: 9 } }),
    );
  }
});

afterAll(() => server[Symbol.asyncDispose]());

const CREATE = `mutation ($input: CreateAnnotationInput!) { createAnnotation(input: $input) {
  __typename ... on Annotation { id server device user timestamp message data }
  ... on Error { message code } ... on InvalidInputError { path } } }`;
const DELETE = `mutation ($id: ID!) { deleteAnnotation(input: { id: $id }) {
  __typename ... on Annotation { id } ... on Error { code } } }`;
const NOTE = {
  server: 'shop',
  timestamp: '2026-01-05T00:00:00.000Z',
  device: 'phone',
  user: 'ann',
  message: 'sale began',
};

async function create(input: Record<string, unknown>) {
  const { createAnnotation } = await read<{ createAnnotation: Record<string, unknown> }>(server, CREATE, {
    input,
  });
  return createAnnotation;
}

async function list(conditions = ''): Promise<readonly unknown[]> {
  const { annotations } = await read<{ annotations: { nodes: { message: string }[] } }>(
    server,
    `{ annotations${conditions} { nodes { message } } }`,
  );
  return annotations.nodes.map(({ message }) => message);
}

const remove = (id: unknown) => read(server, DELETE, { id });

describe('annotations', () => {
  it.each(['device', 'timestamp', 'user', 'server'])('are refused without a %s (row 61)', async (field) => {
    const { data, errors } = await ask(server, CREATE, { input: { ...NOTE, [field]: undefined } });
    expect(data ?? null).toBeNull();
    expect(errors[0]?.extensions?.code).toBe('BAD_USER_INPUT');
    expect(errors[0]?.message).toContain(field);
    expect(await list()).toEqual([]);
  });

  it.each([
    [{ message: undefined }, ['input', 'message'], 'expected a message, or data'],
    [{ user: ' ' }, ['input', 'user'], 'input.user'],
    [{ device: 'x'.repeat(256) }, ['input', 'device'], 'input.device'],
    [{ message: 'x'.repeat(10_001) }, ['input', 'message'], '10000'],
    [{ data: { text: 'a\0b' } }, ['input', 'data'], 'zero'],
    [{ data: { text: 'cut \ud83d' } }, ['input', 'data'], 'half of a character'],
    [{ data: { 'a\udc00b': 1 } }, ['input', 'data'], 'half of a character'],
    [{ data: { text: 'x'.repeat(20_001) } }, ['input', 'data'], '20000'],
  ])('are refused with %o', async (change, path, message) => {
    expect(await create({ ...NOTE, ...change })).toEqual({
      __typename: 'InvalidInputError',
      code: 'INVALID_INPUT',
      message: textWith(message),
      path,
    });
  });

  it('keep texts that only look like what cannot be kept', async () => {
    const data = { pattern: '\\u0000', half: '\\ud800', face: '\ud83d\ude00', '\\\\ud83d': '\\\\\\u0000' };
    const made = await create({ ...NOTE, data });
    expect(made).toMatchObject({ __typename: 'Annotation', data });
    await remove(made.id);
  });

  it('are refused on a server nobody has heard of', async () => {
    expect(await create({ ...NOTE, server: 'nowhere' })).toMatchObject({
      __typename: 'NotFoundError',
      message: textWith('"nowhere"'),
    });
  });

  it('are kept, selected by each filter, and deleted once (row 61)', async () => {
    const made = await create({ ...NOTE, data: { ticket: 7 } });
    expect(made).toEqual({ __typename: 'Annotation', id: anyText, data: { ticket: 7 }, ...NOTE });
    const other = await create({
      ...NOTE,
      server: 'mail.sent',
      user: 'bob',
      device: 'desk',
      timestamp: '2026-01-06T00:00:00.000Z',
      message: 'campaign',
    });
    expect(await list()).toEqual(['campaign', 'sale began']);
    expect(await list('(first: 1)')).toEqual(['campaign']);
    for (const condition of [
      'server: "shop"',
      'user: "ann"',
      'device: "phone"',
      'to: "2026-01-05T00:00:00Z"',
    ]) {
      expect(await list(`(${condition})`)).toEqual(['sale began']);
    }
    expect(await list('(from: "2026-01-06T00:00:00Z")')).toEqual(['campaign']);
    expect(await list('(from: "2027-01-06T00:00:00Z")')).toEqual([]);
    expect(await remove(other.id)).toEqual({ deleteAnnotation: { __typename: 'Annotation', id: other.id } });
    expect(await remove(other.id)).toEqual({
      deleteAnnotation: { __typename: 'NotFoundError', code: 'NOT_FOUND' },
    });
    expect(await read(server, 'query ($id: ID!) { node(id: $id) { id } }', { id: made.id })).toEqual({
      node: { id: made.id },
    });
    await remove(made.id);
  });

  it('of a metric are the newest of them, in the order of their times', async () => {
    const made: unknown[] = [];
    for (const day of ['07', '05', '06']) {
      const note = { ...NOTE, timestamp: `2026-01-${day}T00:00:00.000Z`, message: day };
      made.push((await create(note)).id);
    }
    const newest = await read<{ metrics: { nodes: readonly object[] } }>(
      server,
      '{ metrics(filter: { servers: ["shop"] }) { nodes { annotations(first: 2) { message } } } }',
    );
    const annotations = [{ message: '06' }, { message: '07' }];
    expect(newest.metrics.nodes).toEqual([{ annotations }, { annotations }]);
    const refused = await ask(server, '{ metrics(first: 1) { nodes { annotations(first: 1001) { id } } } }');
    expect(refused.errors).toMatchObject([
      { message: 'first: expected 0 to 1000, got 1001', path: ['metrics', 'nodes', 0, 'annotations'] },
    ]);
    for (const id of made) await remove(id);
  });

  it('can be paged through from both ends', async () => {
    for (const message of ['one', 'two', 'three']) await create({ ...NOTE, message });
    const page = (args: string) =>
      read<{ annotations: { nodes: object[]; pageInfo: { endCursor: string; startCursor: string } } }>(
        server,
        `{ annotations(${args}) { nodes { message } pageInfo { endCursor startCursor } } }`,
      );
    const front = await page('first: 2');
    expect(front.annotations.nodes).toEqual([{ message: 'three' }, { message: 'two' }]);
    const rest = await page(`first: 2, after: "${front.annotations.pageInfo.endCursor}"`);
    expect(rest.annotations.nodes).toEqual([{ message: 'one' }]);
    const back = await page(`last: 1, before: "${rest.annotations.pageInfo.startCursor}"`);
    expect(back.annotations.nodes).toEqual([{ message: 'two' }]);
    const { errors } = await ask(server, '{ annotations(after: "1") { nodes { id } } }');
    expect(errors[0]?.message).toContain('is not a cursor of this list');
    await server.database.prisma.annotation.deleteMany();
  });

  it('stay when one metric of their server goes and go with the last (row 62)', async () => {
    const [orders = '', visits = ''] = ids;
    await create(NOTE);
    await server.engine.monitor.deleteMetric(visits);
    const shown = await read(server, 'query ($id: ID!) { metric(id: $id) { annotations { message } } }', {
      id: `Metric:${orders}`,
    });
    expect(shown).toEqual({ metric: { annotations: [{ message: 'sale began' }] } });
    await server.engine.monitor.unmonitorMetric(orders);
    expect(await list()).toEqual([]);
  });

  it('follow a pushed metric that is given a resource', async () => {
    await server.engine.accept.acceptNamed([{ metric: 'disk', timestampMs: Date.now(), value: 1 }]);
    await create({ ...NOTE, server: 'disk' });
    const spec = { name: 'disk', resource: 'cellar' };
    await server.engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec, model: { min: 0, max: 9 } });
    expect(await list('(server: "cellar")')).toEqual(['sale began']);
  });
});
