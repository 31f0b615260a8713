/** What somebody on call does in the minutes after a message, on the page of the demo. */
import type { Page } from 'playwright-core';
import type { DemoSeries } from './demo-series.ts';
import type { Hand } from './screencast-hand.ts';

const MINUTE_MS = 60_000;
const OUTAGE_MS = 30 * MINUTE_MS;
/** In so long it gets as bad again: what stays as bad as it is becomes normal, and its incident ends. */
const GROWTH_MS = 10 * MINUTE_MS;

/** How many times as high at first, and how long after the first of them. */
const OUTAGE: Readonly<Record<string, { readonly factor: number; readonly afterMs: number }>> = {
  'db-1.connections': { factor: 4, afterMs: 0 },
  'payments.latency': { factor: 3.5, afterMs: 5 * MINUTE_MS },
  'payments.success': { factor: 0.93, afterMs: 10 * MINUTE_MS },
  'orders.queued': { factor: 5, afterMs: 10 * MINUTE_MS },
};

/** The same series, at the end of whose history the connections of the database run out. */
export function addOutage(series: readonly DemoSeries[]): readonly DemoSeries[] {
  return series.map((one) => {
    const outage = OUTAGE[one.name];
    if (outage === undefined) return one;
    const beganMs = OUTAGE_MS - outage.afterMs;
    const change = (beforeEndMs: number) =>
      beforeEndMs > beganMs ? 1 : 1 + (outage.factor - 1) * (1 + (beganMs - beforeEndMs) / GROWTH_MS);
    return {
      ...one,
      valueAt: (timeMs, beforeEndMs, noise) => one.valueAt(timeMs, beforeEndMs, noise) * change(beforeEndMs),
    };
  });
}

/** @param page shows the overview of the last two hours */
export async function tellStory(page: Page, hand: Hand): Promise<void> {
  await lookAround(page, hand);
  await findCause(page, hand);
  await compare(page, hand);
  await silence(page, hand);
  await acknowledge(page, hand);
  await addRule(page, hand);
  await showWall(page, hand);
}

async function lookAround(page: Page, hand: Hand): Promise<void> {
  const incidents = page.getByRole('region', { name: 'Open incidents' });
  await hand.say('A message woke you: payments are slow. The overview shows what is wrong now.', 3);
  await hand.point(incidents.getByRole('link', { name: 'payments.latency' }));
  await hand.look(1.5);
  await hand.say('The anomaly rate of all metrics: drag over the time in question.', 1.5);
  const bars = page.locator('.rate button.red');
  const [first, last] = await Promise.all([bars.first().boundingBox(), bars.last().boundingBox()]);
  if (first === null || last === null) throw new Error('the timeline shows no outage');
  const y = first.y + first.height / 2;
  const from = { x: first.x + first.width / 2, y };
  const to = { x: last.x + last.width / 2, y };
  const then = page.getByRole('region', { name: 'Anomalous' });
  await hand.drag(from, to, then.getByRole('listitem').first());
  await hand.say('What was anomalous then, and since when: the connections of the database came first.', 4);
}

async function findCause(page: Page, hand: Hand): Promise<void> {
  const then = page.getByRole('region', { name: 'Anomalous' });
  await hand.click(
    then.getByRole('link', { name: 'db-1.connections' }),
    page.getByRole('region', { name: 'Why' }),
  );
  await hand.say('Its values in the expected range, and why they are an anomaly.', 2);
  await hand.point(page.getByRole('region', { name: 'Why' }).getByText('Rarity'));
  await hand.look(2.5);
  const chart = await page.getByRole('application').boundingBox();
  if (chart === null) throw new Error('there is no chart');
  for (const share of [0.35, 0.55, 0.72]) {
    await hand.point({ x: chart.x + chart.width * share, y: chart.y + 150 });
    await hand.look(0.6);
  }
  await hand.say('What else was anomalous, the most similar first.', 0.5);
  await hand.point(
    page.getByRole('region', { name: 'What else was anomalous' }).getByRole('listitem').first(),
  );
  await hand.look(3);
}

async function compare(page: Page, hand: Hand): Promise<void> {
  const button = page.getByRole('button', { name: 'Compare with …' });
  await hand.say('Compare it with another metric on the same time axis.', 1);
  await hand.scroll(480);
  const field = page.getByRole('dialog').getByRole('combobox');
  await hand.click(button, field);
  await hand.type('payments.lat');
  await page.getByRole('option', { name: /payments\.latency/ }).waitFor();
  await hand.look(0.8);
  const other = page.getByRole('article', { name: 'payments.latency' });
  await hand.press('Enter', other.locator('canvas'));
  await hand.scroll(120);
  await hand.point(other.locator('canvas'));
  await hand.look(3);
}

async function silence(page: Page, hand: Hand): Promise<void> {
  await hand.say('The cause is known. Silence it for an hour: it is still scored, nobody is notified.', 1);
  await hand.scroll(-960);
  const hour = page.getByRole('button', { name: 'This metric for 1 hour' });
  await hand.click(page.getByRole('button', { name: 'Silence…' }), hour);
  await hand.look(1.2);
  await hand.click(hour, page.getByText('Metric silenced for 1 hour.'));
  await hand.look(1.8);
}

async function acknowledge(page: Page, hand: Hand): Promise<void> {
  const field = page.getByRole('dialog').getByRole('combobox');
  await hand.say('Ctrl-K finds everything by name: metrics, incidents, rules, pages.', 1);
  await hand.press('ControlOrMeta+k', field);
  await hand.look(0.8);
  await hand.type('payments.lat');
  const incident = page.getByRole('option', { name: /firing/ });
  await incident.waitFor();
  await hand.look(1);
  await hand.click(incident, page.getByRole('heading', { name: 'Timeline' }));
  await hand.say('The incident at an address that stays. Acknowledge it.', 2);
  await hand.click(page.getByRole('button', { name: 'Acknowledge' }), page.getByText(/· acknowledged/));
  await hand.look(2.2);
}

async function addRule(page: Page, hand: Hand): Promise<void> {
  const field = page.getByRole('dialog').getByRole('combobox');
  await hand.say('A new rule shows how often it would have notified you last week.', 1);
  await hand.press('ControlOrMeta+k', field);
  await hand.type('new rule');
  const preview = page.getByRole('region', { name: 'Preview' });
  await hand.press('Enter', preview.getByText(/Would have notified/));
  await hand.point(preview.getByText(/Would have notified/));
  await hand.look(3);
}

async function showWall(page: Page, hand: Hand): Promise<void> {
  await hand.say('And for the screen on the wall:', 0.5);
  await hand.click(page.getByRole('link', { name: 'Overview' }), page.getByRole('treegrid'));
  await hand.click(
    page.getByRole('link', { name: 'Wall screen' }),
    page.getByRole('heading', { name: /open incidents/ }),
  );
  await hand.say('The wall screen: no navigation, letters that grow with the screen, live.', 6);
}
