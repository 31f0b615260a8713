/** Bodies that are small to send and would be large once read, in each protocol: refused before they are made. */
import { gzipSync } from 'node:zlib';
import * as cbor from 'cborg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { textLike } from '../../../helpers/matchers.ts';
import { type CloudwatchServer, startCloudwatch } from './cloudwatch-server.ts';

let server: CloudwatchServer;
beforeAll(async () => {
  server = await startCloudwatch({ acceptAnySignature: true });
});
afterAll(() => server[Symbol.asyncDispose]());

/** As JSON and CBOR name it, and as Query does. */
const MALFORMED = /SerializationException|MalformedInput/;
const JSON_HEADERS = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData',
};
const FORM_HEADERS = { 'content-type': 'application/x-www-form-urlencoded' };
const CBOR_HEADERS = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
const CBOR_PATH = '/service/GraniteServiceVersion20100801/operation/PutMetricData';

async function send(path: string, headers: Record<string, string>, body: string | Uint8Array) {
  const bytes = typeof body === 'string' ? body : new Uint8Array(body);
  const response = await fetch(`${server.endpoint}${path}`, { method: 'POST', headers, body: bytes });
  return { status: response.status, text: await response.text() };
}

afterEach(async () => {
  const put = { Namespace: 'A', MetricData: [{ MetricName: 'm', Value: 1 }] };
  expect((await send('', JSON_HEADERS, JSON.stringify(put))).status).toBe(200);
});

const times = (count: number, text: string) => text.repeat(count);
const zip = { 'content-encoding': 'gzip' };

describe('where no signature is checked, a page of a browser', () => {
  const form =
    'Action=PutMetricData&Version=2010-08-01&Namespace=A&MetricData.member.1.MetricName=m&MetricData.member.1.Value=1';
  // As browsers send a form, or fetch with mode no-cors, without asking first.
  it.each([
    ['of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['of a file or a frame', { origin: 'null' }],
    ['of another port here', { 'sec-fetch-site': 'same-site' }],
    ['of this server', { 'sec-fetch-site': 'same-origin' }],
  ])('%s can write nothing', async (_which, headers) => {
    const { status, text } = await send('/', { ...FORM_HEADERS, ...headers }, form);
    expect([status, text]).toEqual([403, textLike(/web pages have to be signed/)]);
  });

  it('is not what a client of AWS looks like', async () => {
    expect((await send('/', FORM_HEADERS, form)).status).toBe(200);
  });
});

describe('JSON of', () => {
  it.each([
    ['brackets in brackets', times(900_000, '[')],
    ['empty data', `{"Namespace":"A","MetricData":[${times(300_000, '{},')}{}]}`],
    ['a namespace that comes twice', '{"Namespace":"A","Namespace":"B","MetricData":[]}'],
  ])('%s is malformed', async (_what, body) => {
    const { status, text } = await send('', JSON_HEADERS, body);
    expect([status, text]).toEqual([400, textLike(MALFORMED)]);
    expect(text.length).toBeLessThan(500);
  });

  it.each([
    ['empty data that is zipped', `{"Namespace":"A","MetricData":[${times(1_200_000, '{},')}{}]}`],
    ['blanks that are zipped', times(4_000_000, ' ')],
  ])('%s is too large', async (_what, body) => {
    const { status } = await send('', { ...JSON_HEADERS, ...zip }, gzipSync(body));
    expect(status).toBe(413);
  });
});

describe('CBOR of', () => {
  const list = (count: number, item: number) =>
    Buffer.concat([
      Buffer.from([0x9a]),
      Buffer.from(Uint32Array.of(count).buffer).reverse(),
      Buffer.alloc(count, item),
    ]);
  const twice = Buffer.concat([
    Buffer.from([0xa2]),
    ...['A', 'B'].flatMap((name) => [cbor.encode('Namespace'), cbor.encode(name)]),
  ]);

  it.each([
    ['empty maps', list(900_000, 0xa0)],
    ['empty lists', list(900_000, 0x80)],
    ['lists in lists', Buffer.alloc(900_000, 0x81)],
    ['lists without an end', Buffer.alloc(900_000, 0x9f)],
    ['tags of tags', Buffer.alloc(900_000, 0xc1)],
    ['a map that comes short', Buffer.from([0xbb, 0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
    ['a namespace that comes twice', twice],
  ])('%s is malformed', async (_what, body) => {
    const { status, text } = await send(CBOR_PATH, CBOR_HEADERS, body);
    expect([status, text]).toEqual([400, textLike(MALFORMED)]);
  });

  it('four million empty maps in four kilobytes is too large', async () => {
    const body = gzipSync(list(4_000_000, 0xa0));
    expect(body.length).toBeLessThan(5_000);
    expect((await send(CBOR_PATH, { ...CBOR_HEADERS, ...zip }, body)).status).toBe(413);
  });
});

describe('a form of', () => {
  it.each([
    ['two hundred thousand parameters', `Action=PutMetricData${times(200_000, '&a=1')}`],
    ['nothing but separators', `Action=PutMetricData${times(900_000, '&')}`],
    ['a name with half a million parts', `Action=PutMetricData&${times(400_000, 'a.')}=1`],
  ])('%s is malformed', async (_what, body) => {
    const { status, text } = await send('', FORM_HEADERS, body);
    expect([status, text]).toEqual([400, textLike(MALFORMED)]);
  });
});
