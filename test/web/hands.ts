/** Two ways to use a page: with a mouse, and with nothing but a keyboard. */
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { until } from '../helpers/until.ts';

export interface Hands {
  readonly name: 'mouse' | 'keyboard';
  /** A button, a link, a box to tick. */
  readonly press: (target: Locator) => Promise<void>;
  readonly type: (field: Locator, text: string) => Promise<void>;
  /** What was copied elsewhere; needs the permissions of the clipboard. */
  readonly paste: (field: Locator, text: string) => Promise<void>;
  /** Enter, in the field that was typed into. */
  readonly confirm: () => Promise<void>;
  /** @param text how the option begins */
  readonly choose: (select: Locator, text: string) => Promise<void>;
}

const MAX_TABS = 150;
/** After so long a browser takes the next letter for the first of another word. */
const LETTERS_HELD_MS = 1_000;
const MAX_WORDS = 20;

export const HANDS: readonly ((page: Page) => Hands)[] = [useMouse, useKeyboard];

function useMouse(page: Page): Hands {
  return {
    name: 'mouse',
    press: (target) => target.click(),
    type: (field, text) => field.fill(text),
    paste: async (field, text) => {
      await field.click();
      await paste(page, text);
    },
    confirm: () => page.keyboard.press('Enter'),
    choose: async (select, text) => {
      await select.selectOption({ label: await findOption(select, text) });
    },
  };
}

export function useKeyboard(page: Page): Hands {
  return {
    name: 'keyboard',
    press: async (target) => {
      await reach(page, target);
      const isBox = (await target.getAttribute('type')) === 'checkbox';
      await page.keyboard.press(isBox ? 'Space' : 'Enter');
    },
    type: async (field, text) => {
      await reach(page, field);
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type(text);
    },
    paste: async (field, text) => {
      await reach(page, field);
      await paste(page, text);
    },
    confirm: () => page.keyboard.press('Enter'),
    choose: async (select, text) => {
      const label = await findOption(select, text);
      await reach(page, select);
      for (let words = 0; words < MAX_WORDS; words++) {
        const startedMs = performance.now();
        await page.keyboard.type(text);
        // On a machine that stood still between two letters it may not be chosen.
        if (performance.now() - startedMs < LETTERS_HELD_MS || (await readChosen(select)) === label) return;
        // What opens a list when it is no letter of a word.
        await page.keyboard.press('Escape');
        await page.waitForTimeout(LETTERS_HELD_MS);
      }
      throw new Error(`${text} cannot be chosen by its letters`);
    },
  };
}

async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  await page.keyboard.press('ControlOrMeta+v');
}

/** @returns the label of the option that begins so, once there is one: a list may come after its select */
function findOption(select: Locator, text: string): Promise<string> {
  return until(async () => {
    const labels = await select.locator('option').allTextContents();
    const label = labels.find((one) => one.startsWith(text));
    if (label === undefined) throw new Error(`no option begins with ${text}: ${labels.join(', ')}`);
    return label;
  });
}

async function readChosen(select: Locator): Promise<string | null> {
  return select.locator('option:checked').textContent();
}

/** Presses Tab until it has the focus. @throws when it cannot be reached so */
async function reach(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  // What is disabled is passed over.
  await until(async () => expect(await target.isEnabled()).toBe(true));
  for (let tabs = 0; tabs < MAX_TABS; tabs++) {
    if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${String(target)}`);
}
