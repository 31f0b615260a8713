/** Looking: the wall, a metric, incidents, the server. One server with a small story for all. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestServer, startServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { type Receiver, receiveHttp } from '../core/notify/receivers.ts';
import { findFaults, PATHS, untilShown } from './check-page.ts';
import { HANDS, useKeyboard } from './hands.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';
import { pushStory, STORY_POINTS } from './push-story.ts';

const executable = findChromium();

describe.skipIf(executable === null)('the page', () => {
  let server: TestServer;
  let browser: TestBrowser;
  let receiver: Receiver;

  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
    receiver = await receiveHttp();
    server = await startServer({ settings: { LAPWING_ALLOW_PRIVATE_TARGETS: '127.0.0.1' } });
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await receiver[Symbol.asyncDispose]();
  });

  it('loads less than 200 kB of script, compressed, all of it at once and from its own server', async () => {
    const { page } = await browser.open('about:blank');
    const seen: { readonly url: string; readonly bytes: number }[] = [];
    page.on('response', (response) => {
      const bytes = Number(response.headers()['content-length'] ?? 0);
      if (response.url().endsWith('.js')) seen.push({ url: response.url(), bytes });
    });
    await page.goto(server.url);
    await page.getByText('No metrics yet').waitFor();
    expect(seen.every(({ url }) => url.startsWith(server.url))).toBe(true);
    const total = seen.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(total).toBeGreaterThan(10_000);
    expect(total).toBeLessThan(200_000);
  });

  it('says where to begin while nothing is monitored', async () => {
    const { page, errors } = await browser.open(server.url);
    await page.getByText('No metrics yet').waitFor();
    await page.getByRole('link', { name: 'Add data source' }).click();
    await page.getByRole('heading', { name: 'Add' }).waitFor();
    expect(errors).toEqual([]);
  });

  it('makes a rule and tries it, by mouse and by keyboard', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/rules`);
      const hands = take(page);
      const name = `All by ${hands.name}`;
      await hands.press(page.getByRole('link', { name: 'New rule' }));
      await hands.type(page.getByLabel('Name of the rule'), name);
      await hands.press(page.getByRole('button', { name: 'Save rule' }));
      const rule = page.getByRole('article', { name: `Rule ${name}` });
      await hands.press(rule.getByRole('button', { name: 'Test' }));
      await rule.getByText('nothing to test').waitFor();
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });

  it('makes a rule that tells a webhook', async () => {
    receiver.answer(500);
    const { page, errors } = await browser.open(`${server.url}/rules`);
    const hands = useKeyboard(page);
    await hands.press(page.getByRole('link', { name: 'New rule' }));
    await hands.type(page.getByLabel('Name of the rule'), 'Telling');
    await hands.press(page.getByRole('button', { name: 'Add channel' }));
    await hands.choose(page.getByLabel('Channel', { exact: true }), 'a webhook');
    await hands.type(page.getByLabel('URL'), `${receiver.url}/hook`);
    await hands.type(page.getByLabel('Signing secret'), 'sixteen letters!');
    await hands.press(page.getByRole('button', { name: 'Save rule' }));
    const rule = page.getByRole('article', { name: 'Rule Telling' });
    await hands.press(rule.getByRole('button', { name: 'Test' }));
    await rule.getByText('answered 500').waitFor();
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('shows bars by resource, grows them live, and opens a row, by mouse and by keyboard', async () => {
    const { page, errors } = await browser.open(`${server.url}/?window=DAYS`);
    await page.getByText('No metrics yet').waitFor();
    await pushStory(server);
    const row = page.getByRole('row').filter({ hasText: 'shop/web-1' });
    await row.getByRole('img', { name: /1 critical/ }).waitFor();
    await row.getByRole('button', { name: 'Open shop/web-1' }).click();
    await page.getByRole('treegrid').getByRole('link', { name: 'shop.latency' }).waitFor();
    await until(() => expect(page.url()).toContain('open=shop'));
    await page.keyboard.press('Tab');
    await row.focus();
    await page.keyboard.press('ArrowLeft');
    await row.and(page.locator('[aria-expanded=false]')).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('treegrid').getByRole('link', { name: 'shop.latency' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'shop.latency' }).waitFor();
    expect(errors).toEqual([]);
  });

  it('shows what a rule would have notified of last week, as it is typed', async () => {
    const { page, errors } = await browser.open(`${server.url}/rules/new`);
    const preview = page.getByRole('region', { name: 'Preview' });
    await preview
      .getByText('Would have notified 1 time in the last 7 days (1 incident, 3 monitored metrics).')
      .waitFor();
    await preview.getByRole('link', { name: 'shop.latency' }).waitFor();
    await page.getByRole('button', { name: 'One resource' }).click();
    await page.getByLabel('Resource', { exact: true }).fill('calm');
    await preview.getByText('0 times in the last 7 days (0 incidents, 1 monitored metric).').waitFor();
    await page.getByText('Condition ·').click();
    await page.getByLabel('Consecutive anomalous points').fill('0');
    await preview.getByText('confirmPoints: expected 1 to 1000, got 0').waitFor();
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('explains an anomalous point and previews a policy before it is saved', async () => {
    const { page, errors } = await browser.open(`${server.url}/?window=DAYS&open=shop%2Fweb-1`);
    await page.getByRole('treegrid').getByRole('link', { name: 'shop.latency' }).click();
    await page.getByRole('region', { name: 'Why' }).getByText('▲ critical').waitFor();
    await page.getByText('▲ critical').first().waitFor();
    await page.getByText(/Alert sensitivity/).click();
    await page.getByText(/of \d+ anomalies would have triggered an alert/).waitFor();
    await page.getByLabel('Direction').selectOption('BELOW');
    await page.getByText(/: 0 of \d+ anomalies/).waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved.').waitFor();
    await page.getByText('Alert sensitivity: only below').waitFor();
    await page.getByRole('application').focus();
    await page.keyboard.press('ArrowLeft');
    await page.getByText('Fixed range', { exact: true }).waitFor();
    await until(() => expect(page.url()).toContain('from='));
    expect(errors).toEqual([]);
  });

  it('takes incidents on and labels them, by mouse and by keyboard', async () => {
    for (const take of HANDS) {
      await server.database.pool.query(
        'UPDATE incident SET acknowledged_at = NULL; DELETE FROM anomaly_label',
      );
      const { page, errors } = await browser.open(`${server.url}/incidents?show=ALL`);
      const hands = take(page);
      // Three rules opened an incident each: it is one event.
      const incident = page.getByRole('article', { name: /shop\.latency/ });
      await incident.getByText(/Rules: .*All by mouse/).waitFor();
      expect(await incident.count()).toBe(1);
      await hands.press(incident.getByRole('button', { name: 'Acknowledge' }));
      await incident.getByText('acknowledged').waitFor();
      const normal = incident.getByRole('button', { name: 'False positive' });
      await hands.press(normal);
      await page.waitForFunction(
        (label) =>
          Array.from(globalThis.document.querySelectorAll('[aria-pressed=true]')).some(
            (one) => one.textContent === label,
          ),
        'False positive',
      );
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });

  it('tries a message again that was given up', async () => {
    const { page, errors } = await browser.open(`${server.url}/messages`);
    await page.getByText('answered 500').first().waitFor();
    // What a day of tries comes to.
    await server.database.pool.query(`UPDATE notification SET state = 'FAILED'`);
    await page.goto(`${server.url}/messages?show=FAILED`);
    const hands = useKeyboard(page);
    const message = page.getByRole('article', { name: /failed/ }).first();
    await message.waitFor();
    receiver.answer(200);
    await hands.press(message.getByRole('button', { name: 'Try again' }));
    await receiver.arrived(1);
    await hands.press(page.getByRole('button', { name: 'All', exact: true }));
    await page
      .getByRole('article', { name: /delivered/ })
      .first()
      .waitFor();
    expect(receiver.received[0]?.body).toContain('shop.latency');
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('keeps the samples of a metric as a file, and everything about it, by mouse and by keyboard', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/?window=DAYS&open=shop%2Fweb-1`);
      await page.getByRole('treegrid').getByRole('link', { name: 'shop.latency' }).click();
      const hands = take(page);
      await hands.press(page.getByText('Export data'));
      await hands.choose(page.getByLabel('Samples as'), 'NDJSON');
      await hands.choose(page.getByLabel('Time range'), 'All');
      const [samples] = await Promise.all([
        page.waitForEvent('download'),
        hands.press(page.getByRole('button', { name: 'Download samples' })),
      ]);
      const lines = (await readFile(await samples.path(), 'utf8')).trim().split('\n');
      expect(lines).toHaveLength(STORY_POINTS);
      const [archive] = await Promise.all([
        page.waitForEvent('download'),
        hands.press(page.getByRole('button', { name: 'Download the archive' })),
      ]);
      expect(archive.suggestedFilename()).toMatch(/\.tar\.gz$/);
      expect((await readFile(await archive.path())).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });

  it('has no barrier axe knows, and fits, on every page, in light and in dark, from a telephone to a wall', async () => {
    const viewport = { width: 360, height: 800 };
    const { page, errors } = await browser.open('about:blank', { viewport });
    const faults: string[] = [];
    const look = async (name: string) => {
      await untilShown(page);
      faults.push(...(await findFaults(page, name)));
      await page.setViewportSize(viewport);
    };
    for (const path of PATHS) {
      await page.goto(`${server.url}${path}`);
      await look(path);
    }
    await page.goto(`${server.url}/?window=DAYS&open=shop%2Fweb-1`);
    await page.getByRole('treegrid').getByRole('link', { name: 'shop.latency' }).click();
    await page.getByRole('region', { name: 'Why' }).waitFor();
    await page.getByText(/Alert sensitivity/).click();
    await page.getByText('Export data').click();
    await look('a metric');
    await page.goto(`${server.url}/rules`);
    await page.getByRole('article').first().getByRole('link', { name: 'Edit' }).click();
    await page.getByText('Scope ·').click();
    await page.getByText('Condition ·').click();
    await page.getByText('Times ·').click();
    await page.getByText('Maintenance ·').click();
    await page.getByText('Message template ·').click();
    await look('a rule');
    await page.goto(`${server.url}/incidents?show=ALL`);
    await page
      .getByRole('article', { name: /shop\.latency/ })
      .getByRole('link', { name: 'shop.latency' })
      .click();
    await page.getByRole('heading', { name: 'Timeline' }).waitFor();
    await look('an incident');
    expect(faults).toEqual([]);
    expect(errors).toEqual([]);
  });
});
