import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  AWS_JSON,
  createAsker,
  ONE_EMPTY_SERIES,
  plainAnswer,
  type RawAnswer,
  type RawService,
  startRawService,
} from './raw-service.ts';
import { KEYS } from './start-aws-engine.ts';

let service: RawService;
let asker: ReturnType<typeof createAsker>;
beforeAll(async () => {
  service = await startRawService(ONE_EMPTY_SERIES);
  asker = createAsker({ endpoint: () => Promise.resolve(service.url), credentials: KEYS });
});
afterAll(async () => {
  asker.stop();
  await service[Symbol.asyncDispose]();
});

const PAGE = '<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>';
const XHTML =
  '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>Please log in</p></body></html>';
const NO_ANSWER = 'without an answer of AWS in it: check the endpoint, and proxies in between';

const cutOff: RawAnswer = (response) => {
  response.writeHead(200, { 'content-type': AWS_JSON, 'content-length': 1000 });
  response.write('{"MetricDataRes', () => response.destroy());
};
const reset: RawAnswer = (_, { request }) => void request.socket.resetAndDestroy();

describe('What is not an answer of CloudWatch', () => {
  it.each<[string, RawAnswer, string]>([
    ['a page with 503', plainAnswer(503, 'text/html', PAGE), `status 503 (text/html) ${NO_ANSWER}`],
    ['a page with 403', plainAnswer(403, 'text/html', PAGE), `status 403 (text/html) ${NO_ANSWER}`],
    ['a page with 407', plainAnswer(407, 'text/html', PAGE), `status 407 (text/html) ${NO_ANSWER}`],
    ['a page with 200', plainAnswer(200, 'text/html', PAGE), `status 200 (text/html) ${NO_ANSWER}`],
    ['an empty 503', plainAnswer(503, 'text/plain', ''), `status 503 (text/plain) ${NO_ANSWER}`],
    ['an empty 200', plainAnswer(200, AWS_JSON, ''), 'left the series out'],
    ['half an answer', cutOff, 'the connection was closed before the whole answer had come'],
    ['a reset', reset, 'the connection was closed before the whole answer had come'],
    ['429 of a proxy', plainAnswer(429, 'text/plain', 'slow down'), 'too many requests (throttled)'],
  ])('is named for what it is: %s', async (_, answer, words) => {
    service.answer = answer;
    const message = await asker.readOne();
    expect(message).toMatch(/^CloudWatch/);
    expect(message).toContain(words);
    expect(message).not.toMatch(/hidden field|Unexpected token|Unknown/);
  });

  it('counts as throttling where its status says so', async () => {
    service.answer = plainAnswer(429, 'text/plain', 'slow down');
    const before = asker.counts.get('cloudwatch_throttled') ?? 0;
    await asker.readOne();
    expect(asker.counts.get('cloudwatch_throttled')).toBe(before + 1);
  });
});

describe('An endpoint of the SDK without its scheme', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  it.each(['127.0.0.1:4566', 'monitoring.example', 'http://'])(
    'is named as what is wrong: %s',
    async (url) => {
      vi.stubEnv('AWS_ENDPOINT_URL_CLOUDWATCH', url);
      const other = createAsker({ endpoint: () => Promise.resolve(null), credentials: KEYS });
      expect(await other.readOne()).toMatch(
        /^CloudWatch: the endpoint is no URL: .*AWS_ENDPOINT_URL_CLOUDWATCH/,
      );
      other.stop();
    },
  );
});

describe('What is not an answer of EC2', () => {
  // The SDK takes any XML, and an empty body, for an answer without instances: all would be marked as terminated.
  it.each<[string, RawAnswer, string]>([
    ['a page with 200', plainAnswer(200, 'text/html', PAGE), 'EC2: the answer has no reservationSet'],
    ['a login page', plainAnswer(200, 'text/html', XHTML), 'EC2: the answer has no reservationSet'],
    ['an empty 200', plainAnswer(200, 'text/xml', ''), 'EC2: the answer has no reservationSet'],
    ['text', plainAnswer(200, 'text/plain', 'OK'), `EC2: status 200 (text/plain) ${NO_ANSWER}`],
    ['a page with 503', plainAnswer(503, 'text/html', PAGE), `EC2: status 503 (text/html) ${NO_ANSWER}`],
  ])('is no region without instances: %s', async (_, answer, words) => {
    service.answer = (response, asked) =>
      asked.isCloudwatch
        ? plainAnswer(200, AWS_JSON, '{"Metrics":[]}')(response, asked)
        : answer(response, asked);
    const { wholeTypes, problems } = await asker.discover();
    expect(wholeTypes).toEqual([]);
    expect(problems).toEqual([expect.stringContaining(words)]);
  });

  it('is no region without volumes either', async () => {
    service.answer = (response, asked) => {
      if (asked.isCloudwatch) plainAnswer(200, AWS_JSON, '{"Metrics":[]}')(response, asked);
      else if (asked.body.includes('DescribeVolumes')) plainAnswer(200, 'text/html', XHTML)(response, asked);
      else
        plainAnswer(
          200,
          'text/xml',
          '<DescribeInstancesResponse><requestId>r</requestId><reservationSet/></DescribeInstancesResponse>',
        )(response, asked);
    };
    const { wholeTypes, problems } = await asker.discover();
    expect(wholeTypes).toEqual(['AWS::EC2::Instance']);
    expect(problems).toEqual([expect.stringContaining('EC2: the answer has no volumeSet')]);
  });
});
