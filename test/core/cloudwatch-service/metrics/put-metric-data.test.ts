import { describe, expect, it } from 'vitest';
import { CloudwatchError } from '../../../../src/core/cloudwatch-service/model/cloudwatch-error.ts';
import { AWS_LIMITS } from '../../../../src/core/cloudwatch-service/model/limits.ts';
import { checkPutMetricData } from '../../../../src/core/cloudwatch-service/metrics/put-metric-data.ts';

const NOW_MS = Date.parse('2026-11-20T12:00:30Z');
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const OLDEST_MS = NOW_MS - 14 * DAY_MS - 2 * HOUR_MS;
const NEWEST_MS = NOW_MS + 2 * HOUR_MS;

type Input = Parameters<typeof checkPutMetricData>[0];
type Datum = NonNullable<Input['MetricData']>[number];

const check = (input: Input, limits = AWS_LIMITS) =>
  checkPutMetricData(input, { accountId: 1, nowMs: NOW_MS, limits });
const datum = (change: Partial<Datum> = {}): Datum => ({ MetricName: 'latency', Value: 1, ...change });
const request = (change: Partial<Datum> = {}): Input => ({ Namespace: 'App', MetricData: [datum(change)] });
const count = <T>(length: number, make: (i: number) => T) => Array.from({ length }, (_, i) => make(i));
const dimensions = (length: number) => count(length, (i) => ({ Name: `d${i}`, Value: 'v' }));

const FIRST = 'MetricData.member.1';
const REFUSED: readonly (readonly [string, Input, string, string])[] = [
  ['no Namespace', { MetricData: [datum()] }, 'MissingParameter', 'Namespace'],
  ['an empty Namespace', { Namespace: '', MetricData: [datum()] }, 'MissingParameter', 'Namespace'],
  [
    'a Namespace of 256 characters',
    { Namespace: 'n'.repeat(256), MetricData: [datum()] },
    'InvalidParameterValue',
    'Namespace',
  ],
  [
    'a Namespace that begins with a colon',
    { Namespace: ':x', MetricData: [datum()] },
    'InvalidParameterValue',
    'Namespace',
  ],
  [
    'a Namespace with a control character',
    { Namespace: 'a\nb', MetricData: [datum()] },
    'InvalidParameterValue',
    'Namespace',
  ],
  [
    'a Namespace that is not ASCII',
    { Namespace: 'é', MetricData: [datum()] },
    'InvalidParameterValue',
    'Namespace',
  ],
  [
    'a Namespace of AWS',
    { Namespace: 'AWS/EC2', MetricData: [datum()] },
    'InvalidParameterValue',
    'Namespace',
  ],
  ['no MetricData', { Namespace: 'App' }, 'MissingParameter', 'MetricData'],
  ['empty MetricData', { Namespace: 'App', MetricData: [] }, 'MissingParameter', 'MetricData'],
  [
    '1,001 data',
    { Namespace: 'App', MetricData: count(1001, () => datum()) },
    'InvalidParameterValue',
    'MetricData',
  ],
  ['entities without data', { Namespace: 'App', EntityMetricData: [{}] }, 'MissingParameter', 'MetricData'],
  [
    'a bad datum of an entity',
    { Namespace: 'App', EntityMetricData: [{ MetricData: [datum({ Value: NaN })] }] },
    'InvalidParameterValue',
    'EntityMetricData.member.1.MetricData.member.1.Value',
  ],
  ['no MetricName', request({ MetricName: undefined }), 'MissingParameter', `${FIRST}.MetricName`],
  [
    'a MetricName of 256 characters',
    request({ MetricName: 'm'.repeat(256) }),
    'InvalidParameterValue',
    `${FIRST}.MetricName`,
  ],
  ['31 dimensions', request({ Dimensions: dimensions(31) }), 'InvalidParameterValue', `${FIRST}.Dimensions`],
  [
    'a dimension given twice',
    request({
      Dimensions: [
        { Name: 'a', Value: '1' },
        { Name: 'a', Value: '2' },
      ],
    }),
    'InvalidParameterValue',
    `${FIRST}.Dimensions.member.2.Name`,
  ],
  [
    'a dimension without a name',
    request({ Dimensions: [{ Value: 'v' }] }),
    'MissingParameter',
    `${FIRST}.Dimensions.member.1.Name`,
  ],
  [
    'a dimension without a value',
    request({ Dimensions: [{ Name: 'a' }] }),
    'MissingParameter',
    `${FIRST}.Dimensions.member.1.Value`,
  ],
  [
    'a dimension name that begins with a colon',
    request({ Dimensions: [{ Name: ':a', Value: 'v' }] }),
    'InvalidParameterValue',
    `${FIRST}.Dimensions.member.1.Name`,
  ],
  [
    'a dimension value of 1,025 characters',
    request({ Dimensions: [{ Name: 'a', Value: 'v'.repeat(1025) }] }),
    'InvalidParameterValue',
    `${FIRST}.Dimensions.member.1.Value`,
  ],
  [
    'a blank dimension value',
    request({ Dimensions: [{ Name: 'a', Value: '  ' }] }),
    'InvalidParameterValue',
    `${FIRST}.Dimensions.member.1.Value`,
  ],
  [
    'a dimension value that is not ASCII',
    request({ Dimensions: [{ Name: 'a', Value: 'é' }] }),
    'InvalidParameterValue',
    `${FIRST}.Dimensions.member.1.Value`,
  ],
  [
    'a Timestamp a second too old',
    request({ Timestamp: new Date(OLDEST_MS - 1000) }),
    'InvalidParameterValue',
    `${FIRST}.Timestamp`,
  ],
  [
    'a Timestamp a second too far ahead',
    request({ Timestamp: new Date(NEWEST_MS + 1000) }),
    'InvalidParameterValue',
    `${FIRST}.Timestamp`,
  ],
  [
    'a Timestamp that is none',
    request({ Timestamp: new Date(NaN) }),
    'InvalidParameterValue',
    `${FIRST}.Timestamp`,
  ],
  ['an unknown Unit', request({ Unit: 'Furlongs' }), 'InvalidParameterValue', `${FIRST}.Unit`],
  ['a Unit in other case', request({ Unit: 'seconds' }), 'InvalidParameterValue', `${FIRST}.Unit`],
  [
    'a StorageResolution of 10',
    request({ StorageResolution: 10 }),
    'InvalidParameterValue',
    `${FIRST}.StorageResolution`,
  ],
  ['no value at all', request({ Value: undefined }), 'InvalidParameterCombination', `${FIRST}.Value,`],
  [
    'an empty statistic set and no value',
    request({ Value: undefined, StatisticValues: {} }),
    'InvalidParameterCombination',
    `${FIRST}.Value,`,
  ],
  [
    'Value and StatisticValues',
    request({ StatisticValues: { SampleCount: 1, Sum: 1, Minimum: 1, Maximum: 1 } }),
    'InvalidParameterCombination',
    `${FIRST}.Value`,
  ],
  ['Value and Values', request({ Values: [1] }), 'InvalidParameterCombination', `${FIRST}.Value`],
  ['Counts without Values', request({ Counts: [1] }), 'InvalidParameterCombination', `${FIRST}.Counts`],
  ['NaN', request({ Value: NaN }), 'InvalidParameterValue', `${FIRST}.Value`],
  ['Infinity', request({ Value: Infinity }), 'InvalidParameterValue', `${FIRST}.Value`],
  ['-Infinity', request({ Value: -Infinity }), 'InvalidParameterValue', `${FIRST}.Value`],
  ['2^361', request({ Value: 2 ** 361 }), 'InvalidParameterValue', `${FIRST}.Value`],
  ['-2^361', request({ Value: -(2 ** 361) }), 'InvalidParameterValue', `${FIRST}.Value`],
  [
    'a set without Sum',
    request({ Value: undefined, StatisticValues: { SampleCount: 1, Minimum: 1, Maximum: 1 } }),
    'MissingParameter',
    `${FIRST}.StatisticValues.Sum`,
  ],
  [
    'a set with SampleCount 0',
    request({ Value: undefined, StatisticValues: { SampleCount: 0, Sum: 1, Minimum: 1, Maximum: 1 } }),
    'InvalidParameterValue',
    `${FIRST}.StatisticValues.SampleCount`,
  ],
  [
    'a set with Maximum below Minimum',
    request({ Value: undefined, StatisticValues: { SampleCount: 1, Sum: 1, Minimum: 2, Maximum: 1 } }),
    'InvalidParameterValue',
    `${FIRST}.StatisticValues.Maximum`,
  ],
  [
    '151 values',
    request({ Value: undefined, Values: count(151, (i) => i) }),
    'InvalidParameterValue',
    `${FIRST}.Values`,
  ],
  [
    'fewer Counts than Values',
    request({ Value: undefined, Values: [1, 2], Counts: [1] }),
    'InvalidParameterValue',
    `${FIRST}.Counts`,
  ],
  [
    'a Count of 0',
    request({ Value: undefined, Values: [1], Counts: [0] }),
    'InvalidParameterValue',
    `${FIRST}.Counts.member.1`,
  ],
  [
    'NaN among Values',
    request({ Value: undefined, Values: [1, NaN] }),
    'InvalidParameterValue',
    `${FIRST}.Values.member.2`,
  ],
];

describe('PutMetricData refuses', () => {
  it.each(REFUSED.map(([what, input, code, path]) => ({ what, input, code, path })))(
    '$what with $code, naming $path',
    ({ input, code, path }) => {
      let failure: unknown;
      try {
        check(input);
      } catch (error) {
        failure = error;
      }
      expect(failure).toBeInstanceOf(CloudwatchError);
      expect(failure).toMatchObject({ code });
      expect(String(failure)).toContain(` ${path} `.trimEnd());
    },
  );

  it('every bad datum, each of its mistakes on a line of its own', () => {
    const bad = { Dimensions: [{ Name: 'a', Value: 'é'.repeat(1025) }], Unit: 'Furlongs' };
    expect(() =>
      check({ Namespace: 'App', MetricData: [datum(bad), datum(), datum({ Value: NaN })] }),
    ).toThrow(
      new RegExp(
        [
          'The value for parameter MetricData.member.1.Dimensions.member.1.Value contains non-ASCII characters.',
          'The parameter MetricData.member.1.Dimensions.member.1.Value must be shorter than 1025 characters.',
          'The parameter MetricData.member.1.Unit must be a value in the set \\[ Seconds, .*, None \\].',
          'The value NaN for parameter MetricData.member.3.Value is invalid.$',
        ].join('\n'),
      ),
    );
  });

  it('a whole request for its last datum', () => {
    expect(() => check({ Namespace: 'App', MetricData: [datum(), datum({ Value: NaN })] })).toThrow(
      'MetricData.member.2.Value',
    );
  });
});

const ACCEPTED: readonly (readonly [string, Input])[] = [
  ['1,000 data', { Namespace: 'App', MetricData: count(1000, () => datum()) }],
  ['30 dimensions', request({ Dimensions: dimensions(30) })],
  [
    'a dimension value of 1,024 characters',
    request({ Dimensions: [{ Name: 'a', Value: 'v'.repeat(1024) }] }),
  ],
  ['150 values', request({ Value: undefined, Values: count(150, (i) => i) })],
  ['2^360', request({ Value: 2 ** 360 })],
  ['-2^360', request({ Value: -(2 ** 360) })],
  ['the oldest time allowed', request({ Timestamp: new Date(OLDEST_MS) })],
  ['the newest time allowed', request({ Timestamp: new Date(NEWEST_MS) })],
  ['a blank Unit', request({ Unit: ' ' })],
  ['an empty statistic set beside a Value', request({ StatisticValues: {} })],
];

describe('PutMetricData accepts', () => {
  it.each(ACCEPTED.map(([what, input]) => ({ what, input })))('$what', ({ input }) => {
    expect(check(input)).toHaveLength(input.MetricData?.length ?? 0);
  });

  it('data of entities beside others, whatever their entities are', () => {
    const EntityMetricData = [{ MetricData: [datum(), datum()] }, { MetricData: [datum()] }];
    expect(check({ Namespace: 'App', MetricData: [datum()], EntityMetricData })).toHaveLength(4);
    expect(check({ Namespace: 'App', EntityMetricData })).toHaveLength(3);
  });

  it('a Namespace of AWS where the server is set to', () => {
    expect(
      check({ Namespace: 'AWS/EC2', MetricData: [datum()] }, { ...AWS_LIMITS, awsNamespaces: true }),
    ).toHaveLength(1);
  });
});

describe('A checked datum', () => {
  it('stands at the start of its minute, or of its second when that is asked for', () => {
    const Timestamp = new Date('2026-11-20T11:59:30.250Z');
    expect(check(request({ Timestamp }))[0]?.timestampMs).toBe(Date.parse('2026-11-20T11:59:00Z'));
    expect(check(request({ Timestamp, StorageResolution: 1 }))[0]?.timestampMs).toBe(
      Date.parse('2026-11-20T11:59:30Z'),
    );
  });

  it('without a Timestamp is of now', () => {
    expect(check(request())[0]?.timestampMs).toBe(Date.parse('2026-11-20T12:00:00Z'));
  });

  it('of the agent has the sums of its statistic set and the spread of its values', () => {
    const StatisticValues = { SampleCount: 10, Sum: 55, Minimum: 1, Maximum: 10 };
    const agent = { Value: undefined, Values: [1, 10], Counts: [4, 6], StatisticValues };
    expect(check(request(agent))[0]?.aggregate).toEqual({
      sum: 55,
      sampleCount: 10,
      minimum: 1,
      maximum: 10,
      pairs: [1, 4, 10, 6],
    });
  });

  it('counts each of its values as often as Counts says', () => {
    expect(
      check(request({ Value: undefined, Values: [1, 2.25], Counts: [10, 20] }))[0]?.aggregate,
    ).toMatchObject({
      sum: 55,
      sampleCount: 30,
      minimum: 1,
      maximum: 2.25,
    });
  });
});
