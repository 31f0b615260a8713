/** The same tables for both encodings of OTLP: what a data point becomes, and what a damaged one costs. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { BadPoint, GoodPoint } from '../../../../src/core/ingest/otlp/name-series.ts';
import { readOtlpJson } from '../../../../src/core/ingest/otlp/parse-json.ts';
import { MAX_UNDIVIDED_BYTES, readOtlpRequest } from '../../../../src/core/ingest/otlp/split-request.ts';
import { ProtobufError } from '../../../../src/platform/bounded-input/protobuf.ts';
import { bytes, message, text } from '../remote-write/encode.ts';

const MS = 1_764_331_200_123;
const NANOS = BigInt(MS) * 1_000_000n + 999_999n;

type Given =
  | string
  | number
  | boolean
  | bigint
  | null
  | Uint8Array
  | readonly Given[]
  | { readonly pairs: readonly Attribute[] };
type Attribute = readonly [key: string, value: Given];
interface Point {
  readonly attributes?: readonly Attribute[];
  readonly nanos?: bigint;
  readonly flags?: number;
  readonly asDouble?: number;
  readonly asInt?: bigint;
  readonly count?: bigint;
  readonly sum?: number;
  readonly quantiles?: readonly (readonly [number, number])[];
}
type Kind = 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary';
interface Metric {
  readonly name: string;
  readonly unit?: string;
  readonly kind?: Kind;
  readonly temporality?: number;
  readonly points: readonly Point[];
}
interface Request {
  readonly resource?: readonly Attribute[];
  readonly scope?: string;
  readonly metrics: readonly Metric[];
}

const PLACES: Readonly<Record<Kind, { data: number; attributes: number; flags: number }>> = {
  gauge: { data: 5, attributes: 7, flags: 8 },
  sum: { data: 7, attributes: 7, flags: 8 },
  histogram: { data: 9, attributes: 9, flags: 10 },
  exponentialHistogram: { data: 10, attributes: 1, flags: 10 },
  summary: { data: 11, attributes: 7, flags: 8 },
};

type Field = Parameters<typeof message>[0][number];
const double = (field: number, value: number): Field => [field, (w) => void w.double(value), WireType.Bit64];
const fixed = (field: number, value: bigint): Field => [field, (w) => void w.fixed64(value), WireType.Bit64];

function encodeValue(value: Given): Uint8Array {
  if (value === null) return message([]);
  if (typeof value === 'string') return message([[1, text(value)]]);
  if (typeof value === 'boolean') return message([[2, (w) => void w.bool(value), WireType.Varint]]);
  if (typeof value === 'bigint') return message([[3, (w) => void w.int64(value), WireType.Varint]]);
  if (typeof value === 'number') return message([double(4, value)]);
  if (value instanceof Uint8Array) return message([[7, bytes(value)]]);
  if ('pairs' in value) {
    return message([[6, bytes(message(value.pairs.map((one): Field => [1, bytes(encodeAttribute(one))])))]]);
  }
  return message([[5, bytes(message(value.map((one): Field => [1, bytes(encodeValue(one))])))]]);
}

const encodeAttribute = ([key, value]: Attribute) =>
  message([
    [1, text(key)],
    [2, bytes(encodeValue(value))],
  ]);

function encodePoint(point: Point, kind: Kind): Uint8Array {
  const { attributes = [], nanos = NANOS, flags = 0, asDouble, asInt, count, sum, quantiles = [] } = point;
  const place = PLACES[kind];
  return message([
    ...attributes.map((one): Field => [place.attributes, bytes(encodeAttribute(one))]),
    fixed(3, nanos),
    ...(asDouble === undefined ? [] : [double(4, asDouble)]),
    ...(asInt === undefined
      ? []
      : [[6, (w: BinaryWriter) => void w.sfixed64(asInt), WireType.Bit64] as const]),
    ...(count === undefined ? [] : [fixed(4, count)]),
    ...(sum === undefined ? [] : [double(5, sum)]),
    ...quantiles.map(([q, v]): Field => [6, bytes(message([double(1, q), double(2, v)]))]),
    [place.flags, (w) => void w.uint32(flags), WireType.Varint],
  ]);
}

function encodeMetric({ name, unit = '', kind = 'gauge', temporality = 0, points }: Metric): Uint8Array {
  const data = message([
    ...points.map((point): Field => [1, bytes(encodePoint(point, kind))]),
    [2, (w) => void w.uint32(temporality), WireType.Varint],
  ]);
  return message([
    [1, text(name)],
    [3, text(unit)],
    [PLACES[kind].data, bytes(data)],
  ]);
}

function encodeRequest(
  metrics: readonly Uint8Array[],
  { resource = [], scope = '' }: Partial<Request> = {},
): Uint8Array {
  const attributes = resource.map((one): Field => [1, bytes(encodeAttribute(one))]);
  const scopeMetrics = message([
    ...metrics.map((metric): Field => [2, bytes(metric)]),
    [1, bytes(message([[1, text(scope)]]))],
  ]);
  // The resource behind what is of it: the order of fields means nothing.
  return message([
    [
      1,
      bytes(
        message([
          [2, bytes(scopeMetrics)],
          [1, bytes(message(attributes))],
        ]),
      ),
    ],
  ]);
}

function jsonValue(value: Given): object {
  if (value === null) return {};
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint') return { intValue: String(value) };
  if (typeof value === 'number') {
    return { doubleValue: Number.isFinite(value) ? value : String(value) };
  }
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') };
  if ('pairs' in value) {
    return { kvlistValue: { values: value.pairs.map(([key, one]) => ({ key, value: jsonValue(one) })) } };
  }
  return { arrayValue: { values: value.map(jsonValue) } };
}

function jsonRequest({ resource = [], scope = '', metrics }: Request): unknown {
  const attributes = (list: readonly Attribute[] = []) =>
    list.map(([key, value]) => ({ key, value: jsonValue(value) }));
  const points = (list: readonly Point[]) =>
    list.map(({ attributes: own, nanos = NANOS, asInt, asDouble, count, quantiles, ...rest }) => ({
      ...rest,
      attributes: attributes(own),
      timeUnixNano: String(nanos),
      ...(asInt === undefined ? {} : { asInt: String(asInt) }),
      ...(asDouble === undefined
        ? {}
        : { asDouble: Number.isFinite(asDouble) ? asDouble : String(asDouble) }),
      ...(count === undefined ? {} : { count: String(count) }),
      ...(quantiles === undefined
        ? {}
        : { quantileValues: quantiles.map(([quantile, value]) => ({ quantile, value })) }),
    }));
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributes(resource) },
        scopeMetrics: [
          {
            scope: { name: scope },
            metrics: metrics.map(({ name, unit, kind = 'gauge', temporality, points: list }) => ({
              name,
              unit,
              [kind]: { dataPoints: points(list), aggregationTemporality: temporality },
            })),
          },
        ],
      },
    ],
  };
}

const readBytes = (request: Uint8Array) =>
  [...readOtlpRequest(request)].filter((item) => typeof item !== 'number');

describe.each([
  [
    'protocol buffers',
    (request: Request) => readBytes(encodeRequest(request.metrics.map(encodeMetric), request)),
  ],
  ['JSON', (request: Request) => [...readOtlpJson(jsonRequest(request))]],
] as const)('OTLP in %s', (_encoding, readAll) => {
  const gauge = (point: Point): Request => ({ metrics: [{ name: 'm', points: [point] }] });
  const one = (request: Request): GoodPoint | BadPoint | undefined => readAll(request)[0];

  it.each([
    [{ asDouble: 0.5 }, 0.5],
    [{ asInt: -(2n ** 53n) }, -(2 ** 53)],
    [{ asDouble: 0 }, 0],
    [{ asDouble: 1e308 }, 1e308],
  ] as const)('gives the value of %o, at its millisecond', (point, value) => {
    expect(one(gauge(point))).toEqual({
      points: [{ metric: 'm', timestampMs: MS, value, unit: null }],
      skipped: null,
    });
  });

  it('names a series by the metric, its attributes, the scope, and what the resource is', () => {
    const read = one({
      resource: [
        ['service.name', 'shop'],
        ['host.name', 'web-1'],
        ['process.pid', 4711],
        ['process.command_args', ['a', 'b']],
        ['telemetry.sdk.version', '3.1.1'],
      ],
      scope: '@app/http',
      metrics: [
        {
          name: 'http.requests',
          unit: '{request}',
          points: [
            {
              asInt: 1n,
              attributes: [
                ['route', '/a;b'],
                ['empty', ''],
                ['ok', true],
                ['code', 200],
                ['l', ['x', 'y']],
                ['host.name', 'mine'],
              ],
            },
          ],
        },
      ],
    });
    expect(read).toMatchObject({
      points: [
        {
          metric:
            'http.requests;code=200;host.name=mine;l=["x","y"];ok=true;otel.scope.name=@app/http;route=/a\\;b;service.name=shop',
          unit: '{request}',
        },
      ],
    });
  });

  // Resource attributes as semantic conventions and the documentation.md of the Collector's receivers name them.
  it.each<readonly [what: string, resource: readonly Attribute[], tags: string]>([
    [
      'of k8s_cluster',
      [
        ['k8s.deployment.name', 'shop'],
        ['k8s.deployment.uid', '0a1b'],
        ['k8s.namespace.name', 'prod'],
      ],
      'k8s.deployment.name=shop;k8s.namespace.name=prod',
    ],
    [
      'of rabbitmq',
      [
        ['rabbitmq.node.name', 'rabbit@a'],
        ['rabbitmq.queue.name', 'orders'],
        ['rabbitmq.vhost.name', '/'],
      ],
      'rabbitmq.node.name=rabbit@a;rabbitmq.queue.name=orders;rabbitmq.vhost.name=/',
    ],
    [
      'of postgresql',
      [
        ['postgresql.database.name', 'shop'],
        ['postgresql.table.name', 'public.orders'],
      ],
      'postgresql.database.name=shop;postgresql.table.name=public.orders',
    ],
    [
      'of haproxy',
      [
        ['haproxy.addr', 'localhost:3100'],
        ['haproxy.proxy_name', 'stats'],
        ['haproxy.service_name', 'BACKEND'],
      ],
      'haproxy.proxy_name=stats;haproxy.service_name=BACKEND',
    ],
    ['of mysql', [['mysql.instance.endpoint', 'db:3306']], 'mysql.instance.endpoint=db:3306'],
    [
      'of mongodb',
      [
        ['database', 'x'],
        ['server.address', 'db'],
        ['server.port', 27017],
      ],
      'server.address=db;server.port=27017',
    ],
    [
      'of prometheus',
      [
        ['service.name', 'node'],
        ['service.instance.id', 'a:9100'],
        ['net.host.name', 'a'],
        ['server.address', 'a'],
        ['server.port', '9100'],
        ['url.scheme', 'http'],
      ],
      'service.instance.id=a:9100;service.name=node',
    ],
    [
      'of an SDK',
      [
        ['service.name', 'shop'],
        ['service.version', '1.2.3'],
        ['deployment.environment.name', 'prod'],
        ['telemetry.sdk.name', 'opentelemetry'],
        ['telemetry.distro.name', 'agent'],
        ['process.executable.name', 'node'],
        ['process.runtime.name', 'nodejs'],
        ['process.pid', 4711],
        ['os.name', 'Linux'],
        ['host.name', 'web-1'],
        ['host.image.name', 'ami-1'],
        ['container.name', 'shop-1'],
        ['container.image.name', 'shop'],
        ['container.id', '0a1b'],
        ['webengine.name', 'WildFly'],
        ['cloud.region', 'eu-west-1'],
        ['faas.name', 'f'],
      ],
      'cloud.region=eu-west-1;container.name=shop-1;deployment.environment.name=prod;faas.name=f;host.name=web-1;service.name=shop',
    ],
  ])('keeps apart what a resource names: %s', (_what, resource, tags) => {
    const read = one({ resource, metrics: [{ name: 'm', points: [{ asInt: 1n }] }] });
    expect(read).toMatchObject({ points: [{ metric: `m;${tags}` }] });
  });

  it.each([
    ['histogram', 2, ['.count 4', '.sum 10']],
    ['exponentialHistogram', 2, ['.count 4', '.sum 10']],
    ['histogram', 1, ['.count 4', '.sum 10', '.mean 2.5']],
    ['exponentialHistogram', 1, ['.count 4', '.sum 10', '.mean 2.5']],
    ['summary', 0, ['.count 4', '.sum 10', ';quantile=0.5 2', ';quantile=0.99 9']],
  ] as const)('gives the numbers of a %s of temporality %d', (kind, temporality, expected) => {
    const quantiles =
      kind === 'summary'
        ? ([
            [0.5, 2],
            [0.99, 9],
          ] as const)
        : undefined;
    const point: Point = { count: 4n, sum: 10, ...(quantiles === undefined ? {} : { quantiles }) };
    const read = one({ metrics: [{ name: 'm', unit: 's', kind, temporality, points: [point] }] });
    const points = read !== undefined && 'points' in read ? read.points : [];
    expect(points.map(({ metric, value }) => `${metric.slice(1)} ${value}`)).toEqual(expected);
    expect(points.map(({ unit }) => unit)).toEqual(
      points.map(({ metric }) => (metric === 'm.count' ? null : 's')),
    );
  });

  // https://opentelemetry.io/docs/specs/otel/common/#anyvalue-representation-for-non-otlp-protocols
  it.each<readonly [value: Given, tag: string]>([
    ['x', 'x'],
    [true, 'true'],
    [200, '200'],
    [0.5, '0.5'],
    [-(2n ** 63n), '-9223372036854775808'],
    [Buffer.from('hello'), 'aGVsbG8='],
    [['a', 'b'], '["a","b"]'],
    [[1n, 2.5, true, null, 'x', 2n ** 60n], '[1,2.5,true,null,"x","1152921504606846976"]'],
    [[NaN, -Infinity], '["NaN","-Infinity"]'],
    [[['a'], []], '[["a"],[]]'],
    [{ pairs: [] }, '{}'],
    // What a metric stream of CloudWatch sends.
    [
      {
        pairs: [
          ['InstanceId', 'i-1'],
          ['AutoScalingGroupName', 'web'],
        ],
      },
      '{"AutoScalingGroupName":"web","InstanceId":"i-1"}',
    ],
    [{ pairs: [['__proto__', { pairs: [['b', [Buffer.from([0xff])]]] }]] }, '{"__proto__":{"b":["/w=="]}}'],
  ])('has the tag of an attribute of any type: %o', (value, tag) => {
    const read = one({ metrics: [{ name: 'm', points: [{ asInt: 1n, attributes: [['k', value]] }] }] });
    expect(read).toMatchObject({ points: [{ metric: `m;k=${tag}` }] });
  });

  it('has no tag of an empty attribute, and no point of one that is too deep', () => {
    expect(one(gauge({ asInt: 1n, attributes: [['k', null]] }))).toMatchObject({ points: [{ metric: 'm' }] });
    const nested = (depth: number): Given => (depth === 0 ? 'x' : { pairs: [['k', [nested(depth - 1)]]] });
    expect(one(gauge({ asInt: 1n, attributes: [['k', nested(4)]] }))).toMatchObject({ skipped: null });
    expect(one(gauge({ asInt: 1n, attributes: [['k', nested(5)]] }))).toMatchObject({
      problem: 'bad_attribute',
    });
    expect(one(gauge({ asInt: 1n, attributes: [['k', nested(500)]] }))).toMatchObject({
      problem: 'bad_attribute',
    });
  });

  // proto3 does not write a 0; the Collector leaves it out of its JSON, too. The sum of a histogram is optional.
  it.each<
    readonly [what: string, kind: Kind, temporality: number, point: Point, expected: readonly string[]]
  >([
    ['without a sum', 'histogram', 2, {}, ['.count 0']],
    ['with a sum', 'histogram', 1, { sum: 0 }, ['.count 0', '.sum 0']],
    ['with a sum', 'exponentialHistogram', 2, { sum: 0 }, ['.count 0', '.sum 0']],
    ['of nothing', 'summary', 0, {}, ['.count 0', '.sum 0']],
    ['of zeros', 'summary', 0, { count: 3n }, ['.count 3', '.sum 0']],
    ['with quantiles', 'summary', 0, { quantiles: [[0, 0]] }, ['.count 0', '.sum 0', ';quantile=0 0']],
  ])('has the zeros that are left out, %s, of a %s', (_what, kind, temporality, point, expected) => {
    const read = one({ metrics: [{ name: 'm', kind, temporality, points: [point] }] });
    const points = read !== undefined && 'points' in read ? read.points : [];
    expect(points.map(({ metric, value }) => `${metric.slice(1)} ${value}`)).toEqual(expected);
  });

  it.each([
    ['of which its flags say that there is none', { asDouble: 0, flags: 1 }, 'no_recorded_value'],
    ['NaN', { asDouble: NaN }, 'not_finite'],
    ['infinity', { asDouble: -Infinity }, 'not_finite'],
  ] as const)('passes over a value %s', (_what, point, skipped) => {
    expect(one(gauge(point))).toEqual({ points: [], skipped });
  });

  it.each([
    [
      'without a time',
      { name: 'm', points: [{ asDouble: 1, nanos: 0n }] },
      'bad_time',
      'expected timeUnixNano',
    ],
    ['without a value', { name: 'm', points: [{}] }, 'bad_value', '"m": expected a value'],
    ['without a name', { name: '', points: [{ asDouble: 1 }] }, 'no_name', 'the name of the metric'],
  ] as const)('leaves out a point %s, and none beside it', (_what, metric, problem, reason) => {
    const good: Metric = { name: 'good', points: [{ asDouble: 1 }] };
    expect(readAll({ metrics: [good, metric, good] })).toMatchObject([
      { points: [{ metric: 'good' }] },
      { problem, reason: expect.stringContaining(reason) as string },
      { points: [{ metric: 'good' }] },
    ]);
  });
});

describe('damaged protocol buffers', () => {
  const good = encodeMetric({ name: 'good', points: [{ asDouble: 1 }] });
  it.each([
    ['a metric that is cut', good.subarray(0, 12), 'malformed'],
    ['a metric without data', message([[1, text('m')]]), 'no_data'],
    ['a name that is no UTF-8', message([[1, bytes(Buffer.from([0xff]))]]), 'not_utf8'],
    [
      'a point that is cut',
      message([[5, bytes(message([[1, bytes(Buffer.from('19ff', 'hex'))]]))]]),
      'malformed',
    ],
    [
      'an attribute of another wire type',
      message([[5, bytes(message([[1, bytes(message([[7, bytes(Buffer.from('12020a01', 'hex'))]]))]]))]]),
      'malformed',
    ],
    [
      'a point of megabytes',
      message([[5, bytes(message([[1, bytes(Buffer.alloc(MAX_UNDIVIDED_BYTES + 1))]]))]]),
      'too_long',
    ],
    ['groups', message([[5, bytes(message([[1, bytes(Buffer.alloc(500, 0x3b))]]))]]), 'malformed'],
  ] as const)('of %s cost only what is in it', (_what, metric, problem) => {
    const read = readBytes(encodeRequest([good, metric, good]));
    expect(read).toMatchObject([
      { points: [{ metric: 'good' }] },
      { problem },
      { points: [{ metric: 'good' }] },
    ]);
  });

  test('with any byte changed are read or refused', () => {
    const body = encodeRequest(
      [good, encodeMetric({ name: 'h', kind: 'histogram', points: [{ count: 1n, sum: 2 }] })],
      {
        resource: [['service.name', 'a']],
      },
    );
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.nat(255), (at, byte) => {
        const changed = Uint8Array.from(body);
        changed[at] = byte;
        try {
          readBytes(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('JSON of a number that is none', () => {
  const read = (point: object) => {
    const metric = { name: 'm', gauge: { dataPoints: [{ timeUnixNano: String(NANOS), ...point }] } };
    return [...readOtlpJson({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] })];
  };

  // As OTLPMetricExporter of @opentelemetry/exporter-metrics-otlp-http sends a gauge of NaN.
  test.each([
    ['asDouble', { attributes: [], startTimeUnixNano: '1796001769000000000', asDouble: null }],
    ['asInt', { asInt: null }],
    ['asDouble and asInt', { asDouble: null, asInt: null }],
  ])('is not finite where %s is null, as the SDK for JavaScript has it, and not refused', (_, point) => {
    expect(read(point)).toEqual([{ points: [], skipped: 'not_finite' }]);
  });

  test('is left for the field that has one', () => {
    expect(read({ asDouble: null, asInt: '7' })).toMatchObject([{ points: [{ value: 7 }] }]);
    expect(read({ asDouble: 0.5, asInt: null })).toMatchObject([{ points: [{ value: 0.5 }] }]);
  });

  test('is refused where there is no field at all', () => {
    expect(read({})).toMatchObject([{ problem: 'bad_value' }]);
  });
});

describe('damaged JSON', () => {
  const good = { name: 'good', gauge: { dataPoints: [{ timeUnixNano: String(NANOS), asDouble: 1 }] } };
  const request = (...metrics: unknown[]) => ({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });

  it.each([
    ['a metric that is none', 7, 'metrics: expected an object'],
    ['points that are no list', { name: 'm', gauge: { dataPoints: {} } }, '"m": dataPoints: expected a list'],
    [
      'a point that is none',
      { name: 'm', gauge: { dataPoints: [null] } },
      '"m": dataPoints: expected an object',
    ],
    [
      'a time that is none',
      { name: 'm', gauge: { dataPoints: [{ timeUnixNano: 'x' }] } },
      '"m": timeUnixNano: expected a whole number',
    ],
    [
      'a value that is none',
      { name: 'm', sum: { dataPoints: [{ timeUnixNano: 1, asDouble: 'x' }] } },
      '"m": asDouble: expected a number',
    ],
    [
      'an integer that is none',
      { name: 'm', sum: { dataPoints: [{ timeUnixNano: 1, asInt: 1.5 }] } },
      '"m": asInt: expected a whole number',
    ],
    [
      'an attribute of no type',
      { name: 'm', gauge: { dataPoints: [{ attributes: [{ key: 'a', value: { mapValue: {} } }] }] } },
      '"m": expected attributes of a known type',
    ],
    ['no kind', { name: 'm', guage: {} }, '"m": expected one of gauge, sum'],
  ])('of %s costs only what is in it', (_what, metric, reason) => {
    expect([...readOtlpJson(request(good, metric, good))]).toMatchObject([
      { points: [{ metric: 'good', timestampMs: MS }] },
      { reason: expect.stringContaining(reason) as string },
      { points: [{ metric: 'good' }] },
    ]);
  });

  test('of any shape is read or refused', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const given of [value, request(value)])
          expect(Array.isArray([...readOtlpJson(given)])).toBe(true);
      }),
    );
  });
});
