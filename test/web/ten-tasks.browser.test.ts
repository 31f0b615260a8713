/**
 * What a person on call comes for, each by mouse and by keyboard, with the clicks and the keys it takes counted: docs/page.md
 * has the table.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, receiveHttp } from '../core/notify/receivers.ts';
import { read } from '../helpers/ask.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { findFaults } from './check-page.ts';
import { type Hands, HANDS } from './hands.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';
import { pushLeap, pushStory } from './push-story.ts';

const run = promisify(execFile);
const executable = findChromium();
const MAX_CLICKS = 3;
const TABLE = join(import.meta.dirname, '../../docs/page.md');
const CREATE_RULE = `mutation { createNotificationRule(input: { name: "all", scope: {} }) { __typename } }`;

/** What somebody did; keys are counted by the page, those that are held with another as one. */
interface Steps {
  clicks: number;
  keys: number;
}

interface Bench {
  readonly page: Page;
  readonly hands: Hands;
  readonly server: TestServer;
  readonly receiver: Receiver;
}

interface Task {
  readonly name: string;
  /** Of the server's addresses; of a metric when it begins with a name. */
  readonly from: string;
  /** Resolves once it is seen to be done. */
  readonly act: (bench: Bench) => Promise<unknown>;
}

const TASKS: readonly Task[] = [
  {
    name: 'Begin: a first metric by curl',
    from: '/',
    act: async ({ page, hands, server }) => {
      await hands.press(page.getByRole('button', { name: 'Copy curl' }));
      await page.getByText('copied').waitFor();
      await run('bash', ['-c', await page.evaluate('navigator.clipboard.readText()')]);
      await hands.press(page.getByRole('button', { name: 'Monitor all, new ones too' }));
      await page.getByRole('treegrid').getByRole('link', { name: 'my.first.metric' }).waitFor();
      await forget(server);
    },
  },
  {
    name: 'See what is wrong, and since when',
    from: '/',
    act: async ({ page, hands }) => {
      await hands.press(
        page.getByRole('region', { name: 'Open incidents' }).getByRole('link', { name: 'calm' }),
      );
      await page.getByText('First anomalous point').waitFor();
    },
  },
  {
    name: 'See what else was anomalous then',
    from: '/incidents',
    act: async ({ page, hands }) => {
      await hands.press(page.getByRole('article', { name: /calm/ }).getByRole('link', { name: 'Chart' }));
      await page.getByRole('region', { name: 'What else was anomalous' }).getByText('shop.latency').waitFor();
    },
  },
  {
    name: 'Compare two metrics',
    from: 'calm',
    act: async ({ page, hands }) => {
      await hands.press(page.getByRole('button', { name: 'Compare with …' }));
      await hands.type(page.getByRole('dialog').getByRole('combobox'), 'shop.orders');
      await page.getByRole('option', { name: /shop\.orders/ }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('article', { name: 'shop.orders' }).locator('canvas').waitFor();
    },
  },
  {
    name: 'See the last three hours',
    from: 'calm',
    act: async ({ page, hands }) => {
      await hands.press(page.getByRole('button', { name: '3h' }));
      await page.waitForURL(/last=3h/);
    },
  },
  {
    name: 'Share what is seen',
    from: 'calm',
    act: async ({ page, hands }) => {
      await hands.press(page.getByRole('button', { name: 'Copy link' }));
      await page.getByText('copied').waitFor();
      const link = new URL(await page.evaluate('navigator.clipboard.readText()'));
      expect(Date.parse(link.searchParams.get('from') ?? '')).toBeLessThan(Date.now());
    },
  },
  {
    name: 'Acknowledge an incident',
    from: '/incidents?show=ALL',
    act: async ({ page, hands, server }) => {
      await server.database.pool.query('UPDATE incident SET acknowledged_at = NULL');
      const incident = page.getByRole('article', { name: /calm/ });
      await hands.press(incident.getByRole('button', { name: 'Acknowledge' }));
      await incident.getByText('acknowledged').waitFor();
    },
  },
  {
    name: 'Silence a metric for four hours',
    from: 'calm',
    act: async ({ page, hands }) => {
      await hands.press(page.getByRole('button', { name: 'Silence…' }));
      await hands.press(page.getByRole('button', { name: 'This metric for 4 hours' }));
      await page.getByText('Metric silenced for 4 hours.').waitFor();
    },
  },
  {
    name: 'Send every critical anomaly to Slack',
    from: '/incidents',
    act: async ({ page, hands, receiver }) => {
      await hands.press(page.getByRole('link', { name: 'New rule' }));
      await hands.press(page.getByRole('button', { name: '+ Slack' }));
      await hands.type(page.getByLabel('URL'), `${receiver.url}/services/${hands.name}`);
      await page.keyboard.press('Enter');
      await page.getByRole('article', { name: 'Rule Critical anomalies' }).waitFor();
    },
  },
  {
    name: 'See why a metric has no alerts yet',
    from: '/',
    act: async ({ page, hands }) => {
      await hands.press(page.getByRole('button', { name: 'Search' }));
      await hands.type(page.getByRole('dialog').getByRole('combobox'), 'new.metric');
      await page.getByRole('option', { name: /new\.metric/ }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByText(/Scoring starts after [0-9]+ more data points\./).waitFor();
    },
  },
];

describe.skipIf(executable === null)('the ten tasks of a person on call', () => {
  let server: TestServer;
  let browser: TestBrowser;
  let receiver: Receiver;
  const counted = new Map<string, { mouse?: Steps; keyboard?: Steps }>();

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

  const doTask = async ({ from, act }: Task, take: (page: Page) => Hands): Promise<Steps> => {
    const path = from.startsWith('/') ? from : `/metric/${await findMetric(server, from)}`;
    const permissions = ['clipboard-read', 'clipboard-write'];
    const { page, errors } = await browser.open('about:blank', { permissions });
    await page.addInitScript(COUNT_KEYS);
    await page.goto(`${server.url}${path}`);
    const steps: Steps = { clicks: 0, keys: 0 };
    const hands = countClicks(take(page), steps);
    await act({ page, hands, server, receiver });
    steps.keys = Number(await page.evaluate('sessionStorage.keys ?? 0'));
    await page.context().close();
    expect(errors).toEqual([]);
    return steps;
  };

  it.each(TASKS)('$name: by mouse in three clicks, and by keyboard alone', async (task) => {
    const steps: { mouse?: Steps; keyboard?: Steps } = {};
    if (task !== TASKS[0] && counted.size === 1) await prepare(server);
    for (const take of HANDS) {
      await server.database.pool.query(`DELETE FROM notification_rule WHERE name = 'Critical anomalies'`);
      const name = take === HANDS[0] ? 'mouse' : 'keyboard';
      steps[name] = await doTask(task, take);
    }
    counted.set(task.name, steps);
    expect(steps.mouse?.clicks).toBeLessThanOrEqual(MAX_CLICKS);
    expect(steps.keyboard?.clicks).toBe(0);
    expect(steps.keyboard?.keys).toBeGreaterThan(0);
  });

  it('take the clicks the documentation says, and no more keys', () => {
    const rows = [...readFileSync(TABLE, 'utf8').matchAll(/^\| (.+?) +\| +(\d) \| +(\d+) \|$/gm)];
    const documented = new Map(rows.map(([, name, clicks, keys]) => [name, { clicks, keys }]));
    expect([...documented.keys()]).toEqual(TASKS.map(({ name }) => name));
    for (const [name, { mouse, keyboard }] of counted) {
      const { clicks, keys } = documented.get(name) ?? {};
      expect([name, mouse?.clicks]).toEqual([name, Number(clicks)]);
      expect([name, keyboard?.keys ?? 0, Number(keys) >= (keyboard?.keys ?? Infinity)]).toEqual([
        name,
        keyboard?.keys,
        true,
      ]);
    }
  });

  it('include what a message links to, which is offered, and done by nothing but a press', async () => {
    const { rows } = await server.database.pool.query<{ id: string }>(
      `UPDATE incident SET acknowledged_at = NULL WHERE metric_name = 'calm' RETURNING id`,
    );
    const isTaken = async () => {
      const found = await server.database.pool.query(
        'SELECT FROM incident WHERE acknowledged_at IS NOT NULL',
      );
      return found.rowCount !== 0;
    };
    await server.database.pool.query('UPDATE incident SET acknowledged_at = NULL; DELETE FROM silence');
    const path = `/incidents/${encodeURIComponent(`Incident:${rows[0]?.id ?? ''}`)}`;
    const { page, errors } = await browser.open(`${server.url}${path}?offer=acknowledge`);
    const button = page.getByRole('button', { name: 'Acknowledge this incident' });
    await button.waitFor();
    expect(await isTaken()).toBe(false);
    await button.click();
    await page.getByText(/ · acknowledged/).waitFor();
    expect(await isTaken()).toBe(true);
    expect(new URL(page.url()).search).toBe('');
    await page.goto(`${server.url}${path}?offer=silence`);
    await page.getByRole('button', { name: 'For 4 hours' }).waitFor();
    expect((await server.database.pool.query('SELECT FROM silence')).rowCount).toBe(0);
    await page.getByRole('button', { name: 'For 4 hours' }).click();
    await page.getByText('Metric silenced for 4 hours.').waitFor();
    expect(await findFaults(page, 'an offer')).toEqual([]);
    await page.context().close();
    expect(errors).toEqual([]);
  });
});

/** Keys, in this browser's tab; what only changes another key is none. */
const COUNT_KEYS = `addEventListener('keydown', ({ key, isTrusted }) => {
  if (isTrusted && !['Control', 'Shift', 'Meta', 'Alt'].includes(key))
    sessionStorage.keys = Number(sessionStorage.keys ?? 0) + 1;
}, true)`;

/** A list is opened by one click, and chosen from by another. */
function countClicks(hands: Hands, steps: Steps): Hands {
  const count = (clicks: number) => {
    if (hands.name === 'mouse') steps.clicks += clicks;
  };
  return {
    name: hands.name,
    press: async (target) => {
      count(1);
      await hands.press(target);
    },
    type: async (field, text) => {
      count(1);
      await hands.type(field, text);
    },
    choose: async (select, text) => {
      count(2);
      await hands.choose(select, text);
    },
  };
}

/** A server with a story: an incident that is over, one that lasts, and a metric that is still learning. */
async function prepare(server: TestServer): Promise<void> {
  await read(server, CREATE_RULE);
  await pushStory(server);
  await pushLeap(server);
  await read(
    server,
    `mutation { monitorMetric(input: { spec: { custom: { name: "new.metric" } } }) { __typename } }`,
  );
  const points = Array.from({ length: 20 }, (_, back) => ({
    metric: 'new.metric',
    timestamp: new Date(Date.now() - (20 - back) * 60_000).toISOString(),
    value: back,
  }));
  await read(
    server,
    `mutation ($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }`,
    { points },
  );
  for (;;) {
    const { rows } = await server.database.pool.query<{ name: string }>(
      `SELECT metric_name AS name FROM incident WHERE state = 'FIRING'`,
    );
    if (rows.some(({ name }) => name === 'calm')) return;
  }
}

/** What the first task made, so that it can be done again. */
async function forget(server: TestServer): Promise<void> {
  const { metrics, monitoringPolicies } = await read<{
    metrics: { nodes: { id: string }[] };
    monitoringPolicies: { nodes: { id: string }[] };
  }>(server, `{ metrics { nodes { id } } monitoringPolicies { nodes { id } } }`);
  for (const { id } of metrics.nodes) {
    await read(server, `mutation ($id: ID!) { deleteMetric(input: { id: $id }) { __typename } }`, { id });
  }
  for (const { id } of monitoringPolicies.nodes) {
    await read(server, `mutation ($id: ID!) { deleteMonitoringPolicy(input: { id: $id }) { __typename } }`, {
      id,
    });
  }
}

async function findMetric(server: TestServer, wanted: string): Promise<string> {
  const { metrics } = await read<{ metrics: { nodes: { id: string; name: string }[] } }>(
    server,
    '{ metrics { nodes { id name } } }',
  );
  return encodeURIComponent(metrics.nodes.find(({ name }) => name === wanted)?.id ?? '');
}
