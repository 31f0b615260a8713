/** Two ways to use a page: with a mouse, and with nothing but a keyboard. */
import type { Locator, Page } from 'playwright-core';

export interface Hands {
  readonly name: string;
  /** A button, a link, a box to tick. */
  readonly press: (target: Locator) => Promise<void>;
  readonly type: (field: Locator, text: string) => Promise<void>;
  /** @param text how the option begins */
  readonly choose: (select: Locator, text: string) => Promise<void>;
}

const MOST_TABS = 150;

export const HANDS: readonly ((page: Page) => Hands)[] = [useMouse, useKeyboard];

function useMouse(): Hands {
  return {
    name: 'mouse',
    press: (target) => target.click(),
    type: (field, text) => field.fill(text),
    choose: async (select, text) => {
      await select.waitFor();
      const options = await select.locator('option').allTextContents();
      const label = options.find((option) => option.startsWith(text));
      await select.selectOption({ label: label ?? text });
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
    choose: async (select, text) => {
      await reach(page, select);
      await page.keyboard.type(text);
    },
  };
}

/** Presses Tab until it has the focus. @throws when it cannot be reached so */
async function reach(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let tabs = 0; tabs < MOST_TABS; tabs++) {
    if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${String(target)}`);
}
