/** Resources of AWS that come to be listed and match a policy. */
import { expect, it } from 'vitest';
import { withDatabase } from '../../helpers/database.ts';
import { startAwsEngine } from '../sources/aws/start-aws-engine.ts';
import type { ScriptedInstance } from '../sources/aws/script.ts';

const REGION = 'us-west-2';
const START = Math.floor(Date.now() / 300_000) * 300_000 - 86_400_000;
const instance = (id: string, env: string, state = 'running'): ScriptedInstance => ({
  id,
  state,
  tags: { Name: id, env },
});

it('the default metrics of listed resources that match are monitored, those a person ended are not begun again', async () => {
  await using database = await withDatabase();
  const script = {
    valueAt: () => 1,
    instances: new Map([[REGION, [instance('i-0001', 'prod'), instance('i-0002', 'test')]]]),
    nextFault: () => null,
  };
  await using aws = await startAwsEngine(database, script, { startMs: START, historyDays: 1 });
  const { engine } = aws;
  await engine.inventory.start();
  const listMonitored = () =>
    [...engine.registry.all()]
      .filter(({ status }) => status !== 'UNMONITORED')
      .map(({ server, name }) => `${server} ${name}`)
      .toSorted();
  await engine.inventory.ensure(REGION, 0);
  const match = {
    namePattern: 'AWS/EC2/*',
    tags: [{ key: 'env', values: ['prod'] }],
    sources: ['CLOUDWATCH'] as const,
  };
  const preview = await engine.policies.preview(match);
  expect(preview.matched).toBeGreaterThan(1);
  expect(preview).toMatchObject({ monitored: 0, newResources: 1, freeResources: null });
  await engine.policies.create({ name: 'prod', match }, { applyToExisting: false });
  expect(listMonitored()).toEqual([]);
  script.instances.set(REGION, [
    instance('i-0002', 'test'),
    instance('i-0003', 'prod'),
    instance('i-0004', 'prod', 'terminated'),
  ]);
  await engine.inventory.ensure(REGION, -1);
  const begun = listMonitored();
  expect(begun).toHaveLength(preview.matched);
  expect(begun.every((name) => name.startsWith('us-west-2/AWS/EC2/i-0003 AWS/EC2/'))).toBe(true);
  for (const { id } of [...engine.registry.all()]) await engine.monitor.unmonitorMetric(id);
  await engine.inventory.ensure(REGION, -1);
  expect(listMonitored()).toEqual([]);
  const [policy] = await database.prisma.monitoringPolicy.findMany();
  const applied = await engine.policies.update(policy?.id ?? '', {}, true);
  expect(applied.monitored).toBe(preview.matched);
  expect(listMonitored()).toEqual(begun);
});
