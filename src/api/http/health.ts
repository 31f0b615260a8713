/** /health: the process answers. /ready: it can do its work. */
import type { Handler } from './routes.ts';
import { sendJson } from './send-json.ts';

/** What `/ready` says. A server may be ready and have a problem an operator should know of. */
export interface Readiness {
  readonly ready: boolean;
  readonly problems: readonly string[];
}

/**
 * In the form of InfluxDB, whose clients ask for it before they write, and take no other word than `pass`. It has no version,
 * as anybody may ask:
 * https://docs.influxdata.com/influxdb/v2/api/#operation/GetHealth
 */
export const answerHealth: Handler = (_request, response) =>
  sendJson(response, 200, { name: 'lapwing', message: 'ready for writes', status: 'pass', checks: [] });

/** 200 when ready, else 503, with every problem. A check that fails is a problem itself. */
export function createReadyHandler(check: () => Promise<Readiness>): Handler {
  return async (_request, response) => {
    const { ready, problems } = await check().catch((error: unknown) => ({
      ready: false,
      problems: [String(error)],
    }));
    sendJson(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', problems });
  };
}
