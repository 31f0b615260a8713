/** /metrics: every number the server counts about itself, for Prometheus. */
import type { Family } from '../../platform/telemetry/family.ts';
import { PROMETHEUS_CONTENT_TYPE, renderFamilies } from '../../platform/telemetry/prometheus-text.ts';
import type { Handler } from './routes.ts';

/** @param read called once per scrape */
export function createMetricsHandler(read: () => Promise<readonly Family[]>): Handler {
  return async (_request, response) => {
    const body = Buffer.from(renderFamilies(await read()));
    response.writeHead(200, { 'content-type': PROMETHEUS_CONTENT_TYPE, 'content-length': body.length });
    response.end(body);
  };
}
