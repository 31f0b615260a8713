/** The overview: how much was anomalous when, and what it was in a span that is chosen by mouse or keyboard. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { createSampleMonths } from '../../src/core/samples/month-partitions.ts';
import { until } from '../helpers/until.ts';
import { findFaults } from './check-page.ts';
import { HANDS } from './hands.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';

const executable = findChromium();
const HOUR_MS = 3_600_000;
/** Of 24 hours, the newest last. */
const ANOMALOUS: Readonly<Record<string, readonly number[]>> = {
  'web.latency': [10, 11],
  'web.errors': [11],
  'disk.free': [20],
  'calm.load': [],
};

/** Not by its place: an hour may begin while the tests run. */
function findSlot(labels: readonly string[]): number {
  const place = labels.findIndex((label) => label.endsWith('2 of 4 metrics anomalous, 2 critical'));
  if (place < 2) throw new Error(`no hour with both in ${JSON.stringify(labels)}`);
  return place;
}

describe.skipIf(executable === null)('the overview', () => {
  let server: TestServer;
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
    server = await startServer();
    const { engine, database } = server;
    const lastMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    await createSampleMonths(database.pool).ensure([lastMs - 24 * HOUR_MS, lastMs]);
    for (const [name, places] of Object.entries(ANOMALOUS)) {
      const id = await engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec: { name }, model: {} });
      const slots = Array.from({ length: 24 }, (_, place) => ({
        start: new Date(lastMs - (23 - place) * HOUR_MS).toISOString(),
        score: places.includes(place) ? 0.999999 : 0.3,
      }));
      await database.pool.query(
        `INSERT INTO bar (metric_number, minutes, start, score, count)
         SELECT $1, width, to_timestamp(floor(extract(epoch FROM slot.start) / (width * 60)) * width * 60), max(slot.score), 0
         FROM unnest($2::timestamptz[], $3::float8[]) AS slot (start, score), unnest('{5,60,480}'::int[]) AS width
         GROUP BY 2, 3`,
        [engine.registry.byId(id)?.number, slots.map(({ start }) => start), slots.map(({ score }) => score)],
      );
    }
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('names what was anomalous in a span that is dragged over, and keeps it in the address', async () => {
    const { page, errors } = await browser.open(`${server.url}/?window=DAYS`);
    const timeline = page.getByRole('group', { name: 'Anomaly rate over time' });
    await timeline.getByRole('button', { name: '2 of 4 metrics anomalous, 2 critical' }).waitFor();
    const buttons = timeline.getByRole('button');
    const both = findSlot(await buttons.evaluateAll((all) => all.map((one) => one.ariaLabel ?? '')));
    const [from, to] = [await buttons.nth(both - 2).boundingBox(), await buttons.nth(both + 1).boundingBox()];
    if (from === null || to === null) throw new Error('the timeline is not shown');
    await page.mouse.move(from.x + from.width / 2, from.y + 5);
    await page.mouse.down();
    await page.mouse.move(to.x + to.width / 2, to.y + 5, { steps: 4 });
    await page.mouse.up();
    const found = page.getByRole('region', { name: 'Anomalous' });
    await found.getByText('2 metrics, the most severe first.').waitFor();
    expect(await found.getByRole('link').allTextContents()).toEqual(['web.latency', 'web.errors']);
    expect(await findFaults(page, 'the overview with a span')).toEqual([]);
    await page.reload();
    await found.getByText('2 metrics, the most severe first.').waitFor();
    await found.getByRole('button', { name: 'Close' }).click();
    await found.waitFor({ state: 'detached' });
    await until(() => expect(new URL(page.url()).search).toBe('?window=DAYS'));
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('does so by keyboard: arrows move, Enter chooses, Shift+Enter extends, Escape clears', async () => {
    const { page, errors } = await browser.open(`${server.url}/?window=DAYS`);
    const timeline = page.getByRole('group', { name: 'Anomaly rate over time' });
    const found = page.getByRole('region', { name: 'Anomalous' });
    await timeline.getByRole('button', { name: '1 of 4 metrics anomalous, 1 critical' }).last().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await found.getByText('1 metric.').waitFor();
    expect(await found.getByRole('link').allTextContents()).toEqual(['disk.free']);
    for (let step = 0; step < 9; step++) await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Shift+Enter');
    await found.getByText('3 metrics, the most severe first.').waitFor();
    await page.keyboard.press('Escape');
    await found.waitFor({ state: 'detached' });
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('takes a span from a dialog, by mouse and by keyboard, where one cannot drag', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/?window=DAYS`);
      const hands = take(page);
      await hands.press(page.getByRole('button', { name: 'Choose range' }));
      const dialog = page.getByRole('dialog', { name: 'What was anomalous in a time range' });
      const options = await dialog.getByLabel('From').locator('option').allTextContents();
      const both = findSlot(options);
      await hands.choose(dialog.getByLabel('From'), options[both - 1] ?? '');
      await hands.choose(dialog.getByLabel('To the end of'), options[both] ?? '');
      if (hands.name === 'mouse') expect(await findFaults(page, 'the choice of a range')).toEqual([]);
      await hands.press(dialog.getByRole('button', { name: 'Show' }));
      const found = page.getByRole('region', { name: 'Anomalous' });
      await found.getByText('2 metrics, the most severe first.').waitFor();
      expect(await found.getByRole('link').allTextContents()).toEqual(['web.latency', 'web.errors']);
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });

  it('reads the most anomalous rows of a large wall first, and then all', async () => {
    for (let index = 0; index < 120; index += 1) {
      const spec = { name: `many.${index}` };
      await server.engine.monitor.monitorMetric({ datasource: 'CUSTOM', spec, model: {} });
    }
    const { page, errors } = await browser.open('about:blank');
    const asked: unknown[] = [];
    page.on('request', (request) => {
      const body = request.postData() ?? '';
      if (body.includes('"operationName":"Wall"'))
        asked.push((JSON.parse(body) as { variables: { first: number } }).variables.first);
    });
    await page.goto(`${server.url}/?window=DAYS`);
    await page.getByText(/^124 rows, 3 critical$/).waitFor();
    expect(asked.slice(0, 2)).toEqual([100, 3000]);
    await page.context().close();
    expect(errors).toEqual([]);
  });
});
