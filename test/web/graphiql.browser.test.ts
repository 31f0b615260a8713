/** GraphiQL in a real browser: it works under its own content security policy, and nothing else does. */
import { describe, expect, it } from 'vitest';
import { startServer } from '../helpers/start-server.ts';
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
});
