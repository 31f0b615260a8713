/**
 * What a person on call comes for, each by mouse and by keyboard, with the clicks and the keys it takes counted, and the seconds of
 * somebody who knows the way: docs/page.md has the table. `npm run bench:tasks` prints what the page takes, too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, receiveHttp } from '../core/notify/receivers.ts';
import { startServer, type TestServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';
import { findFaults } from './check-page.ts';
import { type Hands, HANDS } from './hands.ts';
import { type Act, timeKeyboard, timeMouse } from './keystroke-level.ts';
import { findChromium, openBrowser, type TestBrowser } from './open-browser.ts';
import { findMetric, prepare, type Task, TASKS } from './ten-tasks.ts';

const executable = findChromium();
/** How often each task is done, each way; more than once only to measure. */
const ROUNDS = Number(process.env.TASKS_ROUNDS ?? 1);
const MAX_CLICKS = 3;
const MAX_SECONDS_OFF = 1;
const TABLE = join(import.meta.dirname, '../../docs/page.md');
const ROW =
  /^\| (?<name>.+?) +\| +(?<clicks>\d) \| +(?<keys>\d+) \| +(?<mouse>\d+) s \| +(?<keyboard>\d+) s \| +(?:\d|none) \|$/gm;

/** What somebody did to be done. */
interface Steps {
  readonly clicks: number;
  /** Counted by the page, those that are held with another as one. */
  readonly keys: number;
  /** Of somebody who knows the way, without what the page takes. */
  readonly seconds: number;
  /** What the page took, with what drives it. */
  readonly tookMs: number;
}

describe.skipIf(executable === null)('the ten tasks of a person on call', () => {
  let server: TestServer;
  let browser: TestBrowser;
  let receiver: Receiver;
  const counted = new Map<string, Record<Hands['name'], Steps[]>>();

  beforeAll(async () => {
    browser = await openBrowser(executable ?? '');
    receiver = await receiveHttp();
    server = await startServer({ settings: { LAPWING_ALLOW_PRIVATE_TARGETS: '127.0.0.1' } });
  });

  afterAll(async () => {
    if (process.env.TASKS_ROUNDS !== undefined) printTimes(counted);
    await browser[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await receiver[Symbol.asyncDispose]();
  });

  const doTask = async (task: Task, take: (page: Page) => Hands): Promise<Steps> => {
    const { from } = task;
    const path = from.startsWith('/') ? from : `/metric/${await findMetric(server, from)}`;
    await task.before?.(server);
    const permissions = ['clipboard-read', 'clipboard-write'];
    const { page, errors } = await browser.open('about:blank', { permissions });
    await page.addInitScript(COUNT_KEYS);
    await page.goto(`${server.url}${path}`);
    const acts: Act[] = [];
    const hands = noteActs(take(page), acts);
    const startedMs = performance.now();
    await task.act({ page, hands, server, receiver });
    const tookMs = performance.now() - startedMs;
    const [keys = 0, held = 0] = String(await page.evaluate('sessionStorage.keys ?? "0 0"'))
      .split(' ')
      .map(Number);
    await page.context().close();
    await task.after?.(server);
    expect(errors).toEqual([]);
    return hands.name === 'mouse'
      ? { clicks: acts.reduce((sum, { clicks }) => sum + clicks, 0), keys, seconds: timeMouse(acts), tookMs }
      : { clicks: 0, keys, seconds: timeKeyboard(countReached(acts), keys + held), tookMs };
  };

  it.each(TASKS)('$name: by mouse in three clicks, and by keyboard alone', async (task) => {
    const steps: Record<Hands['name'], Steps[]> = { mouse: [], keyboard: [] };
    if (task !== TASKS[0] && counted.size === 1) await prepare(server);
    for (let round = 0; round < ROUNDS; round++) {
      for (const take of HANDS) {
        await server.database.pool.query(`DELETE FROM notification_rule WHERE name = 'Critical anomalies'`);
        steps[take === HANDS[0] ? 'mouse' : 'keyboard'].push(await doTask(task, take));
      }
    }
    counted.set(task.name, steps);
    for (const { clicks } of steps.mouse) expect(clicks).toBeLessThanOrEqual(MAX_CLICKS);
    for (const { keys } of steps.keyboard) expect(keys).toBeGreaterThan(0);
  });

  it('take the clicks and the seconds the documentation says, and no more keys', () => {
    const rows = [...readFileSync(TABLE, 'utf8').matchAll(ROW)].map(({ groups = {} }) => groups);
    expect(rows.map(({ name }) => name)).toEqual(TASKS.map(({ name }) => name));
    for (const { name = '', ...documented } of rows) {
      const { mouse, keyboard } = counted.get(name) ?? { mouse: [], keyboard: [] };
      for (const { clicks, seconds } of mouse) {
        expect([name, clicks]).toEqual([name, Number(documented.clicks)]);
        expect([name, Math.round(seconds)]).toEqual([name, Number(documented.mouse)]);
      }
      for (const { keys, seconds } of keyboard) {
        expect([name, keys, keys <= Number(documented.keys)]).toEqual([name, keys, true]);
        // How many Tabs it is to something depends on what the page shows before it.
        const off = Math.abs(seconds - Number(documented.keyboard));
        expect([name, seconds, off <= MAX_SECONDS_OFF]).toEqual([name, seconds, true]);
      }
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
    await until(() => expect(new URL(page.url()).search).toBe(''));
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

/** Keys, in this browser's tab: those that do something, and those that only change another one. */
const COUNT_KEYS = `addEventListener('keydown', ({ key, isTrusted }) => {
  const [keys, held] = (sessionStorage.keys ?? '0 0').split(' ').map(Number);
  const isHeld = ['Control', 'Shift', 'Meta', 'Alt'].includes(key);
  if (isTrusted) sessionStorage.keys = isHeld ? keys + ' ' + (held + 1) : (keys + 1) + ' ' + held;
}, true)`;

/** A list is opened by one click, and chosen from by another. */
function noteActs(hands: Hands, acts: Act[]): Hands {
  return {
    name: hands.name,
    press: async (target) => {
      acts.push({ clicks: 1, keys: 0 });
      await hands.press(target);
    },
    type: async (field, text) => {
      acts.push({ clicks: 1, keys: text.length });
      await hands.type(field, text);
    },
    paste: async (field, text) => {
      acts.push({ clicks: 1, keys: 2 });
      await hands.paste(field, text);
    },
    confirm: async () => {
      acts.push({ clicks: 0, keys: 1 });
      await hands.confirm();
    },
    choose: async (select, text) => {
      acts.push({ clicks: 2, keys: 0 });
      await hands.choose(select, text);
    },
  };
}

/** Enter after what was typed is no act of its own. */
function countReached(acts: readonly Act[]): number {
  return acts.filter(({ clicks }) => clicks > 0).length;
}

/** One line a task and a way, as the benchmarks print them. */
function printTimes(counted: ReadonlyMap<string, Record<Hands['name'], Steps[]>>): void {
  for (const [name, ways] of counted)
    for (const [way, rounds] of Object.entries(ways)) {
      const times = rounds.map(({ tookMs }) => Math.round(tookMs)).toSorted((a, b) => a - b);
      const value = times[Math.floor(times.length / 2)];
      const seconds = Math.max(...rounds.map((one) => one.seconds)).toFixed(1);
      const keys = Math.max(...rounds.map((one) => one.keys));
      const facts = { worst: times.at(-1), keys, klmSeconds: Number(seconds) };
      process.stdout.write(
        `${JSON.stringify({ name: `${name}, by ${way}`, value, unit: 'ms', ...facts })}\n`,
      );
    }
}
