/** Rules with all they have, and maintenance windows, each by mouse and by keyboard alone. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { read } from '../helpers/ask.ts';
import { type TestServer, startServer } from '../helpers/start-server.ts';
import { HANDS } from './hands.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';

const executable = findChromium();
const SECRET = 'sixteen letters!';

const RULES = `{ notificationRules {
  name enabled sensitivity direction minDeviation minDeviationRatio confirmPoints confirmSeconds recoverySeconds
  quietSeconds staleSeconds learningGuard notifyEnd notifyNoData noDataSeconds timeZone
  anomalyRatePercent anomalyRateMinMetrics anomalyRateSeconds anomalyRateGroup notifyAnomalies subject body
  notifyOutliers outlierSeconds outlierTolerance outlierMinShare
  scope { namePattern servers metricIds tags { key values } }
  channels { kind target } runbookUrl
  maintenanceWindows { ... on OneOffMaintenanceWindow { start end }
    ... on WeeklyMaintenanceWindow { weekdays from to timeZone } }
} }`;

type Rule = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly maintenanceWindows: readonly Readonly<Record<string, unknown>>[];
};

describe.skipIf(executable === null)('the page of rules', () => {
  let server: TestServer;
  let browser: TestBrowser;
  let metricId: string;

  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
    server = await startServer({ settings: { LAPWING_ALLOW_PRIVATE_TARGETS: '127.0.0.1' } });
    const { monitorMetric } = await read<{ monitorMetric: { id: string } }>(
      server,
      `mutation { monitorMetric(input: { spec: { custom: { name: "shop.orders" } } }) { ... on Metric { id } } }`,
    );
    metricId = monitorMetric.id;
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const readRule = async (name: string) => {
    const { notificationRules } = await read<{ notificationRules: readonly Rule[] }>(server, RULES);
    return notificationRules.find((rule) => rule.name === name);
  };

  it('makes a rule with everything a rule has', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/rules/new`);
      const hands = take(page);
      const name = `Whole by ${hands.name}`;
      const type = (label: string, text: string) => hands.type(page.getByLabel(label, { exact: true }), text);
      await type('Name of the rule', name);
      await hands.choose(page.getByLabel('Severity threshold'), 'another score');
      await type('Least anomaly score', '0.9995');
      await page.getByText('1 in 2,000', { exact: true }).waitFor();
      await hands.press(page.getByRole('button', { name: '+ Slack' }));
      await type('URL', 'https://example.com/services/T0');
      await hands.press(page.getByLabel('Notify when a metric stops reporting, too'));
      await hands.press(page.getByLabel('Notify when many metrics are anomalous at once'));
      await hands.choose(page.getByLabel('Share of the metrics of'), 'all metrics of the rule together');
      await type('Anomalous metrics (%)', '33.5');
      await type('Anomalous metrics (at least)', '4');
      await type('For (s)', '600');
      await hands.press(page.getByLabel('Notify of single metrics, too'));
      await hands.press(page.getByLabel('Notify when a metric becomes unlike'));
      await type('Compared over (s)', '7200');
      await type('Further than (standard deviations)', '4.5');
      await type('Share of the time (%)', '75');
      await hands.press(page.getByLabel('On', { exact: true }));
      await hands.press(page.getByText('Scope ·'));
      await type('Metric name pattern', 'shop.*');
      await type('Resources (one per line)', 'shop/web-1');
      await type('Search for a metric by its name', 'orders');
      await hands.press(page.getByRole('button', { name: '+ shop.orders' }));
      await hands.press(page.getByRole('button', { name: 'Add condition' }));
      await type('Tag', 'tier');
      await type('Values (comma-separated, * = wildcard)', 'web, api-*');
      await page.getByText('Scope · Metrics named shop.*, of shop/web-1, 1 chosen metric').waitFor();
      await hands.press(page.getByText('Condition ·'));
      await hands.choose(page.getByLabel('Direction'), 'only above');
      await type('Minimum deviation (absolute)', '2.5');
      await type('Minimum deviation (%)', '12');
      await type('Consecutive anomalous points', '3');
      await type('Minimum duration (s)', '120');
      await hands.press(page.getByLabel('Ignore metrics that are still learning'));
      await hands.press(page.getByText('Times ·'));
      await type('Stopped reporting after (s without data)', '900');
      await type('Resolve after (s without anomaly)', '900');
      await type('Quiet period (s)', '7200');
      await type('Ignore data older than (s)', '1800');
      await hands.press(page.getByLabel('Notify when resolved'));
      await hands.press(page.getByText('Maintenance ·'));
      await hands.press(page.getByRole('button', { name: 'Start now for 4 hours' }));
      await hands.press(page.getByText('Message template ·'));
      await type('Time zone of local times', 'Asia/Tokyo');
      await type('Subject', '{metric.name} is odd');
      await type('Text', 'Seen {value}.');
      await hands.press(page.getByRole('button', { name: 'Save rule' }));
      await page.getByRole('article', { name: `Rule ${name}` }).waitFor();
      const rule = await readRule(name);
      expect(rule).toMatchObject({
        enabled: false,
        sensitivity: 0.9995,
        direction: 'ABOVE',
        minDeviation: 2.5,
        minDeviationRatio: 0.12,
        confirmPoints: 3,
        confirmSeconds: 120,
        recoverySeconds: 900,
        quietSeconds: 7200,
        staleSeconds: 1800,
        learningGuard: false,
        notifyEnd: false,
        notifyNoData: true,
        noDataSeconds: 900,
        anomalyRatePercent: 33.5,
        anomalyRateMinMetrics: 4,
        anomalyRateSeconds: 600,
        anomalyRateGroup: 'SCOPE',
        notifyAnomalies: false,
        notifyOutliers: true,
        outlierSeconds: 7200,
        outlierTolerance: 4.5,
        outlierMinShare: 0.75,
        timeZone: 'Asia/Tokyo',
        subject: '{metric.name} is odd',
        body: 'Seen {value}.',
        scope: {
          namePattern: 'shop.*',
          servers: ['shop/web-1'],
          metricIds: [metricId],
          tags: [{ key: 'tier', values: ['web', 'api-*'] }],
        },
        channels: [{ kind: 'SLACK' }],
      });
      const [window] = rule?.maintenanceWindows ?? [];
      expect(Date.parse(String(window?.end)) - Date.parse(String(window?.start))).toBe(4 * 3_600_000);
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });

  it('starts from a template, whose name and scope are in the first fields', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/rules/new`);
      const hands = take(page);
      const preview = page.getByRole('region', { name: 'Preview' });
      await preview
        .getByText('notified 0 times in the last 7 days (0 incidents, 1 monitored metric)')
        .waitFor();
      await hands.press(page.getByRole('button', { name: 'Production only' }));
      await preview.getByText('No monitored metric matches the scope.').waitFor();
      expect(await page.getByLabel('Name of the rule').inputValue()).toBe('Production');
      await hands.type(page.getByLabel('Name of the rule'), `Orders by ${hands.name}`);
      await hands.press(page.getByRole('button', { name: 'One resource' }));
      await hands.type(page.getByLabel('Resource', { exact: true }), 'shop.orders');
      await preview.getByText('1 monitored metric').waitFor();
      await hands.press(page.getByRole('button', { name: 'Save rule' }));
      await page.getByRole('article', { name: `Rule Orders by ${hands.name}` }).waitFor();
      const rule = await readRule(`Orders by ${hands.name}`);
      expect(rule).toMatchObject({ scope: { servers: ['shop.orders'], tags: null }, notifyNoData: false });
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });

  it('shows what the server has against a rule at the field it is about, and loses nothing', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/rules/new`);
      const hands = take(page);
      const save = () => hands.press(page.getByRole('button', { name: 'Save rule' }));
      const refusal = async (label: string, text: RegExp) => {
        const field = page.getByLabel(label, { exact: true });
        await field.and(page.locator('[aria-invalid=true]:focus')).waitFor();
        await page.locator('.refused').filter({ hasText: text }).waitFor();
        return field;
      };
      await hands.type(page.getByLabel('Name of the rule'), `Whole by mouse`);
      await hands.press(page.getByText('Message template ·'));
      await hands.type(page.getByLabel('Subject'), 'odd: {colour}');
      await hands.press(page.getByText('Message template ·'));
      await hands.press(page.getByRole('button', { name: 'Add channel' }));
      await hands.type(page.getByLabel('URL'), 'nowhere');
      await hands.type(page.getByLabel('Signing secret'), 'short');
      await save();
      // It is in a part that was folded away.
      await hands.type(await refusal('Subject', /colour/), 'odd');
      await save();
      await hands.type(await refusal('URL', /URL/), 'https://example.com/hook');
      await save();
      await hands.type(await refusal('Signing secret', /16 to 256/), SECRET);
      await save();
      const name = `Mended by ${hands.name}`;
      await hands.type(await refusal('Name of the rule', /already/), name);
      await save();
      await page.getByRole('article', { name: `Rule ${name}` }).waitFor();
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });

  it('asks for what each channel needs, and for an address only where there is no other', async () => {
    const { page, errors } = await browser.open(`${server.url}/rules/new`);
    await page.getByLabel('Name of the rule').fill('By pager');
    await page.getByRole('button', { name: 'Add channel' }).click();
    const channel = page.getByLabel('Channel', { exact: true });
    await channel.and(page.locator(':focus')).selectOption({ label: 'PagerDuty' });
    await page.getByLabel('Integration key').fill('short');
    await page.getByRole('button', { name: 'Save rule' }).click();
    const key = page.getByLabel('Integration key').and(page.locator('[aria-invalid=true]:focus'));
    await key.fill('R0123456789abcdefghijklmnopqrstu');
    await page.getByRole('button', { name: 'Add channel' }).click();
    await channel.nth(1).selectOption({ label: 'Telegram' });
    await page.getByLabel('Token of the bot').fill(`123456:${'a'.repeat(35)}`);
    await page.getByLabel('Chat', { exact: true }).fill('-1001234567890');
    await page.getByRole('button', { name: 'Add channel' }).click();
    await channel.nth(2).selectOption({ label: 'ntfy' });
    await page.getByLabel('Topic').fill('alerts');
    await page.getByRole('button', { name: '+ E-mail' }).click();
    await page.locator('input:focus').fill('ops@example.com');
    await page.getByRole('button', { name: 'Take channel 4 away' }).click();
    await page.getByText('Message template ·').click();
    await page.getByLabel('Runbook').fill('https://wiki.example.com/cpu');
    await page.getByRole('button', { name: 'Save rule' }).click();
    await page.getByRole('article', { name: 'Rule By pager' }).waitFor();
    expect(await readRule('By pager')).toMatchObject({
      runbookUrl: 'https://wiki.example.com/cpu',
      channels: [
        { kind: 'PAGERDUTY', target: 'https://events.pagerduty.com' },
        { kind: 'TELEGRAM', target: 'https://api.telegram.org, chat -1001234567890' },
        { kind: 'NTFY', target: 'https://ntfy.sh' },
      ],
    });
    await page.context().close();
    expect(errors).toEqual([]);
  });

  it('changes a rule and keeps the channels it does not show', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/rules`);
      const hands = take(page);
      const name = `Mended by ${hands.name}`;
      const card = page.getByRole('article', { name: `Rule ${name}` });
      await hands.press(card.getByRole('link', { name: 'Edit' }));
      await hands.press(page.getByText('Condition ·'));
      await hands.type(page.getByLabel('Consecutive anomalous points'), '7');
      await page.getByText('https://example.com').waitFor();
      await hands.press(page.getByRole('button', { name: 'Save rule' }));
      await card.getByText('for 7 points').waitFor();
      expect(await readRule(name)).toMatchObject({
        confirmPoints: 7,
        channels: [{ kind: 'WEBHOOK', target: 'https://example.com/…' }],
      });
      await hands.press(card.getByRole('button', { name: 'Delete' }));
      await hands.press(page.getByRole('dialog').getByRole('button', { name: 'Delete' }));
      await card.waitFor({ state: 'detached' });
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });

  it('plans maintenance of the rules one ticks, and takes it away', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/maintenance`, { timezoneId: 'Asia/Tokyo' });
      const hands = take(page);
      const other = hands.name === 'mouse' ? 'keyboard' : 'mouse';
      const window = page
        .getByRole('article', { name: 'Maintenance window' })
        .filter({ hasText: '22:00 to 06:00' });
      await hands.press(page.getByLabel(`Whole by ${other}`));
      await hands.choose(page.getByLabel('Schedule'), 'every week');
      await hands.press(page.getByLabel('Sun', { exact: true }));
      await hands.press(page.getByRole('button', { name: 'Add the window' }));
      await window.getByText('Sat, 22:00 to 06:00 of the next day, Asia/Tokyo').waitFor();
      // The rules are changed one after the other.
      await page.getByText('Added.').waitFor();
      const weekly = { weekdays: ['SATURDAY'], from: '22:00', to: '06:00', timeZone: 'Asia/Tokyo' };
      expect((await readRule(`Whole by ${hands.name}`))?.maintenanceWindows).toContainEqual(weekly);
      expect((await readRule(`Whole by ${other}`))?.maintenanceWindows).not.toContainEqual(weekly);
      await hands.press(window.getByRole('button', { name: 'Delete' }));
      await window.waitFor({ state: 'detached' });
      expect((await readRule(`Whole by ${hands.name}`))?.maintenanceWindows).toHaveLength(1);
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });
});
