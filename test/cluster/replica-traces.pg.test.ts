/** A trace that goes through two members: a push to a replica, stored by the leader. */
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { ADMIN } from '../api/graphql/keyed-server.ts';
import { startReplica } from '../helpers/start-replica.ts';
import { startServer } from '../helpers/start-server.ts';
import { TraceCollector } from '../helpers/trace-collector.ts';

it('leads from the request at the replica to the batch and the commit of the leader', async () => {
  await using collector = new TraceCollector();
  const settings = (name: string) => ({
    LAPWING_CLUSTER: 'on',
    LAPWING_SEALING_KEY: sealingKey,
    LAPWING_API_KEY: ADMIN,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_SERVICE_NAME: name,
  });
  const sealingKey = randomBytes(32).toString('base64');
  const endpoint = await collector.start();
  await using leader = await startServer({ settings: settings('leader') });
  await using replica = await startReplica(leader.database, settings('replica'));
  const traceId = 'c'.repeat(32);
  const response = await fetch(`${replica.url}/api/v2/write?precision=ms`, {
    method: 'POST',
    headers: { authorization: `Token ${ADMIN}`, traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    body: `cpu usage=1 ${Date.UTC(2026, 0, 1)}`,
  });
  expect(response.status).toBe(204);
  const spanOf = (name: string) => collector.span((span) => span.traceId === traceId && span.name === name);
  const request = await spanOf('POST /api/v2/write');
  expect(request).toMatchObject({ parentId: '00f067aa0ba902b7', resource: { 'service.name': 'replica' } });
  const taken = await spanOf('take forwarded points');
  expect(taken).toMatchObject({ parentId: request.spanId, resource: { 'service.name': 'leader' } });
  const batch = await spanOf('ingest batch');
  expect(batch).toMatchObject({ parentId: taken.spanId, resource: { 'service.name': 'leader' } });
  expect(await spanOf('ingest commit')).toMatchObject({ parentId: batch.spanId });
});
