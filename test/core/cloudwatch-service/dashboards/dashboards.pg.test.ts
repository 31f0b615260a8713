import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, NOON, openService, type Service } from '../service.ts';

let service: Service;
beforeAll(async () => {
  service = await openService();
});
afterAll(() => service[Symbol.asyncDispose]());

const EMPTY = '{"widgets":[]}';
const put = (DashboardName: string, DashboardBody = EMPTY, more: object = {}) =>
  service.ask('PutDashboard', { DashboardName, DashboardBody, ...more });
const list = async (DashboardNamePrefix?: string, account?: number) => {
  const input = DashboardNamePrefix === undefined ? {} : { DashboardNamePrefix };
  const { DashboardEntries: entries } = await service.ask('ListDashboards', input, account);
  return entries as { DashboardName: string; Size: number; LastModified: Date }[];
};
const listNames = async (prefix?: string) => (await list(prefix)).map(({ DashboardName: name }) => name);

describe('Dashboards', () => {
  it('are kept as they are put, byte by byte, and listed with their size in bytes', async () => {
    const body = '{\r\n  "widgets" : [ ],\t"start":"-PT3H", "note": "ü€😀" }\n';
    await put('kept', body);
    expect(await service.ask('GetDashboard', { DashboardName: 'kept' })).toEqual({
      DashboardArn: 'arn:aws:cloudwatch::000000000001:dashboard/kept',
      DashboardBody: body,
      DashboardName: 'kept',
    });
    const [entry] = await list('kept');
    expect(entry).toMatchObject({ Size: Buffer.byteLength(body), LastModified: NOON });
    service.setNow(at(5));
    await put('kept');
    service.setNow(NOON);
    expect((await list('kept'))[0]).toMatchObject({ Size: EMPTY.length, LastModified: at(5) });
  });

  it('are found by the beginning of their name, in which _ stands for itself', async () => {
    for (const name of ['api_latency', 'api-latency', 'apiXlatency', 'web', '_hidden', '-hidden'])
      await put(name);
    const found = await Promise.all(['api_', 'api-', 'api', '_', 'w', 'API'].map(listNames));
    expect(found).toEqual([
      ['api_latency'],
      ['api-latency'],
      ['api-latency', 'apiXlatency', 'api_latency'],
      ['_hidden'],
      ['web'],
      [],
    ]);
  });

  it('are deleted all or none', async () => {
    await put('one');
    await put('two');
    await expect(service.ask('DeleteDashboards', { DashboardNames: ['one', 'three'] })).rejects.toMatchObject(
      {
        wireCode: 'ResourceNotFound',
        status: 404,
      },
    );
    expect(await listNames('one')).toEqual(['one']);
    await service.ask('DeleteDashboards', { DashboardNames: ['one', 'two', 'one'] });
    expect([await listNames('one'), await listNames('two')]).toEqual([[], []]);
    await expect(service.ask('GetDashboard', { DashboardName: 'one' })).rejects.toMatchObject({
      status: 404,
    });
  });

  it('are of the account that put them', async () => {
    await put('mine');
    const other = await service.cloudwatch.accounts.ensureAccount('other');
    expect(await list(undefined, other)).toEqual([]);
    await expect(service.ask('DeleteDashboards', { DashboardNames: ['mine'] }, other)).rejects.toThrow();
    expect(await listNames('mine')).toEqual(['mine']);
  });

  it('put by several at once, with tags, are all put', async () => {
    const Tags = [
      { Key: 'team', Value: 'a' },
      { Key: 'stage', Value: 'b' },
    ];
    const answers = await Promise.all(Array.from({ length: 8 }, () => put('raced', EMPTY, { Tags })));
    expect(answers).toEqual(Array.from({ length: 8 }, () => ({ DashboardValidationMessages: [] })));
    const { Tags: kept } = await service.ask('ListTagsForResource', {
      ResourceARN: 'arn:aws:cloudwatch::000000000001:dashboard/raced',
    });
    expect(kept).toEqual(Tags.toReversed());
  });
});

describe('A dashboard is refused', () => {
  const widget = (more: object) => JSON.stringify({ widgets: [more] });
  it.each([
    ['that is no JSON', 'widgets', /must be a valid JSON object/],
    ['that is a list', '[]', /must be a valid JSON object/],
    ['without widgets', '{}', /Should have required property 'widgets'/],
    ['with a widget of no type', widget({ properties: {} }), /widgets\/0".*required property 'type'/],
    [
      'with a type there is not',
      widget({ type: 'gauge', properties: {} }),
      /widgets\/0\/type.*allowed values/,
    ],
    ['with a widget without properties', widget({ type: 'text' }), /required property 'properties'/],
    ['with a text without one', widget({ type: 'text', properties: {} }), /required property 'markdown'/],
    [
      'wider than 24 columns',
      widget({ type: 'text', width: 25, properties: { markdown: '' } }),
      /widgets\/0\/width.*from 1 to 24/,
    ],
    [
      'with metrics that are no list',
      widget({ type: 'metric', properties: { metrics: {} } }),
      /properties\/metrics.*Should be array/,
    ],
    [
      'of 501 widgets',
      JSON.stringify({
        widgets: Array.from({ length: 501 }, () => ({ type: 'text', properties: { markdown: '' } })),
      }),
      /NOT have more than 500 items/,
    ],
  ])('%s', async (_what, body, message) => {
    await expect(put('refused', body)).rejects.toMatchObject({
      code: 'InvalidParameterInput',
      message: expect.stringMatching(message) as string,
    });
  });

  it.each(['', 'with space', 'dot.dot', 'ü', 'x'.repeat(256)])('that is called %j', async (name) => {
    await expect(put(name)).rejects.toMatchObject({ code: 'InvalidParameterInput' });
  });
});
