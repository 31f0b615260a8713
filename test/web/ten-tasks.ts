/** What a person on call comes for, each task from where it begins to where it is seen to be done. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Receiver } from '../core/notify/receivers.ts';
import { read } from '../helpers/ask.ts';
import type { TestServer } from '../helpers/start-server.ts';
import type { Hands } from './hands.ts';
import { pushLeap, pushStory } from './push-story.ts';

const run = promisify(execFile);
const CREATE_RULE = `mutation { createNotificationRule(input: { name: "all", scope: {} }) { __typename } }`;

interface Bench {
  readonly page: Page;
  readonly hands: Hands;
  readonly server: TestServer;
  readonly receiver: Receiver;
}

export interface Task {
  readonly name: string;
  /** Of the server's addresses; of a metric when it begins with a name. */
  readonly from: string;
  /** Resolves once it is seen to be done. */
  readonly act: (bench: Bench) => Promise<unknown>;
  /** What makes it possible again, and what makes others possible after it. */
  readonly before?: (server: TestServer) => Promise<void>;
  readonly after?: (server: TestServer) => Promise<void>;
}

export const TASKS: readonly Task[] = [
  {
    name: 'Begin: a first metric by curl',
    from: '/',
    act: async ({ page, hands }) => {
      await hands.press(page.getByRole('button', { name: 'Copy curl' }));
      await page.getByText('copied').waitFor();
      await run('bash', ['-c', await page.evaluate('navigator.clipboard.readText()')]);
      await hands.press(page.getByRole('button', { name: 'Monitor all, new ones too' }));
      await page.getByRole('treegrid').getByRole('link', { name: 'my.first.metric' }).waitFor();
    },
    after: forget,
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
      await hands.confirm();
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
    before: async ({ database }) => {
      await database.pool.query('UPDATE incident SET acknowledged_at = NULL');
    },
    act: async ({ page, hands }) => {
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
      await hands.paste(page.getByLabel('URL'), `${receiver.url}/services/${hands.name}`);
      await hands.confirm();
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
      await hands.confirm();
      await page.getByText(/Scoring starts after [0-9]+ more data points\./).waitFor();
    },
  },
];

/** A server with a story: an incident that is over, one that lasts, and a metric that is still learning. */
export async function prepare(server: TestServer): Promise<void> {
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

export async function findMetric(server: TestServer, wanted: string): Promise<string> {
  const { metrics } = await read<{ metrics: { nodes: { id: string; name: string }[] } }>(
    server,
    '{ metrics { nodes { id name } } }',
  );
  return encodeURIComponent(metrics.nodes.find(({ name }) => name === wanted)?.id ?? '');
}
