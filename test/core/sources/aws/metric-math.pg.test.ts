/** Expressions of metric math, evaluated by Lapwing's own CloudWatch service as AWS evaluates them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AlreadyMonitoredError, InvalidInputError } from '../../../../src/errors.ts';
import { describeMathMetric } from '../../../../src/core/sources/aws/math/math-spec.ts';
import {
  listData,
  PERIOD_MS,
  seriesOf,
  startContractEngine,
  type ContractEngine,
} from './contract-engine.ts';
import { startOwnService } from './own-service.ts';

const MODEL = { min: 0, max: 100 };
const ERRORS = seriesOf('Shop', 'Errors', { Host: 'web-1' });
const REQUESTS = seriesOf('Shop', 'Requests', { Host: 'web-1' });
const RATE = {
  expression: '100 * errors / requests',
  metrics: [
    { id: 'errors', ...ERRORS, statistic: 'Sum' },
    { id: 'requests', ...REQUESTS, statistic: 'Sum' },
  ],
  name: 'error rate',
  resource: 'shop',
};

let engine: ContractEngine;
beforeAll(async () => {
  engine = await startContractEngine(await startOwnService());
});
afterAll(() => engine[Symbol.asyncDispose]());

const monitor = (spec: object, isConfirmed = true) =>
  engine.aws.engine.monitor.monitorMetric({
    datasource: 'CLOUDWATCH',
    spec: { region: engine.service.region, ...spec },
    model: MODEL,
    confirmed: isConfirmed,
  });

describe('an expression', () => {
  it('has its history read, then each new period, and is one metric however it is written', async () => {
    const { service, settledMs, passPeriods, readRows, aws } = engine;
    const times = listData(settledMs(), () => [0], 40).map(({ timestampMs }) => timestampMs);
    await service.put(
      ERRORS,
      times.map((timestampMs, index) => ({ timestampMs, values: [index % 5] })),
    );
    await service.put(
      REQUESTS,
      times.map((timestampMs) => ({ timestampMs, values: [25, 25] })),
    );
    const id = await monitor(RATE);
    await aws.catchUp();
    expect(await readRows(id)).toEqual(times.map((timestampMs, index) => [timestampMs, 2 * (index % 5)]));
    const timestampMs = settledMs();
    await service.put(ERRORS, [{ timestampMs, values: [5] }]);
    await service.put(REQUESTS, [{ timestampMs, values: [10] }]);
    await passPeriods(1);
    expect((await readRows(id)).at(-1)).toEqual([timestampMs, 50]);
    expect(aws.engine.registry.byId(id)).toMatchObject({
      name: 'error rate',
      server: 'us-west-2/CloudWatchMath/shop',
      status: 'ACTIVE',
      scoredRows: 41,
    });
    const turned = { ...RATE, metrics: RATE.metrics.toReversed(), name: 'another name', periodSeconds: 300 };
    await expect(monitor(turned)).rejects.toThrow(AlreadyMonitoredError);
    const exported = await engine.exportOne(id);
    await aws.engine.monitor.deleteMetric(id);
    const { metricId } = await aws.engine.transfer.importModel(exported);
    expect(await engine.exportOne(metricId)).toEqual(exported);
  });

  it.each([
    ['100 * errors /', 'expression: CloudWatch: ValidationError'],
    ['errors / nothing', 'expression: CloudWatch: ValidationError'],
    ['[errors, requests]', 'expression: expected one series, the expression gives 2'],
    [
      `SEARCH('{Shop,Host} MetricName="Errors" OR MetricName="Requests"', 'Sum', 300)`,
      'the expression gives 2',
    ],
    // Both are called Errors.
    ['[errors, other]', 'expected one series, the expression gives 2: Errors'],
    ['METRICS("r")', 'expected one series, the expression gives 3: '],
  ])(
    'is refused where CloudWatch refuses it, or several series come of it: %s',
    async (expression, reason) => {
      const other = { id: 'other', ...seriesOf('Shop', 'Errors', { Host: 'web-2' }), statistic: 'Sum' };
      const refused = monitor({ ...RATE, metrics: [...RATE.metrics, other], expression });
      await expect(refused).rejects.toThrow(InvalidInputError);
      await expect(refused).rejects.toThrow(reason);
    },
  );

  it('that is taken all the same costs no other', async () => {
    const { settledMs, readRows, aws, passPeriods, service } = engine;
    const bad = await monitor({ ...RATE, expression: 'errors / nothing' }, false);
    const good = await monitor({ ...RATE, expression: 'errors + 1' });
    const plain = await engine.watch(ERRORS, { statistic: 'Sum' }, MODEL);
    const timestampMs = settledMs();
    await service.put(ERRORS, [{ timestampMs, values: [7] }]);
    aws.clock.nowMs += PERIOD_MS;
    while ((await readRows(good)).at(-1)?.[0] !== timestampMs) await aws.poll.readDue();
    expect((await readRows(good)).at(-1)).toEqual([timestampMs, 8]);
    expect((await readRows(plain)).at(-1)).toEqual([timestampMs, 7]);
    expect(await readRows(bad)).toEqual([]);
    await aws.engine.monitor.deleteMetric(bad);
    await passPeriods(1);
  });
});

describe('a spec', () => {
  const whole = { region: 'us-west-2', ...RATE };
  const [first] = RATE.metrics;

  it.each([
    [{ expression: ' ' }, 'expression: expected an expression, got an empty text'],
    [{ expression: 'x'.repeat(2049) }, 'expression: '],
    [{ expression: 'a\u0000' }, 'expression: expected no control characters'],
    [{ region: 'nowhere' }, 'region: AWS has no region "nowhere"'],
    [{ periodSeconds: 7 }, 'periodSeconds: expected 1, 5, 10, 20, 30 or a multiple of 60, got 7'],
    [{ metrics: [{ ...first, id: 'Errors' }] }, 'metrics.0.id: expected a lowercase letter'],
    [{ metrics: [{ ...first, id: 'lapwing_result' }] }, 'metrics.0.id: expected another id'],
    [{ metrics: [first, first] }, 'metrics.1.id: "errors" is given twice'],
    [{ metrics: [{ ...first, statistic: 'Mean' }] }, 'metrics.0.statistic: expected Average'],
    [{ metrics: [{ ...first, namespace: ':x' }] }, 'metrics.0.namespace: may not start with a colon'],
    [{ name: '\u0007' }, 'name: expected a text without control characters'],
    [{ unknown: 1 }, 'nothing is known by the name "unknown"'],
  ])('is refused with its field: %j', (change, message) => {
    expect(() => describeMathMetric({ ...whole, ...change })).toThrow(message);
  });

  it('differs by all that changes its values', () => {
    const identityOf = (change: object) => describeMathMetric({ ...whole, ...change }).identity;
    const others = [
      {},
      { expression: 'errors' },
      { region: 'us-east-1' },
      { periodSeconds: 60 },
      { metrics: [{ ...first, statistic: 'Maximum' }, RATE.metrics[1]] },
      { metrics: [{ ...first, dimensions: [] }, RATE.metrics[1]] },
    ];
    expect(new Set(others.map(identityOf)).size).toBe(others.length);
    expect(identityOf({ name: 'x', resource: 'y' })).toBe(identityOf({}));
  });
});
