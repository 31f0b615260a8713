/** /metrics: every number the server counts about itself, for Prometheus. */
import {
  type Family,
  PROMETHEUS_CONTENT_TYPE,
  renderFamilies,
} from '../../platform/telemetry/prometheus-text.ts';
import type { Handler } from './server.ts';

/** @param read called once per scrape */
export function createMetricsHandler(read: () => readonly Family[]): Handler {
  return (_request, response) => {
    const body = Buffer.from(renderFamilies(read()));
    response.writeHead(200, { 'content-type': PROMETHEUS_CONTENT_TYPE, 'content-length': body.length });
    response.end(body);
  };
}
