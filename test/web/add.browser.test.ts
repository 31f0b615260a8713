/** Every way to add something, each by mouse and by keyboard alone, against an AWS that is played from a script. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AwsImitation, startAwsImitation } from '../core/sources/aws/imitation.ts';
import { read } from '../helpers/ask.ts';
import { type InfluxdbEndpoint, startInfluxdbEndpoint } from '../helpers/influxdb-endpoint.ts';
import { type TestServer, startServer } from '../helpers/start-server.ts';
import { describeInfluxdb } from './describe-influxdb.ts';
import { HANDS } from './hands.ts';
import { until } from '../helpers/until.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';

const executable = findChromium();
const REGION = 'us-west-2';

describe.skipIf(executable === null)('the page adds', () => {
  let aws: AwsImitation;
  let influxdb: InfluxdbEndpoint;
  let server: TestServer;
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
    aws = await startAwsImitation({
      valueAt: (_, timestampMs) => 20 + ((timestampMs / 300_000) % 9),
      instances: new Map([
        [
          REGION,
          [
            { id: 'i-0001', state: 'running', type: 'm3.large', tags: { Name: 'web-1' } },
            { id: 'i-0002', state: 'running', type: 'm3.xlarge', tags: { Name: 'web-2' } },
            { id: 'i-0003', state: 'stopped', type: 'm3.large', tags: { Name: 'old' } },
          ],
        ],
      ]),
      metrics: [],
    });
    process.env.AWS_ACCESS_KEY_ID = 'AKIDEXAMPLE';
    process.env.AWS_SECRET_ACCESS_KEY = 'do-not-show';
    influxdb = await startInfluxdbEndpoint({ answerQuery: describeInfluxdb });
    server = await startServer({
      settings: {
        LAPWING_AWS_ENDPOINT: aws.url,
        LAPWING_AWS_HISTORY_DAYS: '1',
        LAPWING_HOST_METRICS: 'on',
        LAPWING_INFLUXDB_URL: influxdb.url,
        LAPWING_INFLUXDB_ORG: 'acme',
        LAPWING_INFLUXDB_BUCKET: 'own',
        LAPWING_INFLUXDB_TOKEN: 'do-not-show',
      },
    });
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await aws[Symbol.asyncDispose]();
    await influxdb[Symbol.asyncDispose]();
  });

  const listNames = async () => {
    const { metrics } = await read<{ metrics: { nodes: readonly { name: string; status: string }[] } }>(
      server,
      `{ metrics(first: 100) { nodes { name status server } } }`,
    );
    return metrics.nodes.filter(({ status }) => status !== 'UNMONITORED').map(({ name }) => name);
  };

  it('resources: region, type, resources with those suggested first, metrics with the usual ones ticked', async () => {
    for (const [index, take] of HANDS.entries()) {
      const { page, errors } = await browser.open(`${server.url}/add`);
      const hands = take(page);
      await hands.choose(page.getByLabel('2. Region'), REGION);
      await hands.choose(page.getByLabel('3. Type'), 'AWS::EC2::Instance');
      await page.getByText('3 known').waitFor();
      const resources = page.getByRole('group', { name: 'Resources' }).getByRole('listitem');
      expect(await resources.last().textContent()).toContain('old');
      await hands.press(page.getByLabel(`web-${index + 1}`));
      expect(await page.getByLabel('CPUUtilization').isChecked()).toBe(true);
      await hands.press(page.getByLabel('NetworkIn'));
      await hands.press(page.getByRole('button', { name: /Monitor \d+ metrics? of 1 resource/ }));
      await page.getByText('is monitored').waitFor();
      await page.context().close();
      expect(errors).toEqual([]);
    }
    const names = await listNames();
    expect(names.filter((name) => name.endsWith('CPUUtilization'))).toHaveLength(2);
  });

  it('this host, with its usual metrics', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/add`);
      const hands = take(page);
      await hands.choose(page.getByLabel('1. Source'), 'This host');
      await hands.press(page.getByRole('button', { name: /Monitor \d+ metrics of this host/ }));
      await page.getByText(/^(\d+) of \1 done$/).waitFor();
      await page
        .getByText(hands.name === 'mouse' ? 'is monitored' : 'was monitored already')
        .first()
        .waitFor();
      await page.context().close();
      expect(errors).toEqual([]);
    }
    expect((await listNames()).filter((name) => name.startsWith('Host/'))).not.toEqual([]);
  });

  it('a series of InfluxDB: measurement, field, tags', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/add/influxdb`);
      const hands = take(page);
      await hands.choose(page.getByLabel('1. Measurement'), 'queue in shop');
      await hands.choose(page.getByLabel('2. Field'), 'depth');
      await hands.choose(page.getByLabel('Points of a period become'), 'the largest');
      await hands.type(page.getByLabel('host', { exact: true }), `web-${hands.name}`);
      await hands.choose(page.getByLabel('It belongs to'), 'host');
      await hands.press(page.getByRole('button', { name: 'Monitor this series' }));
      await page.getByText('queue.depth is monitored.').waitFor();
      // Right after the first it would be taken for a double click.
      await until(async () => {
        await hands.press(page.getByRole('button', { name: 'Monitor this series' }));
        expect(await page.getByText('queue.depth was monitored already.').count()).toBe(1);
      });
      await hands.press(page.getByRole('link', { name: 'Open metric' }));
      await page.getByText(`web-${hands.name}`).first().waitFor();
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });

  it('a group by tags, with its members shown while one types', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/add/autostack`);
      const hands = take(page);
      await hands.type(page.getByLabel('Name', { exact: true }), `web by ${hands.name}`);
      await hands.choose(page.getByLabel('Region'), REGION);
      await hands.type(page.getByLabel(/^Values/), 'web-*');
      await page.getByText('2 members').waitFor();
      await hands.press(page.getByRole('button', { name: 'Create autostack' }));
      await page.getByText(`web by ${hands.name} is monitored.`).waitFor();
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });

  it('a pushed metric, whose snippets work as they are', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/add/pushed`);
      const hands = take(page);
      const name = `it's "pushed" by ${hands.name}.value`;
      await hands.type(page.getByLabel('Name', { exact: true }), name);
      await hands.press(page.getByRole('button', { name: 'Create metric' }));
      await page.getByText('Waiting for its first point').waitFor();
      await runSnippets(page);
      await page.getByText('Points come in').waitFor();
      await page.getByText(/^\d so far/).waitFor();
      await page.context().close();
      expect(errors).toEqual([]);
    }
  });

  it('what a file holds: exported and chosen again, by mouse and by keyboard, with one line for each item', async () => {
    for (const take of HANDS) {
      const { page, errors } = await browser.open(`${server.url}/add/transfer`);
      const hands = take(page);
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        hands.press(page.getByRole('button', { name: 'Export everything' })),
      ]);
      const models: unknown = JSON.parse(await readFile(await download.path(), 'utf8'));
      const count = Array.isArray(models) ? models.length : 0;
      expect(count).toBe((await listNames()).length);
      const items = [...(Array.isArray(models) ? (models as unknown[]) : []), { nonsense: true }];
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        hands.press(page.locator('input[type=file]')),
      ]);
      const buffer = Buffer.from(JSON.stringify(items));
      await chooser.setFiles({ name: 'all.json', mimeType: 'application/json', buffer });
      await page.getByText(`${count + 1} of ${count + 1} done, 1 failed`).waitFor();
      expect(await page.getByText('was monitored already').count()).toBe(count);
      expect(errors).toEqual([]);
      await page.context().close();
    }
  });

  it('what a file holds that is dropped on the page', async () => {
    const { page, errors } = await browser.open(`${server.url}/add/transfer`);
    const transfer = await page.evaluateHandle(
      `(() => { const transfer = new DataTransfer(); transfer.items.add(new File([${JSON.stringify('[{"nonsense":true}]')}], 'one.json')); return transfer; })()`,
    );
    await page.dispatchEvent('.drop', 'drop', { dataTransfer: transfer });
    await page.getByText('1 of 1 done, 1 failed').waitFor();
    expect(errors).toEqual([]);
  });
});

/** Runs those that need nothing but Node and curl, as whoever copies them would. */
async function runSnippets(page: Page): Promise<void> {
  const textOf = (title: string) => page.getByLabel(title, { exact: true }).innerText();
  const run = promisify(execFile);
  await run(process.execPath, ['--input-type=module', '-e', await textOf('JavaScript')]);
  const { stdout } = await run('bash', [
    '-c',
    `command -v curl >/dev/null || exit 0; ${await textOf('curl')}`,
  ]);
  if (stdout !== '') expect(stdout).toContain('"accepted":1');
  const line = await run('bash', [
    '-c',
    `command -v curl >/dev/null || exit 0; ${await textOf('InfluxDB line protocol')}`,
  ]);
  expect(line.stdout).toBe('');
}
