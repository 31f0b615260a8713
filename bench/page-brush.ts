/** How long a chosen interval of the timeline takes to its ranked metrics, as somebody who presses on it sees it. */
import type { Page } from 'playwright-core';

/** Presses on one interval and waits, within the page, for what was anomalous in it. @returns milliseconds */
const PRESS = `async (index) => {
  const bars = [...document.querySelectorAll('.rate button')];
  const bar = bars[bars.length - 1 - index];
  const box = bar.getBoundingClientRect();
  const point = { bubbles: true, button: 0, buttons: 1, pointerId: 1, clientX: box.x + box.width / 2, clientY: box.y + 4 };
  const isShown = () => document.querySelector('.anomalous-then [role=status]:not(.waiting)') !== null;
  const beganMs = performance.now();
  bar.dispatchEvent(new PointerEvent('pointerdown', point));
  await new Promise(requestAnimationFrame);
  bar.dispatchEvent(new PointerEvent('pointerup', { ...point, buttons: 0 }));
  await new Promise((resolve) => {
    const look = () => (isShown() ? requestAnimationFrame(resolve) : requestAnimationFrame(look));
    requestAnimationFrame(look);
  });
  return performance.now() - beganMs;
}`;

/** @returns of so many intervals, the newest first: milliseconds from the press to the picture with its metrics */
export async function measureBrushing(page: Page, rounds: number): Promise<readonly number[]> {
  await page.evaluate(`HTMLElement.prototype.setPointerCapture = () => undefined`);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    times.push(Number(await page.evaluate(`(${PRESS})(${1 + round})`)));
    await page.getByRole('region', { name: 'Anomalous' }).getByRole('button', { name: 'Close' }).click();
    await page.getByRole('region', { name: 'Anomalous' }).waitFor({ state: 'detached' });
  }
  return times;
}
