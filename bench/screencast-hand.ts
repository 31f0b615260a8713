/** Uses the page at the pace of a person, and has a picture taken of every step. */
import type { Locator, Page } from 'playwright-core';
import type { Stage } from './screencast-stage.ts';

/** Eight pictures a second, while something moves. */
const STEP_MS = 125;
const MAX_GLIDE_STEPS = 7;
const PIXELS_PER_STEP = 130;
/** What a busy machine adds is nothing to look at. */
const MAX_WAIT_MS = 1000;

interface Spot {
  readonly x: number;
  readonly y: number;
}

export class Hand {
  readonly #page: Page;
  readonly #stage: Stage;
  #at: Spot;

  constructor(page: Page, stage: Stage, at: Spot) {
    this.#page = page;
    this.#stage = stage;
    this.#at = at;
  }

  /** Says what is done next, with time to read it. */
  async say(caption: string, seconds: number): Promise<void> {
    this.#stage.caption = caption;
    await this.look(seconds);
  }

  async look(seconds: number): Promise<void> {
    await untilSettled(this.#page);
    await this.#take(1000 * seconds);
  }

  /** Moves the pointer as a hand does: slower at its start and its end. */
  async point(target: Locator | Spot, isPressed = false): Promise<void> {
    const to = 'x' in target ? target : await middleOf(target);
    const { x, y } = this.#at;
    const distance = Math.hypot(to.x - x, to.y - y);
    const steps = Math.max(2, Math.min(MAX_GLIDE_STEPS, Math.round(distance / PIXELS_PER_STEP)));
    for (let step = 1; step <= steps; step++) {
      const share = (1 - Math.cos((Math.PI * step) / steps)) / 2;
      this.#at = { x: Math.round(x + (to.x - x) * share), y: Math.round(y + (to.y - y) * share) };
      await this.#page.mouse.move(this.#at.x, this.#at.y);
      await this.#take(STEP_MS, isPressed);
    }
  }

  /** @param seen what comes of it; the wait for it is shown as long as it was */
  async click(target: Locator, seen: Locator): Promise<void> {
    await target.scrollIntoViewIfNeeded();
    await this.point(target);
    await this.#take(2 * STEP_MS, true);
    await this.#waitFor(seen, async () => {
      await this.#page.mouse.down();
      await this.#page.mouse.up();
    });
  }

  async drag(from: Spot, to: Spot, seen: Locator): Promise<void> {
    await this.point(from);
    await this.#page.mouse.down();
    await this.#take(2 * STEP_MS, true);
    await this.point(to, true);
    await this.#waitFor(seen, () => this.#page.mouse.up());
  }

  async type(text: string): Promise<void> {
    for (const letter of text) {
      await this.#page.keyboard.type(letter);
      await this.#take(STEP_MS);
    }
  }

  async press(key: string, seen: Locator): Promise<void> {
    await this.#waitFor(seen, () => this.#page.keyboard.press(key));
  }

  /** Turns the wheel. */
  async scroll(pixels: number): Promise<void> {
    const steps = Math.max(1, Math.round(Math.abs(pixels) / 120));
    for (let step = 0; step < steps; step++) {
      await this.#page.mouse.wheel(0, pixels / steps);
      await this.#take(STEP_MS);
    }
  }

  async #waitFor(seen: Locator, act: () => Promise<void>): Promise<void> {
    const startedMs = performance.now();
    await act();
    await seen.waitFor();
    // What a chart or a list asks for comes after its frame.
    await untilSettled(this.#page);
    this.#stage.hold(Math.min(MAX_WAIT_MS, performance.now() - startedMs));
    await this.#take(STEP_MS);
  }

  #take(ms: number, isPressed = false): Promise<void> {
    return this.#stage.take(this.#page, { ...this.#at, isPressed }, ms);
  }
}

async function middleOf(target: Locator): Promise<Spot> {
  await target.waitFor();
  const box = await target.boundingBox();
  if (box === null) throw new Error(`not on the screen: ${String(target)}`);
  return { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) };
}

/** Until the page neither loads nor searches. */
async function untilSettled(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const { document } = globalThis;
    const says = Array.from(document.querySelectorAll('[role=status]'), ({ textContent }) => textContent);
    const isBusy = says.some((text) => /^(?:Loading|Searching)/.test(text));
    return !isBusy && document.querySelector('.waiting') === null;
  });
}
