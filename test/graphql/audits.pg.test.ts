/** The audits of the GraphQL-over-HTTP specification, as its reference implementation has them. */
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../helpers/start-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server[Symbol.asyncDispose]());

for (const audit of serverAudits({ url: () => `${server.url}/graphql`, fetchFn: fetch })) {
  test(`${audit.id}: ${audit.name}`, async () => {
    const result = await audit.fn();
    const reason = 'reason' in result ? result.reason : '';
    expect({ status: result.status, reason }).toEqual({ status: 'ok', reason: '' });
  });
}
