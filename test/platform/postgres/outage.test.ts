import { expect, test } from 'vitest';
import { ConnectionError } from '../../../src/platform/postgres/connection.ts';
import { DatabaseAwayError, isOutage } from '../../../src/platform/postgres/outage.ts';

test('every way of not reaching the database can be cured by coming again, a mistake of ours cannot', () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  for (const error of [
    new DatabaseAwayError(),
    new ConnectionError('cannot connect to it: the database system is starting up'),
    refused,
    new Error('Query read timeout'),
  ]) {
    expect(isOutage(error)).toBe(true);
  }
  expect(isOutage(new TypeError('x is not a function'))).toBe(false);
  expect(isOutage('a text')).toBe(false);
});
