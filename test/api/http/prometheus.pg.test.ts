import { describe, expect, it } from 'vitest';
import { read } from '../../helpers/ask.ts';
import { startServer } from '../../helpers/start-server.ts';

describe('/metrics', () => {
  it('tells what was counted, what is monitored, what runs and what it costs', async () => {
    await using server = await startServer();
    const timestampMs = Date.now();
    await server.engine.accept.acceptNamed([
      { metric: 'a', timestampMs, value: 1 },
      { metric: 'b', timestampMs: -1, value: 1 },
    ]);
    await server.engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name: 'monitored' } });
    await read(server, 'query Named { serverInfo { version } metrics(first: 1) { nodes { id } } }');
    const response = await fetch(`${server.url}/metrics`);
    const text = await response.text();
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toContain('\nlapwing_points_accepted_total 1\n');
    expect(text).toContain('\nlapwing_points_rejected_total{reason="too_old"} 1\n');
    expect(text).toContain('\nlapwing_metrics{datasource="CUSTOM",status="UNMONITORED"} 1\n');
    expect(text).toContain('\nlapwing_metrics{datasource="CUSTOM",status="PENDING_DATA"} 1\n');
    expect(text).toContain('\nlapwing_metrics{datasource="HOST",status="ERROR"} 0\n');
    expect(text).toContain('\n# TYPE lapwing_ingest_acknowledgement_seconds histogram\n');
    for (const name of ['ingest_acknowledgement', 'ingest_score', 'ingest_commit']) {
      expect(text).toContain(`\nlapwing_${name}_seconds_bucket{le="+Inf"} 1\n`);
      expect(text).toContain(`\nlapwing_${name}_seconds_count 1\n`);
    }
    expect(text).toContain('\nlapwing_notification_delivery_seconds_count 0\n');
    expect(text).toContain('\nlapwing_graphql_operation_seconds_count{type="query",field="serverInfo"} 1\n');
    expect(text).toMatch(/^lapwing_build_info\{version="\d/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
  });
});
