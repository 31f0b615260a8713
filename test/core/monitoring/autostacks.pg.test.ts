import { describe, expect, it } from 'vitest';
import {
  DuplicateNameError,
  InvalidInputError,
  NotFoundError,
  NotSupportedError,
  SourceUnavailableError,
  TooManyResourcesError,
} from '../../../src/errors.ts';
import { createConfirmResource, describeDoubt } from '../../../src/core/inventory/confirm-resource.ts';
import { Inventory } from '../../../src/core/inventory/inventory.ts';
import { createLog } from '../../../src/log.ts';
import type { AwsEngine } from '../sources/aws/start-aws-engine.ts';
import { startAwsEngine } from '../sources/aws/start-aws-engine.ts';
import { EXPIRED, type Fault, type Script, type ScriptedInstance } from '../sources/aws/script.ts';
import { withDatabase, type TestDatabase } from '../../helpers/database.ts';
import { untilStatus } from '../../helpers/start-engine.ts';

const PERIOD_MS = 300_000;
const START = Math.floor(Date.now() / PERIOD_MS) * PERIOD_MS - 86_400_000;
const REGION = 'us-west-2';
const WEB = {
  name: 'web',
  region: REGION,
  resourceType: 'AWS::EC2::Instance',
  filters: [{ key: 'Name', values: ['*web*'] }],
  includeStopped: false,
};
const CPU = { namespace: 'AWS/EC2', metric: 'CPUUtilization' };
const COUNT = { namespace: 'Autostacks', metric: 'InstanceCount' };

const instance = (id: number, name: string, state = 'running'): ScriptedInstance => ({
  id: `i-${id.toString(16).padStart(4, '0')}`,
  state,
  tags: { Name: name },
});

/** Every member has values of its own; one of them none for a while. */
function valueAt({ dimensions }: Parameters<Script['valueAt']>[0], timestampMs: number): number | null {
  const id = parseInt(dimensions[0]?.value.slice(2) ?? '0', 16);
  const period = timestampMs / PERIOD_MS;
  if (id === 2 && period % 5 === 0) return null;
  return id * 10 + (period % 3);
}

async function readValues(database: TestDatabase, id: string) {
  const { rows } = await database.pool.query<{ timestamp: Date; value: number }>(
    `SELECT s."timestamp", s.value FROM sample s JOIN metric m ON m.number = s.metric_number WHERE m.id = $1
     ORDER BY s."timestamp"`,
    [id],
  );
  return rows.map(({ timestamp, value }) => ({ timestampMs: timestamp.getTime(), value }));
}

function meanByHand(ids: readonly number[], timestampMs: number): number {
  const values = ids.flatMap((id) => {
    const dimensions = [{ name: 'InstanceId', value: `i-${id.toString(16).padStart(4, '0')}` }];
    const series = { region: REGION, ...CPU, dimensions, statistic: 'Average', periodSeconds: 300 };
    return valueAt(series, timestampMs) ?? [];
  });
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function start(
  database: TestDatabase,
  instances: readonly ScriptedInstance[],
  fault: () => Fault | null = () => null,
) {
  const script = { valueAt, instances: new Map([[REGION, instances]]), nextFault: fault };
  const aws = await startAwsEngine(database, script, { startMs: START, historyDays: 1 });
  await aws.engine.inventory.start();
  return Object.assign(aws, { script });
}

const monitor = ({ engine }: AwsEngine, autostackId: string, metric: object) =>
  engine.monitor.monitorMetric({ datasource: 'AUTOSTACK', spec: { autostackId, ...metric } });

describe('an autostack', () => {
  it('has the mean of its members as they come and go, and counts them (row 50)', async () => {
    await using database = await withDatabase();
    const all = [
      instance(1, 'web-1'),
      instance(2, 'web-2'),
      instance(3, 'db-1'),
      instance(4, 'web-4', 'stopped'),
    ];
    await using aws = await start(database, all);
    const { engine, clock, script } = aws;
    const id = await engine.autostacks.createAutostack({ ...WEB, metrics: [CPU] });
    expect(engine.directory.byId(id)?.memberIds).toEqual(['i-0001', 'i-0002']);
    const cpu = engine.registry.byIdentity('AUTOSTACK', `${id} AWS/EC2/CPUUtilization`)?.id ?? '';
    const count = await monitor(aws, id, COUNT);
    const countOf = () => readValues(database, count);
    // The number is told of members looked up within the hour: the clock of the inventory is the real one.
    await aws.catchUp();
    for (const { timestampMs, value } of await readValues(database, cpu)) {
      expect(value).toBeCloseTo(meanByHand([1, 2], timestampMs), 10);
    }
    expect((await countOf()).map(({ value }) => value)).toEqual([2]);
    script.instances.set(REGION, [...all, instance(5, 'new-web')]);
    await engine.inventory.ensure(REGION, -1);
    clock.nowMs += PERIOD_MS;
    await aws.catchUp();
    script.instances.set(REGION, []);
    await engine.inventory.ensure(REGION, -1);
    clock.nowMs += PERIOD_MS;
    await aws.catchUp();
    const last = (await readValues(database, cpu)).at(-1);
    expect(last?.timestampMs).toBe(START - 2 * PERIOD_MS);
    expect(last?.value).toBeCloseTo(meanByHand([1, 2, 5], last?.timestampMs ?? 0), 10);
    expect((await countOf()).map(({ value }) => value)).toEqual([2, 3, 0]);
    const states = await database.prisma.resourceState.findMany({
      where: { resource: { resourceId: 'i-0001' } },
      orderBy: { at: 'asc' },
    });
    expect(states.map(({ state }) => state)).toEqual(['running', 'terminated']);
    expect(await database.prisma.autostackMember.count({ where: { autostackId: id, leftAt: null } })).toBe(0);
    expect(await database.prisma.autostackMember.count({ where: { autostackId: id } })).toBe(3);
  });

  it('is another from the moment it is changed, and its metrics go on', async () => {
    await using database = await withDatabase();
    const all = [
      instance(1, 'web-1'),
      instance(2, 'web-2'),
      instance(3, 'db-1'),
      instance(4, 'db-2', 'stopped'),
    ];
    await using aws = await start(database, all);
    const { autostacks, directory, registry } = aws.engine;
    const id = await autostacks.createAutostack({ ...WEB, metrics: [CPU] });
    const metric = registry.byIdentity('AUTOSTACK', `${id} AWS/EC2/CPUUtilization`);
    await autostacks.updateAutostack(id, { name: 'db', filters: [{ key: 'tag:Name', values: ['db-*'] }] });
    const filters = [{ key: 'Name', values: ['db-*'] }];
    expect(directory.byId(id)).toMatchObject({
      name: 'db',
      filters,
      memberIds: ['i-0003'],
      includeStopped: false,
    });
    expect(await database.prisma.autostack.findUnique({ where: { id } })).toMatchObject({
      name: 'db',
      filters,
    });
    const findMetric = () => database.prisma.metric.findFirst({ where: { autostackId: id } });
    expect(await findMetric()).toMatchObject({
      tagName: 'db',
      description: 'CPUUtilization of autostack db in us-west-2',
    });
    await database.prisma.metric.updateMany({
      where: { autostackId: id },
      data: { tagName: 'ours', description: 'how busy' },
    });
    await autostacks.updateAutostack(id, { name: 'databases' });
    expect(await findMetric()).toMatchObject({ tagName: 'ours', description: 'how busy' });
    await autostacks.updateAutostack(id, { name: 'db', includeStopped: true });
    expect(directory.byId(id)?.memberIds).toEqual(['i-0003', 'i-0004']);
    expect(registry.byIdentity('AUTOSTACK', `${id} AWS/EC2/CPUUtilization`)).toBe(metric);
    await autostacks.createAutostack({ ...WEB, metrics: [] });
    await expect(autostacks.updateAutostack(id, { name: 'web' })).rejects.toThrow(DuplicateNameError);
    await expect(autostacks.updateAutostack(id, { name: ' ' })).rejects.toThrow(InvalidInputError);
    await expect(autostacks.updateAutostack(id, { filters: [] })).rejects.toThrow(InvalidInputError);
    expect(directory.byId(id)).toMatchObject({ name: 'db', filters });
    await autostacks.deleteAutostack(id);
    await expect(autostacks.updateAutostack(id, { name: 'x' })).rejects.toThrow(NotFoundError);
  });

  it('leaves metrics of single machines to be called as these are', async () => {
    await using database = await withDatabase();
    const named = (name: string | null, state = 'running'): ScriptedInstance => ({
      id: 'i-0001',
      state,
      tags: { Env: 'prod', ...(name === null ? {} : { Name: name }) },
    });
    await using aws = await start(database, [named('')]);
    const { engine, script } = aws;
    await engine.inventory.ensure(REGION, -1);
    const id = await engine.monitor.monitorMetric({
      datasource: 'CLOUDWATCH',
      spec: { region: REGION, ...CPU, dimensions: { InstanceId: 'i-0001' } },
    });
    const follow = async (...listed: readonly ScriptedInstance[]) => {
      script.instances.set(REGION, listed);
      await engine.inventory.ensure(REGION, -1);
      const metric = await database.prisma.metric.findUnique({ where: { id }, include: { resource: true } });
      return [metric?.tagName, metric?.resource?.name];
    };
    // An empty tag is no name.
    expect(await follow(named(''))).toEqual([null, null]);
    expect(await follow(named('web-1'))).toEqual(['web-1', 'web-1']);
    expect(await follow(named('web-2'))).toEqual(['web-2', 'web-2']);
    expect(await follow(named(null))).toEqual([null, null]);
    expect(await follow(named('web-3'))).toEqual(['web-3', 'web-3']);
    // EC2 goes on listing it for a while, without its tags.
    expect(await follow(named(null, 'terminated'))).toEqual(['web-3', 'web-3']);
    expect(await follow()).toEqual(['web-3', 'web-3']);
    // A name a person gave stays.
    await database.prisma.metric.update({ where: { id }, data: { tagName: 'front' } });
    expect(await follow(named('web-4'))).toEqual(['front', 'web-4']);
  });

  it('has a name of its own in its region (row 46)', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, []);
    const { autostacks } = aws.engine;
    await autostacks.createAutostack({ ...WEB, metrics: [] });
    await expect(autostacks.createAutostack({ ...WEB, metrics: [] })).rejects.toThrow(DuplicateNameError);
    await autostacks.createAutostack({ ...WEB, region: 'eu-west-1', metrics: [] });
  });

  it('is refused without a name, filters, a region or a type that has tags (row 47)', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, []);
    const creating = (change: object) =>
      aws.engine.autostacks.createAutostack({ ...WEB, metrics: [], ...change });
    await expect(creating({ name: '  ' })).rejects.toThrow(InvalidInputError);
    await expect(creating({ filters: [] })).rejects.toThrow(InvalidInputError);
    await expect(creating({ filters: [{ key: 'a', values: ['\\x'] }] })).rejects.toThrow(InvalidInputError);
    await expect(creating({ region: 'fake-region' })).rejects.toThrow(InvalidInputError);
    await expect(creating({ resourceType: 'AWS::SQS::Queue' })).rejects.toThrow(NotSupportedError);
    await expect(creating({ resourceType: 'AWS::SQS::Queue' })).rejects.toThrow(
      'AWS::EC2::Instance and AWS::EC2::Volume',
    );
    await expect(creating({ metrics: [{ namespace: 'AWS/EC2', metric: 'Foobar' }] })).rejects.toThrow(
      'Foobar',
    );
    expect(await database.prisma.autostack.count()).toBe(0);
    await expect(monitor(aws, '00000000-0000-4000-8000-000000000000', CPU)).rejects.toThrow(NotFoundError);
  });

  it('has each of its six metrics once (row 48)', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, [instance(1, 'web-1')]);
    const id = await aws.engine.autostacks.createAutostack({ ...WEB, metrics: [] });
    const names = ['CPUUtilization', 'DiskReadBytes', 'DiskWriteBytes', 'NetworkIn', 'NetworkOut'];
    const six = [...names.map((metric) => ({ ...CPU, metric })), COUNT];
    const ids: string[] = [];
    for (const metric of six) ids.push(await monitor(aws, id, metric));
    expect(new Set(ids).size).toBe(6);
    for (const [index, metric] of six.entries()) {
      await expect(monitor(aws, id, metric)).rejects.toMatchObject({
        code: 'ALREADY_MONITORED',
        metricId: ids[index],
      });
    }
    expect(aws.engine.registry.size).toBe(6);
  });

  it('takes 500 members and not 501, at its making and later', async () => {
    await using database = await withDatabase();
    const many = (length: number) => Array.from({ length }, (_, index) => instance(index + 1, 'web'));
    await using aws = await start(database, many(501));
    const { engine, script } = aws;
    await expect(engine.autostacks.createAutostack({ ...WEB, metrics: [] })).rejects.toThrow(
      TooManyResourcesError,
    );
    script.instances.set(REGION, many(500));
    await engine.inventory.ensure(REGION, -1);
    const id = await engine.autostacks.createAutostack({ ...WEB, metrics: [] });
    script.instances.set(REGION, many(501));
    await engine.inventory.ensure(REGION, -1);
    expect(engine.directory.byId(id)?.memberIds).toHaveLength(500);
    expect((await database.prisma.autostack.findUniqueOrThrow({ where: { id } })).problem).toContain('501');
  });

  it('is there again after export, deletion and import (row 49)', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, [instance(1, 'web-1')]);
    const { engine } = aws;
    const id = await engine.autostacks.createAutostack({ ...WEB, metrics: [CPU] });
    await aws.catchUp();
    const models: unknown[] = [];
    for await (const model of engine.transfer.exportModels(null))
      models.push(JSON.parse(JSON.stringify(model)));
    expect(models).toHaveLength(1);
    expect(JSON.stringify(models)).not.toContain(id);
    await engine.autostacks.deleteAutostack(id);
    expect([...engine.registry.all()]).toEqual([]);
    const { metricId, created } = await engine.transfer.importModel(models[0]);
    expect(created).toBe(true);
    await untilStatus(engine, metricId, 'ACTIVE');
    const [stack] = engine.directory.all();
    expect(stack).toMatchObject({ ...WEB, memberIds: ['i-0001'] });
    expect(stack?.id).not.toBe(id);
    expect(await engine.transfer.importModel(models[0])).toEqual({ metricId, created: false });
  });

  it('is gone with all its metrics, whoever deletes it as well and whatever is monitored of it meanwhile', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, [instance(1, 'web-1')]);
    const { autostacks } = aws.engine;
    const id = await autostacks.createAutostack({ ...WEB, metrics: [CPU, COUNT] });
    const [first, second, ...monitored] = await Promise.allSettled([
      autostacks.deleteAutostack(id),
      autostacks.deleteAutostack(id),
      ...['NetworkIn', 'NetworkOut', 'DiskReadBytes'].map((metric) => monitor(aws, id, { ...CPU, metric })),
    ]);
    expect([first, second].map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    for (const one of monitored)
      if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(NotFoundError);
    expect(await database.prisma.metric.count()).toBe(0);
    expect(await database.prisma.autostack.count()).toBe(0);
    expect([...aws.engine.directory.all(), ...aws.engine.registry.all()]).toEqual([]);
  });

  it('is made once for all its metrics that are imported at the same time', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, [instance(1, 'web-1')]);
    const models = [CPU, COUNT, { ...CPU, metric: 'NetworkIn' }].map((metricSpec) => ({
      datasource: 'autostack',
      stackSpec: WEB,
      metricSpec,
    }));
    const imported = await Promise.all(models.map((model) => aws.engine.transfer.importModel(model)));
    expect(imported.map(({ created }) => created)).toEqual([true, true, true]);
    expect([...aws.engine.directory.all()]).toHaveLength(1);
  });

  it.each([
    [
      'flat',
      {
        type: 'autostack',
        datasource: 'cloudwatch',
        name: 'web',
        region: REGION,
        filters: { 'tag:Name': ['*web*'] },
        metric: CPU,
      },
    ],
    [
      'in two parts',
      {
        datasource: 'autostack',
        stackSpec: {
          name: 'web',
          aggSpec: {
            datasource: 'cloudwatch',
            region: REGION,
            resourceType: 'AWS::EC2::Instance',
            filters: { 'tag:Name': ['*web*'] },
          },
        },
        modelSpec: {
          datasource: 'autostack',
          metricSpec: { slaveDatasource: 'cloudwatch', slaveMetric: CPU },
          modelParams: {},
        },
      },
    ],
  ])('is read from what HTM-IT wrote, %s', async (_, model) => {
    await using database = await withDatabase();
    await using aws = await start(database, [instance(1, 'web-1')]);
    const { engine } = aws;
    const { metricId } = await engine.transfer.importModel(model);
    const [stack] = engine.directory.all();
    expect(stack).toMatchObject({ name: 'web', region: REGION, filters: WEB.filters, memberIds: ['i-0001'] });
    expect(engine.registry.byId(metricId)).toMatchObject({
      name: 'AWS/EC2/CPUUtilization',
      status: 'ACTIVE',
    });
  });

  it('cannot be made while nobody can say who is in it, and can be imported', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, [], () => EXPIRED);
    const { engine } = aws;
    const creating = engine.autostacks.createAutostack({ ...WEB, metrics: [] });
    await expect(creating).rejects.toThrow(SourceUnavailableError);
    await expect(creating).rejects.toThrow('expired');
    const { created } = await engine.transfer.importModel({
      datasource: 'autostack',
      stackSpec: { name: 'web', region: REGION, filters: WEB.filters },
      metricSpec: CPU,
    });
    expect(created).toBe(true);
  });
});

describe('what an autostack chooses by', () => {
  const fleet: readonly ScriptedInstance[] = [
    {
      id: 'i-0001',
      state: 'running',
      type: 'm5.large',
      imageId: 'ami-1',
      zone: 'us-west-2a',
      tags: { Name: 'web' },
    },
    {
      id: 'i-0002',
      state: 'running',
      type: 't3.micro',
      subnetId: 'subnet-2',
      vpcId: 'vpc-2',
      tags: { Name: 'db' },
    },
    { id: 'i-0003', state: 'stopped', type: 'm5.xlarge', zone: 'us-west-2b', tags: { Env: 'prod' } },
  ];

  it.each<[string, readonly string[], readonly string[]]>([
    ['instance-type', ['m5.large'], ['i-0001']],
    ['instance-type', ['t3.*', 'm5.large'], ['i-0001', 'i-0002']],
    ['availability-zone', ['us-west-2a'], ['i-0001']],
    ['vpc-id', ['vpc-2'], ['i-0002']],
    ['subnet-id', ['subnet-2'], ['i-0002']],
    ['image-id', ['ami-1'], ['i-0001']],
    ['instance-state-name', ['stopped'], ['i-0003']],
    ['tag-key', ['Name'], ['i-0001', 'i-0002']],
    ['tag:Name', ['web'], ['i-0001']],
    ['Name', ['web'], ['i-0001']],
  ])("may be EC2's %s: %j", async (key, values, expected) => {
    await using database = await withDatabase();
    await using aws = await start(database, fleet);
    const { autostacks, directory, transfer } = aws.engine;
    const members = await autostacks.previewAutostack({ ...WEB, filters: [{ key, values }] });
    expect(members.map(({ resourceId }) => resourceId)).toEqual(expected);
    if (key === 'Name') return;
    // The same as HTM-IT wrote it down.
    const filters = { [key]: values };
    await transfer.importModel({ type: 'autostack', datasource: 'cloudwatch', ...WEB, filters, metric: CPU });
    expect(directory.byName('web', REGION)).toMatchObject({ memberIds: expected, problem: null });
  });

  it('is one stack in whatever form it is named, and another when it chooses others', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, fleet);
    const { autostacks, directory, transfer } = aws.engine;
    const id = await autostacks.createAutostack({
      ...WEB,
      filters: [{ key: 'tag:Name', values: ['web', 'db'] }],
      includeStopped: true,
      metrics: [],
    });
    expect(directory.byId(id)?.filters).toEqual([{ key: 'Name', values: ['web', 'db'] }]);
    const importing = (filters: unknown, metric = CPU) =>
      transfer.importModel({ type: 'autostack', datasource: 'cloudwatch', ...WEB, filters, metric });
    expect(await importing({ 'tag:Name': ['db', 'web'] })).toMatchObject({ created: true });
    const other = importing({ 'instance-type': ['m5.large'] });
    await expect(other).rejects.toThrow(DuplicateNameError);
    await expect(other).rejects.toThrow('with instance-type=m5.large');
    await expect(
      transfer.importModel({
        datasource: 'autostack',
        stackSpec: { ...WEB, filters: [{ key: 'Name', values: ['db', 'web'] }], includeStopped: false },
        metricSpec: CPU,
      }),
    ).rejects.toThrow('stopped ones too');
    expect([...directory.all()]).toHaveLength(1);
    // Nothing is made for a metric a stack cannot have.
    await expect(importing({ 'tag:Env': ['prod'] }, { ...CPU, metric: 'Foobar' })).rejects.toThrow('Foobar');
    expect(await database.prisma.metric.count()).toBe(1);
  });

  it('may come with what is known of its metrics', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, fleet);
    const { autostacks, registry } = aws.engine;
    const creating = (model: object) =>
      autostacks.createAutostack({ ...WEB, metrics: [{ ...CPU, model }, COUNT] });
    await expect(creating({ min: 5 })).rejects.toThrow(InvalidInputError);
    expect(await database.prisma.autostack.count()).toBe(0);
    const id = await creating({ min: 5, max: 50 });
    const params = (name: string) => registry.byIdentity('AUTOSTACK', `${id} ${name}`)?.modelParams;
    expect(params('AWS/EC2/CPUUtilization')).toEqual({ min: 5, max: 50 });
    expect(params('Autostacks/InstanceCount')).toMatchObject({ min: 0, max: 500, boundsFrom: 'SOURCE' });
  });
});

describe('when AWS does not answer', () => {
  const DENIED: Fault = { status: 403, code: 'UnauthorizedOperation' };
  const readProblem = async (database: TestDatabase) =>
    (await database.prisma.autostack.findFirstOrThrow()).problem;

  it('an autostack says why its members are not known, and later that they are old', async () => {
    await using database = await withDatabase();
    let fault: Fault | null = EXPIRED;
    await using aws = await start(database, [instance(1, 'web-1')], () => fault);
    const { engine } = aws;
    const model = { datasource: 'autostack', stackSpec: WEB, metricSpec: CPU };
    await engine.transfer.importModel(model);
    expect(await readProblem(database)).toMatch(/expired.*not known yet/);
    fault = null;
    await engine.inventory.ensure(REGION, -1);
    expect(await readProblem(database)).toBeNull();
    expect([...engine.directory.all()]).toMatchObject([{ memberIds: ['i-0001'], problem: null }]);
    fault = EXPIRED;
    await expect(engine.inventory.ensure(REGION, -1)).rejects.toThrow(SourceUnavailableError);
    expect(await readProblem(database)).toMatch(/expired.*its members are those of 20/);
    expect([...engine.directory.all()]).toMatchObject([{ memberIds: ['i-0001'] }]);
  });

  it('EC2 alone, what was known of instances stays: tags, states and members', async () => {
    await using database = await withDatabase();
    let fault: Fault | null = null;
    const isEc2 = (operation: string) => operation.startsWith('Describe');
    const script: Script = {
      valueAt,
      instances: new Map([[REGION, [instance(1, 'web-1')]]]),
      // CloudWatch knows it too, without its tags.
      metrics: [
        { region: REGION, ...CPU, dimensions: [{ name: 'InstanceId', value: 'i-0001' }] },
        { region: REGION, ...CPU, dimensions: [{ name: 'InstanceId', value: 'i-0009' }] },
      ],
      nextFault: (operation) => (isEc2(operation) ? fault : null),
    };
    await using aws = await startAwsEngine(database, script, { startMs: START, historyDays: 1 });
    const { engine } = aws;
    const id = await engine.autostacks.createAutostack({ ...WEB, metrics: [CPU] });
    fault = DENIED;
    await engine.inventory.ensure(REGION, -1);
    expect(engine.directory.byId(id)?.memberIds).toEqual(['i-0001']);
    expect(await readProblem(database)).toMatch(/EC2/);
    expect(await database.prisma.resource.findFirst({ where: { resourceId: 'i-0001' } })).toMatchObject({
      state: 'running',
      tags: [{ key: 'Name', value: 'web-1' }],
    });
    fault = null;
    await engine.inventory.ensure(REGION, -1);
    expect(await readProblem(database)).toBeNull();
  });

  it('EC2 never, a group cannot be made of instances nobody knows the tags of', async () => {
    await using database = await withDatabase();
    const script: Script = {
      valueAt,
      metrics: [{ region: REGION, ...CPU, dimensions: [{ name: 'InstanceId', value: 'i-0001' }] }],
      nextFault: (operation) => (operation.startsWith('Describe') ? DENIED : null),
    };
    await using aws = await startAwsEngine(database, script, { startMs: START, historyDays: 1 });
    const creating = aws.engine.autostacks.createAutostack({ ...WEB, metrics: [] });
    await expect(creating).rejects.toThrow(SourceUnavailableError);
    await expect(creating).rejects.toThrow('AWS::EC2::Instance of us-west-2 could not be listed');
  });
});

describe('an instance nobody has', () => {
  const spec = (id: string) => ({ region: REGION, ...CPU, dimensions: { InstanceId: id } });
  const watch = ({ engine }: AwsEngine, id: string) =>
    engine.monitor.monitorMetric({ datasource: 'CLOUDWATCH', spec: spec(id) });

  it('is not monitored where the instances are listed; one that has just begun is', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, [instance(1, 'web-1')]);
    const { engine, script } = aws;
    await engine.inventory.ensure(REGION, 0);
    await expect(watch(aws, 'i-0999')).rejects.toThrow(NotFoundError);
    await expect(watch(aws, 'i-0999')).rejects.toThrow('us-west-2 has no i-0999');
    const importing = engine.transfer.importModel({ datasource: 'cloudwatch', metricSpec: spec('i-0999') });
    await expect(importing).rejects.toThrow(NotFoundError);
    expect(await database.prisma.metric.count()).toBe(0);
    expect(await database.prisma.resource.count({ where: { resourceId: 'i-0999' } })).toBe(0);
    // Of a listing that is a minute old nothing follows: it is done again.
    script.instances.set(REGION, [instance(1, 'web-1'), instance(0x999, 'new')]);
    const inventory = new Inventory({
      pool: database.pool,
      discover: aws.discover,
      regionsInUse: () => [],
      onListed: () => Promise.resolve(),
      log: createLog('silent'),
      now: () => Date.now() + 61_000,
    });
    await inventory.start();
    const confirm = createConfirmResource({
      prisma: database.prisma,
      inventory,
      now: () => Date.now() + 61_000,
    });
    await confirm({ region: REGION, type: 'AWS::EC2::Instance', resourceId: 'i-0999' });
    await inventory.stop();
    await watch(aws, 'i-0999');
  });

  it('is monitored with a note where nobody can say, and told when it is known', async () => {
    await using database = await withDatabase();
    let fault: Fault | null = EXPIRED;
    await using aws = await start(database, [instance(1, 'web-1')], () => fault);
    const { engine } = aws;
    const id = await watch(aws, 'i-0999');
    const readDoubt = async () => {
      const { resource } = await database.prisma.metric.findUniqueOrThrow({
        where: { id },
        include: { resource: true },
      });
      return resource === null ? null : describeDoubt(resource, engine.inventory.ageOf(REGION), false);
    };
    expect(await readDoubt()).toBe(
      'whether us-west-2 has i-0999 is not known: the resources there have not been listed yet',
    );
    await engine.inventory.ensure(REGION, -1).catch(() => null);
    expect(await readDoubt()).toMatch(/not known: .*expired/);
    fault = null;
    await engine.inventory.ensure(REGION, -1);
    expect(await readDoubt()).toBe('EC2 lists no i-0999 in us-west-2: no more values are to be expected');
  });

  it('is monitored without waiting long where EC2 does not answer', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, []);
    await aws.engine.inventory.ensure(REGION, 0);
    const confirm = createConfirmResource({
      prisma: database.prisma,
      inventory: {
        ensure: () => new Promise(() => undefined),
        ageOf: (region) => aws.engine.inventory.ageOf(region),
      },
      now: () => Date.now() + 120_000,
      maxWaitMs: 20,
    });
    await confirm({ region: REGION, type: 'AWS::EC2::Instance', resourceId: 'i-0999' });
  });
});

describe('a resource that is gone', () => {
  it('is not monitored any more: its metrics are refused', async () => {
    await using database = await withDatabase();
    await using aws = await start(database, [instance(1, 'web-1', 'terminated'), instance(2, 'web-2')]);
    const { engine } = aws;
    await engine.inventory.ensure(REGION, 0);
    const monitoring = (id: string) =>
      engine.monitor.monitorMetric({
        datasource: 'CLOUDWATCH',
        spec: { region: REGION, ...CPU, dimensions: { InstanceId: id } },
      });
    await expect(monitoring('i-0001')).rejects.toThrow('terminated');
    const id = await monitoring('i-0002');
    const metric = await database.prisma.metric.findUniqueOrThrow({
      where: { id },
      include: { resource: true },
    });
    expect(metric).toMatchObject({ tagName: 'web-2', resource: { state: 'running', name: 'web-2' } });
  });
});
