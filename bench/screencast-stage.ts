/** What the screencast is photographed on: the page as a picture, a pointer over it, and below it what is being done. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';

/** Of the page itself; metrics have two columns from 1001 pixels on. */
export const PAGE_SIZE = { width: 1120, height: 640 };
const CAPTION_PIXELS = 56;

/** One picture, and how long it is shown. */
export interface Picture {
  readonly file: string;
  ms: number;
}

export interface Pointer {
  readonly x: number;
  readonly y: number;
  readonly isPressed: boolean;
}

/** Headless Chromium draws no pointer, and a dialog of the page would cover one drawn in it. */
const STAGE = `<!doctype html>
<style>
  body { margin: 0; position: relative; overflow: hidden; background: #0d2438; }
  img { display: block; width: ${PAGE_SIZE.width}px; height: ${PAGE_SIZE.height}px; }
  svg { position: absolute; left: 0; top: 0; overflow: visible; }
  circle { display: none; fill: #0a5c9e55; stroke: #0a5c9e; stroke-width: 2; }
  .pressed circle { display: block; }
  path { fill: #151a21; stroke: #fff; stroke-width: 1.6; }
  footer { display: flex; gap: 16px; align-items: center; box-sizing: border-box; height: ${CAPTION_PIXELS}px;
    padding: 0 20px; color: #fff; font: 600 20px system-ui, 'Liberation Sans', sans-serif; white-space: nowrap; }
</style>
<img alt="">
<svg width="1" height="1"><circle r="15"/><path d="M0 0v21l5-4.6 3.4 7.6 3.6-1.6-3.4-7.4h6.9z"/></svg>
<footer></footer>`;

export class Stage {
  readonly #stage: Page;
  readonly #folder: string;
  readonly #pictures: Picture[] = [];
  #last: Buffer | undefined;
  #caption = '';

  private constructor(stage: Page, folder: string) {
    this.#stage = stage;
    this.#folder = folder;
  }

  /** @param folder for the pictures */
  static async open(browser: Browser, folder: string): Promise<Stage> {
    const { width, height } = PAGE_SIZE;
    const stage = await browser.newPage({ viewport: { width, height: height + CAPTION_PIXELS } });
    await stage.setContent(STAGE);
    return new Stage(stage, folder);
  }

  get pictures(): readonly Picture[] {
    return this.#pictures;
  }

  set caption(text: string) {
    this.#caption = text;
  }

  /** Takes a picture; where nothing has changed the last one is shown longer. */
  async take(page: Page, pointer: Pointer, ms: number): Promise<void> {
    const shot = await page.screenshot();
    await this.#stage.evaluate(
      `(async () => {
        const { source, caption, x, y, isPressed } = ${JSON.stringify({ source: shot.toString('base64'), caption: this.#caption, ...pointer })};
        const image = document.querySelector('img');
        image.src = 'data:image/png;base64,' + source;
        await image.decode();
        const svg = document.querySelector('svg');
        svg.style.transform = 'translate(' + x + 'px,' + y + 'px)';
        svg.classList.toggle('pressed', isPressed);
        document.querySelector('footer').textContent = caption;
      })()`,
    );
    const picture = await this.#stage.screenshot();
    if (this.#last?.equals(picture) === true) {
      this.hold(ms);
      return;
    }
    const file = join(this.#folder, `${String(this.#pictures.length).padStart(4, '0')}.png`);
    await writeFile(file, picture);
    this.#last = picture;
    this.#pictures.push({ file, ms });
  }

  /** Shows the last picture so much longer. */
  hold(ms: number): void {
    const last = this.#pictures.at(-1);
    if (last !== undefined) last.ms += ms;
  }
}
