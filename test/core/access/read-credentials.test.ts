import { describe, expect, it } from 'vitest';
import { readConnectionKey, readHeaderKey } from '../../../src/core/access/read-credentials.ts';

describe('the key of a request', () => {
  it.each([
    [{ authorization: 'Bearer k' }, 'k'],
    [{ authorization: 'bearer  k ' }, 'k'],
    [{ authorization: 'Token k' }, 'k'],
    [{ authorization: `Basic ${Buffer.from('anybody:k:with:colons').toString('base64')}` }, 'k:with:colons'],
    [{ 'x-api-key': 'k' }, 'k'],
    [{ authorization: 'k' }, 'k'],
    [{ authorization: '' }, ''],
    [{}, null],
  ])('in the headers %j is %j', (headers, key) => {
    expect(readHeaderKey(headers)).toBe(key);
  });

  it.each([
    [{ apiKey: 'k' }, 'k'],
    [{ authorization: 'Bearer k' }, 'k'],
    [{ Authorization: 'Bearer k' }, 'k'],
    [{ 'X-API-Key': 'k' }, 'k'],
    [{ headers: { Authorization: 'Bearer k' } }, 'k'],
    [{ headers: { headers: { apiKey: 'k' } } }, null],
    [{ apiKey: 7 }, null],
    [{}, null],
    [null, null],
    [undefined, null],
    ['k', null],
  ])('in connection_init with %j is %j', (params, key) => {
    expect(readConnectionKey(params)).toBe(key);
  });
});
