/** What the wire refuses, and that it refuses it alike in every protocol; signed by a signer that is not AWS'. */
import { request as send } from 'node:http';
import { gzipSync } from 'node:zlib';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { AwsJson1_0Protocol, AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import aws4 from 'aws4';
import * as cbor from 'cborg';
import { XMLParser } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloudwatch, type CloudwatchServer } from './cloudwatch-server.ts';
import { fc } from '../../../helpers/property.ts';

let server: CloudwatchServer;
beforeAll(async () => {
  server = await startCloudwatch();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

interface Asked {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}
interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  bytes: Buffer;
}

/** As it is: no agent, so that one refused body does not disturb the next request. */
function ask(asked: Asked, endpoint = server.endpoint): Promise<Answer> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const request = send(
      {
        hostname,
        port,
        agent: false,
        method: asked.method ?? 'POST',
        path: asked.path ?? '/aws',
        headers: asked.headers,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: bytes.toString(),
            bytes,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(asked.body);
  });
}

const JSON_HEADERS = { 'content-type': 'application/x-amz-json-1.0' };
const FORM_HEADERS = { 'content-type': 'application/x-www-form-urlencoded' };
const target = (operation: string) => ({
  ...JSON_HEADERS,
  'x-amz-target': `GraniteServiceVersion20100801.${operation}`,
});

interface Signing {
  readonly secretAccessKey?: string;
  readonly accessKeyId?: string;
  readonly ageMinutes?: number;
}
function sign(asked: Asked & { body?: string }, signing: Signing = {}): Required<Asked> & { body: string } {
  const { ageMinutes = 0, ...key } = signing;
  const date = new Date(Date.now() - ageMinutes * 60_000);
  const signed = aws4.sign(
    {
      host: new URL(server.endpoint).host,
      path: asked.path ?? '/aws',
      method: asked.method ?? 'POST',
      service: 'monitoring',
      region: 'us-east-1',
      headers: { ...asked.headers, 'X-Amz-Date': date.toISOString().replaceAll(/[-:]|\.\d{3}/g, '') },
      body: asked.body ?? '',
    },
    { ...server.credentials, ...key },
  );
  return { path: signed.path, method: signed.method, headers: signed.headers, body: asked.body ?? '' };
}
/** A URL that lists metrics, signed in its query string. */
function presign(expires: string, ageSeconds = 0, key: Partial<typeof server.credentials> = {}): string {
  const date = new Date(Date.now() - ageSeconds * 1000).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const signed = aws4.sign(
    {
      host: new URL(server.endpoint).host,
      path: `/aws?Version=2010-08-01&Action=ListMetrics&Namespace=Shop%20%2F&X-Amz-Date=${date}${expires}`,
      method: 'GET',
      service: 'monitoring',
      region: 'us-east-1',
      headers: {},
      signQuery: true,
    },
    { ...server.credentials, ...key },
  );
  return signed.path;
}
const listMetrics = () => ({ headers: target('ListMetrics'), body: '{}' });
const readCode = ({ headers }: Answer) => String(headers['x-amzn-query-error']).split(';')[0];

describe('The signature', () => {
  it('of another signer than AWS’ is accepted, in a body and in a query string', async () => {
    expect((await ask(sign(listMetrics()))).status).toBe(200);
    const path = '/aws/?Version=2010-08-01&Action=ListMetrics&Dimensions.member.1.Name=a%20%2Bb';
    expect((await ask(sign({ method: 'GET', path }))).status).toBe(200);
  });

  const signed = () => sign(listMetrics());
  const changed = (change: Record<string, string>) => {
    const request = signed();
    return { ...request, headers: { ...request.headers, ...change } };
  };
  const VERSION_2 =
    'AWSAccessKeyId=AKIDEXAMPLE&SignatureMethod=HmacSHA256&SignatureVersion=2&Signature=YQ%3D%3D';
  const REFUSED: readonly (readonly [string, () => Asked, number, string])[] = [
    ['none at all', listMetrics, 403, 'MissingAuthenticationToken'],
    [
      'one that cannot be read',
      () => changed({ Authorization: 'AWS4-HMAC-SHA256 nonsense' }),
      400,
      'IncompleteSignature',
    ],
    [
      'one of version 2 in the URL, as euca2ools reads',
      () => ({ method: 'GET', path: `/aws/?Action=ListMetrics&Version=2010-08-01&${VERSION_2}` }),
      400,
      'IncompleteSignature',
    ],
    [
      'one of version 2 in the body, as euca2ools writes',
      () => ({ headers: FORM_HEADERS, body: `Action=ListMetrics&Version=2010-08-01&${VERSION_2}` }),
      400,
      'IncompleteSignature',
    ],
    ['a wrong secret', () => sign(listMetrics(), { secretAccessKey: 'wrong' }), 403, 'SignatureDoesNotMatch'],
    [
      'a key nobody has',
      () => sign(listMetrics(), { accessKeyId: 'AKIDNOBODY' }),
      403,
      'InvalidClientTokenId',
    ],
    ['another body', () => ({ ...signed(), body: '[]' }), 403, 'SignatureDoesNotMatch'],
    ['another target', () => changed(target('PutMetricData')), 403, 'SignatureDoesNotMatch'],
    ['another host', () => changed({ Host: 'example.org' }), 403, 'SignatureDoesNotMatch'],
    ['another path', () => ({ ...signed(), path: '/aws/' }), 403, 'SignatureDoesNotMatch'],
    ['another query string', () => ({ ...signed(), path: '/aws?a=b' }), 403, 'SignatureDoesNotMatch'],
    ['16 minutes of age', () => sign(listMetrics(), { ageMinutes: 16 }), 403, 'SignatureDoesNotMatch'],
    ['16 minutes ahead', () => sign(listMetrics(), { ageMinutes: -16 }), 403, 'SignatureDoesNotMatch'],
    [
      'a hash of another body',
      () => changed({ 'x-amz-content-sha256': 'a'.repeat(64) }),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'a target added after signing',
      () => {
        const request = sign({ headers: JSON_HEADERS, body: '{}' });
        return { ...request, headers: { ...request.headers, ...target('ListMetrics') } };
      },
      403,
      'SignatureDoesNotMatch',
    ],
  ];
  it.each(REFUSED.map(([what, make, status, code]) => ({ what, make, status, code })))(
    'with $what is refused with $code',
    async ({ make, status, code }) => {
      const answer = await ask(make());
      expect(answer.status).toBe(status);
      // Without a target the request counts as AWS Query, which tells its code in the body.
      expect(readCode(answer) === code || answer.text.includes(`<Code>${code}</Code>`)).toBe(true);
      expect(Date.parse(String(answer.headers.date))).toBeGreaterThan(0);
    },
  );

  it('that a proxy in front has made wrong is told what it was held against', async () => {
    const { text } = await ask({ ...changed({ Host: 'lapwing:4000' }), path: '/aws/' });
    expect(text).toContain('calculated for the host lapwing:4000 and the path /aws/');
  });

  it.each(['', '&X-Amz-Expires=60', '&X-Amz-Expires=604800'])(
    'may stand in the URL, with%s',
    async (expires) => {
      const answer = await ask({ method: 'GET', path: presign(expires) });
      expect(answer.text).toContain('<ListMetricsResult>');
    },
  );

  const PRESIGNED: readonly (readonly [string, () => string, string])[] = [
    ['that is over', () => presign('&X-Amz-Expires=60', 61), 'Signature expired'],
    ['without a time, of 16 minutes ago', () => presign('', 960), 'Signature expired'],
    ['of the future', () => presign('&X-Amz-Expires=60', -960), 'not yet current'],
    ['for longer than a week', () => presign('&X-Amz-Expires=604801'), 'X-Amz-Expires must be 1 to 604800'],
    ['for no time', () => presign('&X-Amz-Expires=0'), 'X-Amz-Expires must be 1 to 604800'],
    ['of a wrong secret', () => presign('', 0, { secretAccessKey: 'wrong' }), 'does not match'],
    ['of another key', () => presign('', 0, { accessKeyId: 'AKIDNOBODY' }), 'security token'],
    ['of another question', () => presign('').replace('Shop', 'Shops'), 'does not match'],
    ['of another length', () => presign('&X-Amz-Expires=60').replace('s=60', 's=600'), 'does not match'],
    [
      'that cannot be read',
      () => presign('').replace('us-east-1', 'us%20east'),
      'X-Amz-Credential cannot be read',
    ],
    [
      'in part',
      () => presign('').replace('X-Amz-SignedHeaders', 'Signed'),
      'X-Amz-SignedHeaders is required',
    ],
  ];
  it.each(PRESIGNED.map(([what, make, reason]) => ({ what, make, reason })))(
    'in a URL $what is refused: $reason',
    async ({ make, reason }) => {
      const answer = await ask({ method: 'GET', path: make() });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.text).toContain(reason);
      expect(answer.text).not.toContain('<ListMetricsResult>');
    },
  );

  it('is not asked for in development, on this machine', async () => {
    await using open = await startCloudwatch({ acceptAnySignature: true });
    expect((await ask(listMetrics(), open.endpoint)).status).toBe(200);
    const wrong = sign(listMetrics(), { secretAccessKey: 'wrong' });
    expect((await ask(wrong, open.endpoint)).status).toBe(200);
  });
});

const codec = {
  encode: (value: unknown) =>
    Buffer.from(
      cbor.encode(value, {
        typeEncoders: {
          Date: (time: Date) => [
            new cbor.Token(cbor.Type.tag, 1),
            new cbor.Token(cbor.Type.float, time.getTime() / 1000),
          ],
        },
      }),
    ),
  decode: (bytes: Uint8Array): unknown => cbor.decode(bytes, { tags: { 1: (read) => read() } }),
};
const cborPath = (operation: string) => `/aws/service/GraniteServiceVersion20100801/operation/${operation}`;

describe('The development server', () => {
  let open: CloudwatchServer;
  beforeAll(async () => {
    open = await startCloudwatch({
      acceptAnySignature: true,
      limits: { requestsPerSecond: 100_000, requestBurst: 100_000 },
    });
  });
  afterAll(async () => {
    await open[Symbol.asyncDispose]();
  });
  const asJson = (operation: string, body: string | Buffer, headers = {}) =>
    ask({ headers: { ...target(operation), ...headers }, body }, open.endpoint);
  const asForm = (body: string) => ask({ headers: FORM_HEADERS, body }, open.endpoint);
  const asCbor = (operation: string, body: Buffer) =>
    ask({ path: cborPath(operation), headers: { 'content-type': 'application/cbor' }, body }, open.endpoint);

  it.each(['gzip', 'GZIP', 'Gzip', 'identity', ''])(
    'reads a body of the content encoding "%s"',
    async (encoding) => {
      const body = Buffer.from('{}');
      const sent = encoding.toLowerCase() === 'gzip' ? gzipSync(body) : body;
      const { status } = await asJson('ListMetrics', sent, { 'Content-Encoding': encoding });
      expect(status).toBe(200);
    },
  );

  it('tells an unknown operation InvalidAction in every protocol', async () => {
    const answers = [
      await asJson('PutMetricStream', '{}'),
      await asForm('Action=PutMetricStream&Version=2010-08-01'),
      await asCbor('PutMetricStream', codec.encode({})),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect(JSON.parse(answers[0]?.text ?? '')).toMatchObject({
      __type: expect.stringMatching(/#InvalidAction$/) as string,
    });
    expect(answers[1]?.text).toContain('<Code>InvalidAction</Code>');
    expect(codec.decode(answers[2]?.bytes ?? Buffer.alloc(0))).toMatchObject({
      __type: expect.stringMatching(/#InvalidAction$/) as string,
    });
  });

  it.each([
    ['JSON that is none', () => asJson('ListMetrics', '{'), 400, 'SerializationException'],
    ['JSON that is a list', () => asJson('ListMetrics', '[]'), 400, 'SerializationException'],
    [
      'a number where a text belongs',
      () => asJson('ListMetrics', '{"Namespace":1}'),
      400,
      'Namespace must be a string',
    ],
    [
      'a text where a list belongs',
      () => asJson('PutMetricData', '{"Namespace":"a","MetricData":"b"}'),
      400,
      'MetricData must be a list',
    ],
    [
      'gzip that is none',
      () => asJson('ListMetrics', 'plain', { 'content-encoding': 'gzip' }),
      400,
      'not gzip',
    ],
    [
      'another content encoding',
      () => asJson('ListMetrics', 'x', { 'content-encoding': 'br' }),
      415,
      'gzip is supported',
    ],
    [
      'a bomb of gzip',
      () => asJson('ListMetrics', gzipSync(Buffer.alloc(50_000_000)), { 'content-encoding': 'gzip' }),
      413,
      'larger than',
    ],
    [
      'a body of 1 MB and a byte',
      () => asJson('ListMetrics', Buffer.alloc(1_048_577, ' ')),
      413,
      'larger than',
    ],
    [
      'an empty Query list',
      () => asForm('Action=PutMetricData&Version=2010-08-01&Namespace=a&MetricData='),
      400,
      'MissingParameter',
    ],
    [
      'a Query number that is none',
      () => asForm('Action=GetMetricStatistics&Period=1m'),
      400,
      'Period must be a whole number',
    ],
    [
      'a Query parameter named __proto__',
      () => asForm('Action=GetMetricStatistics&__proto__.Namespace=x'),
      400,
      'MissingParameter',
    ],
    ['no action', () => asForm(''), 400, 'InvalidAction'],
  ])('refuses %s', async (_what, make, status, text) => {
    const answer = await make();
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
  });

  it('refuses CBOR that is cut short or claims a list of four milliards', async () => {
    const whole = codec.encode({ Namespace: 'App', MetricData: [{ MetricName: 'm', Value: 1 }] });
    for (const body of [
      whole.subarray(0, whole.length - 5),
      Buffer.from('9affffffff', 'hex'),
      Buffer.alloc(100_000, 0x81),
    ]) {
      expect((await asCbor('PutMetricData', body)).status).toBe(400);
    }
  });

  it('writes CBOR times with tag 1, and lengths that are definite', async () => {
    const Timestamp = new Date(Math.floor(Date.now() / 60_000) * 60_000);
    await asCbor(
      'PutMetricData',
      codec.encode({ Namespace: 'Tag', MetricData: [{ MetricName: 'm', Value: 1.5, Timestamp }] }),
    );
    const range = { StartTime: Timestamp, EndTime: new Date(Timestamp.getTime() + 60_000) };
    const { bytes } = await asCbor(
      'GetMetricStatistics',
      codec.encode({ Namespace: 'Tag', MetricName: 'm', ...range, Period: 60, Statistics: ['Sum'] }),
    );
    const seconds = Buffer.alloc(4);
    seconds.writeUInt32BE(Timestamp.getTime() / 1000);
    expect(bytes.includes(Buffer.concat([Buffer.from([0xc1, 0x1a]), seconds]))).toBe(true);
    for (const indefinite of [0x9f, 0xbf]) expect(bytes[0]).not.toBe(indefinite);
  });

  it('writes XML any parser reads, whatever a name holds', async () => {
    await asJson(
      'PutMetricData',
      JSON.stringify({ Namespace: 'Xml', MetricData: [{ MetricName: `<&"'>]]>`, Value: 1 }] }),
    );
    const { text } = await asForm('Action=ListMetrics&Version=2010-08-01&Namespace=Xml');
    expect(new XMLParser().parse(text)).toMatchObject({
      ListMetricsResponse: { ListMetricsResult: { Metrics: { member: { MetricName: `<&"'>]]>` } } } },
    });
  });

  it('answers any bytes with 4xx, never 5xx, in every protocol', async () => {
    const operations = [
      'PutMetricData',
      'ListMetrics',
      'GetMetricStatistics',
      'GetMetricData',
      'PutMetricAlarm',
    ];
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .dictionary(fc.constantFrom('Namespace', 'MetricData', 'Period', 'MetricDataQueries'), fc.anything())
        .map((tree) => codec.encode(tree)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...operations), bytes, async (operation, raw) => {
        const body = Buffer.from(raw);
        const answers = [
          await asJson(operation, body),
          await asCbor(operation, body),
          await asForm(`Action=${operation}&${body.toString('latin1')}`),
        ];
        for (const { status } of answers) expect(status).toBeLessThan(500);
      }),
      { numRuns: 40 },
    );
  });
});

describe('The JS SDK', () => {
  const createSdk = (protocol: unknown, change: object = {}) =>
    new CloudWatch({
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials: server.credentials,
      maxAttempts: 1,
      protocol: protocol as typeof AwsJson1_0Protocol,
      ...change,
    });
  const many = (Namespace: string) => ({
    Namespace,
    MetricData: Array.from({ length: 300 }, (_, i) => ({
      MetricName: 'm',
      Dimensions: [{ Name: 'i', Value: `number ${i}, and some more text to make the request large` }],
      Value: i,
    })),
  });

  it.each([
    ['JSON', AwsJson1_0Protocol, {}],
    ['Query', AwsQueryProtocol, {}],
    // The SDK announces the uncompressed length when it compresses CBOR: a bug of its own.
    ['CBOR, not compressed', AwsSmithyRpcV2CborProtocol, { disableRequestCompression: true }],
  ])('stores 300 data in one request in %s', async (name, protocol, change) => {
    const sdk = createSdk(protocol, change);
    await sdk.putMetricData(many(`Many/${name[0] ?? ''}`));
    const { Metrics } = await sdk.listMetrics({ Namespace: `Many/${name[0] ?? ''}` });
    expect(Metrics).toHaveLength(300);
  });

  it('reaches the service with a slash behind the path and without', async () => {
    for (const endpoint of [server.endpoint, `${server.endpoint}/`]) {
      expect(
        (await createSdk(AwsJson1_0Protocol, { endpoint }).listMetrics({})).$metadata.httpStatusCode,
      ).toBe(200);
      expect((await createSdk(AwsQueryProtocol, { endpoint }).listMetrics({})).$metadata.httpStatusCode).toBe(
        200,
      );
    }
  });

  it('tries again when it is throttled', async () => {
    let nowMs = Date.now();
    // The clock moves with each look at it: the bucket has a token again by the second attempt.
    await using slow = await startCloudwatch({
      now: () => new Date((nowMs += 200)),
      limits: { requestsPerSecond: 1, requestBurst: 1 },
    });
    const sdk = createSdk(AwsJson1_0Protocol, {
      endpoint: slow.endpoint,
      credentials: slow.credentials,
      maxAttempts: 10,
    });
    for (let i = 0; i < 3; i++) await sdk.listMetrics({});
    expect(slow.stats.read('cloudwatch_requests_throttled')).toBeGreaterThan(0);
  });
});

describe('A full queue', () => {
  it('answers Throttling and stores nothing of the request', async () => {
    await using full = await startCloudwatch({ acceptAnySignature: true, limits: { queuedData: 1 } });
    const put = (count: number) => ({
      headers: target('PutMetricData'),
      body: JSON.stringify({
        Namespace: 'Full',
        MetricData: Array.from({ length: count }, () => ({ MetricName: 'm', Value: 1 })),
      }),
    });
    expect(readCode(await ask(put(2), full.endpoint))).toBe('Throttling');
    expect((await ask(put(1), full.endpoint)).status).toBe(200);
    expect(full.stats.read('cloudwatch_data_stored')).toBe(1);
    expect(full.stats.read('cloudwatch_data_throttled')).toBe(2);
  });
});
