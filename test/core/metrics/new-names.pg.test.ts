/** New names over the API: what one account adds never costs another. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { read } from '../../helpers/ask.ts';
import { ADMIN } from '../../api/graphql/keyed-server.ts';
import { startServer, type TestServer } from '../../helpers/start-server.ts';

let server: TestServer;
const admin = () => ({ url: server.url, key: ADMIN });

beforeAll(async () => {
  server = await startServer({ settings: { LAPWING_API_KEY: ADMIN, LAPWING_MAX_METRICS: '5' } });
});

afterAll(() => server[Symbol.asyncDispose]());

interface Pushed {
  readonly putMetricData: {
    readonly accepted: number;
    readonly rejected: readonly { readonly code: string; readonly reason: string }[];
  };
}

async function push(as: { readonly url: string; readonly key: string }, names: readonly string[]) {
  const points = names.map((metric) => ({ metric, timestamp: '2026-01-01T00:00:00Z', value: 1 }));
  const { putMetricData } = await read<Pushed>(
    as,
    'mutation($input: PutMetricDataInput!) { putMetricData(input: $input) { accepted rejected { code reason } } }',
    { input: { points } },
  );
  return putMetricData;
}

it('an account that has as many metrics as it may is refused further names, and others are not', async () => {
  const { createApiKey } = await read<{ createApiKey: { secret: string } }>(
    admin(),
    'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on CreatedApiKey { secret } } }',
    { input: { name: 'greedy', scopes: ['INGEST'], account: 'greedy' } },
  );
  const greedy = { url: server.url, key: createApiKey.secret };
  const names = Array.from({ length: 50 }, (_, index) => `greedy.${index}`);
  const first = await push(greedy, names);
  expect([first.accepted, first.rejected.length]).toEqual([5, 45]);
  expect(first.rejected[0]).toEqual({
    code: 'QUOTA_EXCEEDED',
    reason: 'metric: "greedy.5" is a new name, and the account has 5 metrics already (LAPWING_MAX_METRICS)',
  });
  expect(await push(admin(), ['a', 'b', 'c', 'd', 'e'])).toEqual({ accepted: 5, rejected: [] });
  // A metric that is gone makes room.
  server.engine.registry.forget(server.engine.registry.byIdentity('CUSTOM', 'e')?.number ?? 0);
  expect((await push(admin(), ['f'])).accepted).toBe(1);
});
