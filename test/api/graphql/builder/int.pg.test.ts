/** Counts of a server that has more of something than an Int holds: samples of 30,000 metrics by the minute are, in 50 days. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { read } from '../../../helpers/ask.ts';
import { TRANSPORTS } from '../../../helpers/connect.ts';
import { startServer, type TestServer } from '../../../helpers/start-server.ts';

const MANY = 30_000 * 60 * 24 * 50;
const LARGEST_INT = 2_147_483_647;

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server[Symbol.asyncDispose]());

afterEach(() => vi.restoreAllMocks());

test.each([
  [MANY, LARGEST_INT],
  [LARGEST_INT + 1, LARGEST_INT],
  [LARGEST_INT, LARGEST_INT],
  [7, 7],
])('a list of %d says that it has %d', async (count, shown) => {
  vi.spyOn(server.engine.prisma.annotation, 'count').mockResolvedValue(count);
  expect(await read(server, '{ annotations(first: 1) { totalCount nodes { id } } }')).toEqual({
    annotations: { totalCount: shown, nodes: [] },
  });
});

test.each(TRANSPORTS)('an event that is far behind keeps its scores ($name)', async ({ subscribe }) => {
  const event = { prev: 'p', cursor: 'c', scores: [], lag: MANY, commits: [] };
  vi.spyOn(server.engine.live, 'subscribe').mockImplementation(() => {
    const events = [event].values();
    return {
      next: () => Promise.resolve(events.next() as IteratorResult<never>),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  });
  await using operation = subscribe(
    server,
    'subscription { anomalyScores { prev cursor lag scores { rowId } } }',
  );
  const { value } = await operation.next();
  expect(value).toEqual({
    data: { anomalyScores: { prev: 'p', cursor: 'c', lag: LARGEST_INT, scores: [] } },
  });
});
