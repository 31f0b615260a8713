/** GraphiQL in a real browser: it works under its own content security policy, and nothing else does. */
import { describe, expect, it } from 'vitest';
import { startServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { findChromium, openBrowser } from './open-browser.ts';

const executable = findChromium();

describe.skipIf(executable === null)('GraphiQL', () => {
  it('runs what is typed, and no script that was not in the page it came with', async () => {
    await using browser = await openBrowser(executable ?? '');
    await using server = await startServer();
    const { page, errors } = await browser.open(`${server.url}/graphql`);
    const answers: unknown[] = [];
    page.on('response', (response) => {
      if (response.request().method() === 'POST') answers.push(response.status());
    });
    // The schema is asked for first: the documentation explorer and completion need it.
    await page.locator('.graphiql-query-editor .view-lines').waitFor();
    await page.getByRole('button', { name: /^Execute query/ }).click();
    // The first tab holds two operations.
    await page.getByRole('menuitem', { name: 'Metrics' }).click();
    await page.locator('.graphiql-response .view-lines', { hasText: 'totalCount' }).waitFor();
    expect(answers.every((status) => status === 200)).toBe(true);
    expect(errors).toEqual([]);
    const ran = await page.evaluate<boolean>(`(() => {
      const script = document.createElement('script');
      script.textContent = 'window.injected = true';
      document.body.append(script);
      return window.injected === true;
    })()`);
    expect(ran).toBe(false);
    expect(errors.join()).toContain('Content Security Policy');
  });

  it('subscribes with the headers that are typed, shows why it may not without them, and stops', async () => {
    const key = 'lapwing_a-key-of-this-test-alone';
    await using browser = await openBrowser(executable ?? '');
    await using server = await startServer({ settings: { LAPWING_API_KEY: key } });
    // The editor writes the lines that are seen alone.
    const viewport = { width: 1280, height: 1600 };
    const { page } = await browser.open(`${server.url}/graphql`, { viewport });
    const run = async () => {
      await page.getByRole('button', { name: /^Execute query/ }).click();
      await page.getByRole('menuitem', { name: 'Live' }).click();
    };
    const shown = page.locator('.graphiql-response .view-lines');
    await page.locator('.graphiql-query-editor .view-lines').waitFor();
    await run();
    await shown.filter({ hasText: 'UNAUTHENTICATED' }).waitFor();
    await page.getByRole('button', { name: 'Headers' }).click();
    await page.getByRole('region', { name: 'Headers' }).getByRole('textbox').focus();
    await page.keyboard.insertText(JSON.stringify({ authorization: `Bearer ${key}` }));
    await run();
    const { live, accept, monitor } = server.engine;
    await monitor.monitorMetric({
      datasource: 'CUSTOM',
      spec: { name: 'demo.orders' },
      model: { min: 0, max: 100 },
    });
    await until(() => expect(live.subscriberCount()).toBe(1));
    await accept.acceptNamed([{ metric: 'demo.orders', timestampMs: Date.UTC(2026, 0, 2), value: 7 }]);
    await shown.filter({ hasText: 'demo.orders' }).waitFor();
    await page.getByRole('button', { name: /^Stop query/ }).click();
    await until(() => expect(live.subscriberCount()).toBe(0));
  });
});
