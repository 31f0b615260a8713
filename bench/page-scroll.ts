/** How evenly a wall of a thousand rows scrolls: the pictures the browser draws while a wheel turns. */
import type { Page } from 'playwright-core';

const TURNS = 120;
const PIXELS_A_TURN = 300;

export interface Scrolling {
  /** Between two pictures, in milliseconds, shortest first. */
  readonly gapsMs: readonly number[];
  /** Pictures with no row where rows should be. */
  readonly blanks: number;
}

/** Notes each picture, and whether rows are where one looks. */
const WATCH = `(() => {
  const seen = { gaps: [], blanks: 0, isOver: false };
  globalThis.scrolling = seen;
  let before = performance.now();
  const look = (now) => {
    seen.gaps.push(now - before);
    before = now;
    const found = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
    if (found === null || found.closest('.wall-row') === null) seen.blanks += 1;
    if (!seen.isOver) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()`;

/** Scrolls through the page, which has to show a long wall. */
export async function measureScrolling(page: Page): Promise<Scrolling> {
  await page.mouse.move(600, 400);
  await page.evaluate(WATCH);
  for (let turn = 0; turn < TURNS; turn++) await page.mouse.wheel(0, PIXELS_A_TURN);
  const { gaps, blanks } = await page.evaluate<{ gaps: number[]; blanks: number }>(
    `(globalThis.scrolling.isOver = true, globalThis.scrolling)`,
  );
  // The first is the time from the beginning of the watch, not between two pictures.
  return { gapsMs: gaps.slice(1).toSorted((a, b) => a - b), blanks };
}
