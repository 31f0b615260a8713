/** A server that stands still says nothing and closes nothing: the page has to notice by itself. */
import { describe, expect, it } from 'vitest';
import { withDatabase } from '../helpers/database.ts';
import { startServerProcess } from '../helpers/server-process.ts';
import { findChromium, openBrowser } from './open-browser.ts';

const executable = findChromium();
/** Two heartbeats and some room. */
const NOTICE_MS = 20_000;

describe.skipIf(executable === null)('the page of a frozen server', () => {
  it('is not called live, and is again once the server goes on', async () => {
    await using browser = await openBrowser(executable ?? '');
    await using database = await withDatabase();
    await using server = await startServerProcess({
      DATABASE_URL: database.connection,
      LAPWING_PORT: '0',
      LAPWING_GRAPHITE_PORT: '',
      LAPWING_HOST_METRICS: 'off',
    });
    const { page } = await browser.open(server.addresses.http ?? '');
    const state = page.locator('.connection');
    await state.getByText('Live', { exact: true }).waitFor();
    server.child.kill('SIGSTOP');
    try {
      await state.getByText(/Offline/).waitFor({ timeout: NOTICE_MS });
    } finally {
      server.child.kill('SIGCONT');
    }
    await state.getByText('Live', { exact: true }).waitFor();
    expect(await server.terminate()).toBe(0);
  });
});
