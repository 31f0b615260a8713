/** A page that is open for days: changes that never cease, a clock that is wrong, connections that end in many ways. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocketRoute } from 'playwright-core';
import { read } from '../helpers/ask.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';
import { pushLeap, pushStory } from './push-story.ts';

const executable = findChromium();
const HOUR_MS = 3_600_000;
const KEY = 'lapwing_a-key-of-this-test-alone';
const CREATE = `mutation ($input: CreateNotificationRuleInput!) { createNotificationRule(input: $input) { __typename } }`;
const MARK = `mutation ($input: MarkIncidentsSeenInput!) { markIncidentsSeen(input: $input) { __typename } }`;

describe.skipIf(executable === null)('a page that is open for long', () => {
  let browser: TestBrowser;
  let server: TestServer;
  let incidentId: string;

  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
    server = await startServer();
    await pushStory(server);
    await read(server, CREATE, { input: { name: 'all', sensitivity: 0.99, recoverySeconds: 604_800 } });
    await pushLeap(server);
    incidentId = await until(async () => {
      const { incidents } = await read<{ incidents: { nodes: { id: string }[] } }>(
        server,
        '{ incidents(filter: { states: [FIRING] }) { nodes { id } } }',
      );
      const [incident] = incidents.nodes;
      if (incident === undefined) throw new Error('there is no incident yet');
      return incident.id;
    });
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await browser[Symbol.asyncDispose]();
  });

  it.each([
    { path: '/', query: 'Incidents' },
    { path: '/incidents', query: 'Incidents' },
    { path: '/incidents', query: 'OpenIncidents' },
  ])('asks for $query now and then while incidents change without end: $path', async ({ path, query }) => {
    const { page } = await browser.open(`${server.url}${path}`);
    await page.locator('.connection').getByText('Live', { exact: true }).waitFor();
    await page.getByText('calm').first().waitFor();
    let asked = 0;
    page.on('request', (request) => {
      if (request.postData()?.includes(`query ${query}`) === true) asked += 1;
    });
    const startMs = performance.now();
    for (let changes = 0; asked < 3; changes++)
      await read(server, MARK, { input: { ids: [incidentId], seen: changes % 2 === 0 } });
    // It asks once for all that changes within a second; a question may be of before. How many changes these are is
    // the machine's business.
    expect(performance.now() - startMs).toBeGreaterThan(900);
    await page.context().close();
  });

  it.each([HOUR_MS, -HOUR_MS])(
    'shows what is anomalous now to a browser whose clock is off by %d ms',
    async (offMs) => {
      const { page } = await browser.open('about:blank');
      await page.addInitScript(`{
        const Right = Date;
        globalThis.Date = class extends Right {
          constructor(...parts) { parts.length === 0 ? super(Right.now() + ${offMs}) : super(...parts); }
          static now() { return Right.now() + ${offMs}; }
        };
      }`);
      await page.goto(server.url);
      // Both the spike of the story, twenty minutes ago, and the leap of just now.
      await page.getByText('2 rows, 2 critical').waitFor();
      const since = page.locator('.open-incidents li', { hasText: 'calm' }).getByText(/for \d+ (s|min)$/);
      const [, count = '', unit] = /for (\d+) (s|min)$/.exec((await since.textContent()) ?? '') ?? [];
      expect(Number(count) * (unit === 's' ? 1 : 60)).toBeLessThan(600);
      await page.context().close();
    },
  );

  it('keeps saying what failed while the server is away', async () => {
    const { page } = await browser.open(`${server.url}/incidents`);
    const acknowledge = page.getByRole('button', { name: 'Acknowledge', exact: true }).first();
    await acknowledge.waitFor();
    await page.context().setOffline(true);
    // What is shown now came from the cache.
    await page.getByRole('link', { name: 'Rules' }).click();
    await page.getByText('Rules could not be read.').waitFor();
    await page.getByRole('link', { name: 'Incidents', exact: true }).last().click();
    const readAgain = page.waitForEvent('requestfailed', (request) =>
      Boolean(request.postData()?.includes('query Incidents')),
    );
    await acknowledge.click();
    await readAgain;
    await page
      .getByText('The server cannot be reached: check the network, and whether it is running.')
      .waitFor();
    // Nothing that was drawn meanwhile took its place.
    await acknowledge.click({ trial: true });
    expect(await page.getByText('The server cannot be reached').count()).toBe(1);
    await page.context().close();
  });

  it.each([
    { path: '/unmonitored', next: 'Next', rows: '.unmonitored > li', narrow: 'q=metric-1' },
    { path: '/server/audit', next: 'Older', rows: '.audit > li', narrow: 'mutation=markIncidentsSeen' },
  ])('leads back through the pages of a list: $path', async ({ path, next, rows, narrow }) => {
    const names = Array.from({ length: 220 }, (_, index) => `metric-${1000 + index}`);
    await server.engine.accept.acceptNamed(names.map((metric) => ({ metric, timestampMs: 0, value: 1 })));
    for (let count = 0; count < 220; count++) {
      await read(server, MARK, { input: { ids: [incidentId], seen: count % 2 === 0 } });
    }
    const { page } = await browser.open(`${server.url}${path}?${narrow}`);
    const turn = page.getByRole('button', { name: next, exact: true });
    const first = page.locator(rows).first();
    const shown = [await first.textContent()];
    for (let count = 0; count < 2; count++) {
      await turn.click();
      await expect.poll(() => first.textContent()).not.toBe(shown.at(-1));
      shown.push(await first.textContent());
    }
    // A link to it, and the way back from where a link on it leads.
    await page.reload();
    await expect.poll(() => first.textContent()).toBe(shown[2]);
    await page.getByRole('link', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { name: 'Add', exact: true }).waitFor();
    for (const expected of shown.toReversed()) {
      await page.goBack();
      await expect.poll(() => first.textContent()).toBe(expected);
    }
    await page.context().close();
  });

  it('saves of a rule what was changed in its form, and leaves what somebody else changed meanwhile', async () => {
    const { createNotificationRule: rule } = await read<{ createNotificationRule: { id: string } }>(
      server,
      'mutation { createNotificationRule(input: { name: "two hands" }) { ... on NotificationRule { id } } }',
    );
    const { page } = await browser.open(`${server.url}/rules/${encodeURIComponent(rule.id)}`);
    await page.getByLabel('Name of the rule').fill('by two hands');
    // Switched off, and with a window, for the night.
    await read(
      server,
      `mutation ($input: UpdateNotificationRuleInput!) { updateNotificationRule(input: $input) { __typename } }`,
      {
        input: {
          id: rule.id,
          enabled: false,
          maintenanceWindows: [{ holidays: { dates: ['12-25'], timeZone: 'UTC' } }],
        },
      },
    );
    await page.getByRole('button', { name: 'Save rule' }).click();
    await page.getByRole('heading', { name: 'by two hands' }).waitFor();
    const { notificationRule } = await read<{ notificationRule: unknown }>(
      server,
      `query ($id: ID!) { notificationRule(id: $id) { name enabled maintenanceWindows { __typename } } }`,
      { id: rule.id },
    );
    expect(notificationRule).toEqual({
      name: 'by two hands',
      enabled: false,
      maintenanceWindows: [{ __typename: 'HolidayMaintenanceWindow' }],
    });
    await page.context().close();
  });

  // Restart, failures and refusals of proxies and of servers (RFC 6455, 7.4.1), and GraphQL's own.
  it.each([1012, 1008, 1011, 1015, 4400, 4500])(
    'comes back when the connection ends with %d',
    async (code) => {
      const { page } = await browser.open('about:blank');
      let socket: WebSocketRoute | undefined;
      await page.routeWebSocket('**/graphql', (opened) => {
        opened.connectToServer();
        socket = opened;
      });
      await page.goto(`${server.url}/rules`);
      const state = page.locator('.connection');
      await state.getByText('Live', { exact: true }).waitFor();
      await socket?.close({ code });
      await state.getByText('Offline').waitFor();
      await state.getByText('Live', { exact: true }).waitFor();
      await page.context().close();
    },
  );
});

describe.skipIf(executable === null)('the page of a server with keys', () => {
  it('offers to sign in again after the dialog was closed', async () => {
    await using browser = await openBrowser(executable ?? '');
    await using server = await startServer({ settings: { LAPWING_API_KEY: KEY } });
    const { page } = await browser.open(`${server.url}/rules`);
    const dialog = page.getByRole('dialog', { name: 'Sign in with an API key' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.locator('.connection').getByText('Not signed in').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await dialog.getByLabel('API key').fill(KEY);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.connection').getByText('Live', { exact: true }).waitFor();
    await page.getByText('New rule').first().waitFor();
    expect(await page.getByRole('button', { name: 'Sign in' }).count()).toBe(0);
  });
});
