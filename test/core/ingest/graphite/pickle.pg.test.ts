import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { startServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';

const SENDER = `
import pickle, socket, struct, sys
points = [("shop.%d" % (i % 10), (1767225600 + i, i)) for i in range(1000)]
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as relay:
    for start in range(0, 1000, 100):
        payload = pickle.dumps(points[start:start + 100], protocol=2)
        relay.sendall(struct.pack("!L", len(payload)) + payload)
`;

it('a server stores what a relay pickles, and sent again it is known already', async () => {
  await using server = await startServer({ settings: { LAPWING_GRAPHITE_PICKLE_PORT: '0' } });
  const { stats } = server.engine;
  const send = () => execFileSync('python3', ['-c', SENDER, new URL(server.addresses.pickle ?? '').port]);
  send();
  await until(() => expect(stats.read('points_accepted')).toBe(1000));
  send();
  await until(() => expect(stats.read('points_duplicate')).toBe(1000));
  expect(stats.read('graphite_lines_bad')).toBe(0);
  const { rows } = await server.database.pool.query<{ metrics: number; sum: number }>(
    'SELECT count(DISTINCT metric_number)::int AS metrics, sum(value)::int AS sum FROM sample',
  );
  expect(rows).toEqual([{ metrics: 10, sum: 499_500 }]);
});
