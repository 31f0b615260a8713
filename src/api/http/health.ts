/** /health: the process answers. /ready: it can do its work. */
import { type Handler, sendJson } from './server.ts';

/** What `/ready` says; `problems` is empty when ready. */
export interface Readiness {
  readonly problems: readonly string[];
}

export const answerHealth: Handler = (_request, response) => sendJson(response, 200, { status: 'ok' });

/** 200 when there are no problems, 503 with all of them otherwise. A check that fails is a problem itself. */
export function createReadyHandler(check: () => Promise<Readiness>): Handler {
  return async (_request, response) => {
    const { problems } = await check().catch((error: unknown) => ({ problems: [String(error)] }));
    const ready = problems.length === 0;
    sendJson(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', problems });
  };
}
