/** A running server as one side of an import. */
import { expect, it } from 'vitest';
import { openRemoteEnd } from '../../src/cli/remote-target.ts';
import { startServer } from '../helpers/start-server.ts';
import { untilStatus } from '../helpers/start-engine.ts';

const START = Date.parse('2026-01-05T00:00:00Z');
/** As JSON 1.3 MB, where a server takes 1 MB. */
const DATA = Array.from({ length: 40_000 }, (_, row) => [
  (row * 7) % 17,
  new Date(START + row * 60_000).toISOString(),
]);

it.each<readonly [string, object, object]>([
  ['a name', { name: 'long' }, { name: 'long', server: 'long' }],
  ['tags and a resource', { name: 'long;b=1', resource: 'web/1' }, { name: 'long;b=1', server: 'web/1' }],
  ['a resource among its tags', { name: 'm;resource=web/9' }, { name: 'm;resource=web/9', server: 'web/9' }],
])(
  'a model that is larger than a request may be comes in parts: one with %s',
  async (_what, metricSpec, named) => {
    await using server = await startServer();
    const end = openRemoteEnd(`${server.url}/graphql`, null);
    const model = {
      datasource: 'custom',
      metricSpec,
      modelParams: { min: 0, max: 20, timeZone: 'Europe/Berlin' },
      unit: 'Count',
      displayName: 'Long',
      policy: { direction: 'ABOVE', minDeviation: 2, minDeviationRatio: 0 },
      data: DATA,
    };
    expect(await end.importModel(model)).toBe('created');
    const [entry, ...others] = [...server.engine.registry.all()];
    expect(others).toEqual([]);
    await untilStatus(server.engine, entry?.id ?? '', 'ACTIVE');
    expect(entry).toMatchObject({ ...named, lastRowId: DATA.length });
    const exported: object[] = [];
    for await (const one of end.exportModels()) exported.push(one);
    expect(exported).toMatchObject([model]);
    // As any other that is there.
    expect(await end.importModel(model)).toBe('known');
  },
);

it('one whose samples cannot be pushed says what to do', async () => {
  await using server = await startServer();
  const end = openRemoteEnd(`${server.url}/graphql`, null);
  const host = { datasource: 'host', metricSpec: { metric: 'CPUUtilization' }, data: DATA };
  expect(await end.importModel(host)).toMatchObject({
    problem: expect.stringMatching(/LAPWING_MAX_BODY_BYTES.*or import while no server runs$/) as unknown,
  });
  const tooFarAhead = {
    datasource: 'custom',
    metricSpec: { name: 'a' },
    data: [...DATA, [1, '2999-01-01T00:00:00Z']],
  };
  expect(await end.importModel(tooFarAhead)).toMatchObject({
    problem: expect.stringMatching(/^timestamp: expected .* or earlier, got 2999-/) as unknown,
  });
});
