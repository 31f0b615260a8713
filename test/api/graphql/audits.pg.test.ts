/** The audits of the GraphQL-over-HTTP specification, as its reference implementation has them: without keys and with. */
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../../helpers/start-server.ts';

const KEY = 'an-admin-key-of-the-settings';
const withKey: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set('authorization', `Bearer ${KEY}`);
  return fetch(input, { ...init, headers });
};

describe.each([
  { name: 'an open server', settings: {}, fetchFn: fetch },
  { name: 'a server that asks for a key', settings: { LAPWING_API_KEY: KEY }, fetchFn: withKey },
])('$name', ({ settings, fetchFn }) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer({ settings });
  });

  afterAll(() => server[Symbol.asyncDispose]());

  for (const audit of serverAudits({ url: () => `${server.url}/graphql`, fetchFn })) {
    test(`${audit.id}: ${audit.name}`, async () => {
      const result = await audit.fn();
      const reason = 'reason' in result ? result.reason : '';
      expect({ status: result.status, reason }).toEqual({ status: 'ok', reason: '' });
    });
  }
});
