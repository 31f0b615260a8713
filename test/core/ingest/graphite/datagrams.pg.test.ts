import { createSocket } from 'node:dgram';
import { expect, it } from 'vitest';
import { startServer } from '../../../helpers/start-server.ts';
import { until } from '../../../helpers/until.ts';

it('the server takes datagrams on the port it names for Graphite', async () => {
  await using server = await startServer({ settings: { LAPWING_GRAPHITE_PORT: '0' } });
  const { hostname, port } = new URL(server.addresses.graphite ?? '');
  const client = createSocket('udp4');
  const seconds = Date.parse('2026-01-05T00:00:00Z') / 1000;
  await until(async () => {
    // The network may drop one; the same point again is none.
    client.send(`udp.load;host=a 0.5 ${seconds}\n`, Number(port), hostname);
    const { rows } = await server.engine.pool.query(
      `SELECT m.name, s.value FROM sample s JOIN metric m ON m.number = s.metric_number`,
    );
    expect(rows).toEqual([{ name: 'udp.load;host=a', value: 0.5 }]);
  });
  client.close();
});
