/** A server between whose answers and the page something fails, when a test wants it. */
import { Kind, parse } from 'graphql';
import type { Page, Route, WebSocketRoute } from 'playwright-core';

const MESSAGE = 'no connection: the database does not answer';

/** The ways an answer fails, as the servers and proxies between give them. */
export const FAILURES: Readonly<
  Record<string, (fields: readonly string[]) => Parameters<Route['fulfill']>[0]>
> = {
  'the fields null, each with its error': (fields) =>
    answerJson(200, {
      data: Object.fromEntries(fields.map((field) => [field, null])),
      errors: fields.map((field) => ({ message: MESSAGE, path: [field] })),
    }),
  'no data': () => answerJson(503, { data: null, errors: [{ message: MESSAGE }] }),
  'a page of a proxy': () => ({ status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }),
};

/** Makes the answers of the server fail and come again. */
export async function breakLink(
  page: Page,
  fail: (fields: readonly string[]) => Parameters<Route['fulfill']>[0],
) {
  let isFailing = false;
  let socket: WebSocketRoute | undefined;
  await page.routeWebSocket('**/graphql', (opened) => {
    opened.connectToServer();
    socket = opened;
  });
  await page.route('**/graphql', async (route) => {
    if (isFailing) await route.fulfill(fail(findFields(route.request().postData() ?? '')));
    else await route.continue();
  });
  const cut = async () => {
    await socket?.close({ code: 1012 });
  };
  return {
    fail: () => {
      isFailing = true;
    },
    /** The connection breaks and stands again by itself. */
    cut,
    /** As when the server comes back. */
    restore: async () => {
      isFailing = false;
      await cut();
    },
  };
}

/** The names in the answer of the query's outermost fields. */
function findFields(body: string): readonly string[] {
  const { query } = JSON.parse(body) as { query: string };
  return parse(query).definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? definition.selectionSet.selections.flatMap((field) =>
          field.kind === Kind.FIELD ? [(field.alias ?? field.name).value] : [],
        )
      : [],
  );
}

function answerJson(status: number, body: object): Parameters<Route['fulfill']>[0] {
  return { status, contentType: 'application/json', body: JSON.stringify(body) };
}
