/** AWS' own test suite of Signature Version 4, in the forms its requests have on the wire. */
import { describe, expect, it } from 'vitest';
import type { AwsRequest } from '../../../../src/api/http/aws/protocol.ts';
import { checkSignature, readCredential } from '../../../../src/api/http/aws/signature-v4.ts';
import { CloudwatchError } from '../../../../src/core/cloudwatch-service/model/cloudwatch-error.ts';
import { fc } from '../../../helpers/property.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const DATE = '20150830T123600Z';
const NOW = new Date('2015-08-30T12:36:00Z');
const UNRESERVED = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const TOKEN =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/' +
  'qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38x' +
  'Vqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';

interface Case {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  /** Beside Host and X-Amz-Date. */
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
  readonly signature: string;
}

const VANILLA = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31';
const SUITE: Readonly<Record<string, Case>> = {
  'get-vanilla': { signature: VANILLA },
  'get-vanilla-empty-query-key': {
    query: 'Param1=value1',
    signature: 'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
  },
  'get-vanilla-query-order-key-case': {
    query: 'Param2=value2&Param1=value1',
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
  'get-vanilla-query-order-value': {
    query: 'Param1=value2&Param1=value1',
    signature: '5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694',
  },
  'get-vanilla-query-order-encoded': {
    query: 'Param-3=Value3&Param=Value2&%E1%88%B4=Value1',
    signature: '371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac',
  },
  'get-vanilla-query-unreserved': {
    query: `${UNRESERVED}=${UNRESERVED}`,
    signature: '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  },
  'get-vanilla-utf8-query': {
    query: '%E1%88%B4=bar',
    signature: '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
  },
  'get-unreserved': {
    path: `/${UNRESERVED}`,
    signature: '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  },
  'get-slash': { path: '//', signature: VANILLA },
  'get-slash-dot-slash': { path: '/./', signature: VANILLA },
  'get-relative': { path: '/example/..', signature: VANILLA },
  'get-relative-relative': { path: '/example1/example2/../..', signature: VANILLA },
  'get-slashes': {
    path: '//example//',
    signature: '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84',
  },
  'get-slash-pointless-dot': {
    path: '/./example',
    signature: 'ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5',
  },
  'get-header-key-duplicate': {
    headers: [
      ['My-Header1', 'value2'],
      ['My-Header1', 'value2'],
      ['My-Header1', 'value1'],
    ],
    signature: 'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  },
  'get-header-value-order': {
    headers: [
      ['My-Header1', 'value4'],
      ['My-Header1', 'value1'],
      ['My-Header1', 'value3'],
      ['My-Header1', 'value2'],
    ],
    signature: '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
  },
  'get-header-value-trim': {
    headers: [
      ['My-Header1', ' value1'],
      ['My-Header2', ' "a   b   c"'],
    ],
    signature: 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  },
  'post-vanilla': {
    method: 'POST',
    signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  },
  'post-vanilla-query': {
    method: 'POST',
    query: 'Param1=value1',
    signature: '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
  },
  'post-header-key-case': {
    method: 'POST',
    headers: [['MY-HEADER1', 'value1']],
    signature: 'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
  },
  'post-header-value-case': {
    method: 'POST',
    headers: [['My-Header1', 'VALUE1']],
    signature: 'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
  },
  'post-x-www-form-urlencoded': {
    method: 'POST',
    headers: [['Content-Type', 'application/x-www-form-urlencoded']],
    body: 'Param1=value1',
    signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  },
  'post-sts-header-before': {
    method: 'POST',
    headers: [['X-Amz-Security-Token', TOKEN]],
    signature: '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
  },
};

function build({
  method = 'GET',
  path = '/',
  query = '',
  headers = [],
  body = '',
  signature,
}: Case): AwsRequest {
  const sent = [['Host', 'example.amazonaws.com'], ['X-Amz-Date', DATE], ...headers] as const;
  const signed = [...new Set(sent.map(([name]) => name.toLowerCase()))].toSorted().join(';');
  const credential = 'AKIDEXAMPLE/20150830/us-east-1/service/aws4_request';
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`;
  return {
    method,
    path,
    queryString: query,
    headers: { authorization },
    rawHeaders: [...sent.flat(), 'Authorization', authorization],
    body: Buffer.from(body),
  };
}

const check = (request: AwsRequest, now = NOW, secret = SECRET) => {
  checkSignature(request, readCredential(request), secret, now);
};
const CASES = Object.entries(SUITE);

describe('A signature of the suite', () => {
  it.each(CASES)('%s is taken', (_name, given) => {
    expect(() => check(build(given))).not.toThrow();
  });

  it.each(CASES)('%s is refused where anything that is signed is another', (_name, given) => {
    const { path = '/', query = '', body = '', headers = [] } = given;
    const others: readonly Case[] = [
      { ...given, method: 'PUT' },
      { ...given, path: `${path}x` },
      { ...given, query: `${query}&x=1` },
      { ...given, body: `${body} ` },
      { ...given, headers: [...headers, ['X-Amz-Target', 'DeleteAlarms']] },
    ];
    for (const other of others) expect(() => check(build(other))).toThrow(CloudwatchError);
    expect(() => check(build(given), NOW, `${SECRET}x`)).toThrow(/does not match/);
  });
});

describe('A signature', () => {
  const vanilla = build({ signature: VANILLA });

  it.each([
    [-15 * 60, true],
    [-15 * 60 - 1, false],
    [15 * 60, true],
    [15 * 60 + 1, false],
  ])('that is %d seconds old holds: %s', (seconds, holds) => {
    const at = new Date(NOW.getTime() + seconds * 1000);
    if (holds) expect(() => check(vanilla, at)).not.toThrow();
    else expect(() => check(vanilla, at)).toThrow(/not within 15 minutes/);
  });

  it('must sign the host, and what says which operation is meant', () => {
    const without = { ...vanilla, headers: { authorization: hide('host;') } };
    expect(() => check(without)).toThrow('The header host must be signed.');
    const target = { ...vanilla, rawHeaders: [...vanilla.rawHeaders, 'X-Amz-Target', 'A.DeleteAlarms'] };
    expect(() => check(target)).toThrow('The header x-amz-target must be signed.');
  });

  const hide = (part: string) => (vanilla.headers.authorization ?? '').replace(part, '');

  it('may claim no other body, day or header than there is', () => {
    const header = (...more: string[]) => ({ ...vanilla, rawHeaders: [...vanilla.rawHeaders, ...more] });
    expect(() => check(header('X-Amz-Content-Sha256', 'UNSIGNED-PAYLOAD'))).toThrow(/hash of the body/);
    const authorization = (vanilla.headers.authorization ?? '').replace('20150830', '20150829');
    expect(() => check({ ...vanilla, headers: { authorization } })).toThrow(/day of the credential/);
    const more = (vanilla.headers.authorization ?? '').replace('host;', 'host;my-header;');
    expect(() => check({ ...vanilla, headers: { authorization: more } })).toThrow(/my-header is missing/);
  });

  it('that cannot be read is refused by name, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (authorization) => {
        const read = () => readCredential({ ...vanilla, headers: { authorization } });
        expect(read).toThrow(CloudwatchError);
      }),
    );
    const cut = (vanilla.headers.authorization ?? '').slice(0, -1);
    expect(() => readCredential({ ...vanilla, headers: { authorization: cut } })).toThrow(/requires AWS4/);
    expect(() => readCredential({ ...vanilla, headers: {} })).toThrow(/missing Authentication Token/);
  });
});
