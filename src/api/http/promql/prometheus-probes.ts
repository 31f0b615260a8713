/**
 * What clients of a Prometheus ask before they query: whether it is there, below the address they were given. Their monitors look
 * at the status alone: https://prometheus.io/docs/prometheus/latest/management_api/
 */
import type { Handler } from '../routes.ts';

/** As clients of its HTTP API write their address, with `/prometheus` as its path. */
const ROOT = '/prometheus';

/** @param answerReady as `/ready` @returns by path */
export function listPrometheusProbes(answerReady: Handler): readonly (readonly [string, Handler])[] {
  return [
    [ROOT, answerRoot],
    [`${ROOT}/`, answerRoot],
    [`${ROOT}/-/healthy`, (_request, response) => sendText(response, 'Lapwing is healthy.\n')],
    [`${ROOT}/-/ready`, answerReady],
  ];
}

const answerRoot: Handler = (_request, response) =>
  sendText(response, `PromQL is answered below ${ROOT}/api/v1/.\n`);

function sendText(response: Parameters<Handler>[1], text: string): void {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}
