/** A server whose database is away answers with errors, and with nulls beside them: no view may break of it. */
import { Kind, parse } from 'graphql';
import type { Page, Route, WebSocketRoute } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { startServer } from '../helpers/start-server.ts';
import { PATHS, untilShown } from './check-page.ts';
import { findChromium, openBrowser } from './open-browser.ts';
import { pushStory } from './push-story.ts';

const executable = findChromium();
const MESSAGE = 'no connection: the database does not answer';

/** The ways an answer fails, as the servers and proxies between give them. */
const FAILURES: Readonly<Record<string, (fields: readonly string[]) => Parameters<Route['fulfill']>[0]>> = {
  'the fields null, each with its error': (fields) =>
    answerJson(200, {
      data: Object.fromEntries(fields.map((field) => [field, null])),
      errors: fields.map((field) => ({ message: MESSAGE, path: [field] })),
    }),
  'no data': () => answerJson(503, { data: null, errors: [{ message: MESSAGE }] }),
  'a page of a proxy': () => ({ status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }),
};

describe.skipIf(executable === null)('the page, when answers fail', () => {
  it.for(Object.keys(FAILURES))(
    'says so in every view and shows it when the server is back: %s',
    async (name) => {
      await using browser = await openBrowser(executable ?? '');
      await using server = await startServer();
      await pushStory(server);
      const { page } = await browser.open('about:blank');
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(`${page.url()}: ${String(error)}`));
      const link = await control(page, FAILURES[name] ?? (() => ({})));
      for (const path of PATHS) {
        link.fail();
        await page.goto(`${server.url}${path}`);
        await untilShown(page);
        await link.restore();
        await page.locator('.connection').getByText('Live', { exact: true }).waitFor();
        await untilShown(page);
        const problems = page.locator('.notice[data-kind=problem]');
        await expect.poll(() => problems.allTextContents(), { timeout: 20_000 }).toEqual([]);
        if ((await page.locator('main h1').count()) === 0) faults.push(`${path} shows nothing`);
      }
      expect(faults).toEqual([]);
    },
  );
});

/** Makes the server's answers fail and come again. */
async function control(page: Page, fail: (fields: readonly string[]) => Parameters<Route['fulfill']>[0]) {
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
  return {
    fail: () => {
      isFailing = true;
    },
    /** The connection breaks and stands again, as it does when the server comes back. */
    restore: async () => {
      isFailing = false;
      await socket?.close({ code: 1012 });
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
