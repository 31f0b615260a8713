/**
 * `npm run docs:screencast`: docs/screencast.webp, what somebody on call does on the page. A server of its own gets the demo's
 * fortnight with an outage at its end, Chromium goes through it at the pace of a person, and its pictures become one animated
 * WebP. Nothing but the pace is made up: between a press and what comes of it as much time passes as it took, a second at most.
 *
 *   --out FILE      another file
 *   --pictures DIR  keeps the single pictures there, to look at them
 *
 * Needs Chromium (LAPWING_CHROMIUM, or chromium on the PATH) and img2webp of libwebp (Debian: apt install webp). The page has to
 * be built.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { DEMO_SERIES } from './demo-series.ts';
import { startDemo } from './demo-server.ts';
import { Hand } from './screencast-hand.ts';
import { PAGE_SIZE, type Picture, Stage } from './screencast-stage.ts';
import { addOutage, tellStory } from './screencast-story.ts';

const run = promisify(execFile);

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'docs/screencast.webp' },
    pictures: { type: 'string' },
  },
});

/** Without loss: letters stay sharp, and a picture that differs little from the one before takes little. */
async function writeAnimation(pictures: readonly Picture[], file: string): Promise<void> {
  const frames = pictures.flatMap(({ file: picture, ms }) => ['-d', String(Math.round(ms)), picture]);
  await run('img2webp', ['-min_size', '-loop', '0', '-lossless', '-m', '6', ...frames, '-o', file]);
}

async function record(address: string, folder: string): Promise<readonly Picture[]> {
  const browser = await chromium.launch({
    executablePath: process.env.LAPWING_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  try {
    const stage = await Stage.open(browser, folder);
    const page = await browser.newPage({
      viewport: PAGE_SIZE,
      colorScheme: 'light',
      locale: 'en-US',
      timezoneId: 'UTC',
    });
    await page.goto(`${address}?window=HOURS`);
    await page.getByRole('region', { name: 'Open incidents' }).waitFor();
    await page.locator('.strip').first().waitFor();
    await tellStory(page, new Hand(page, stage, { x: 560, y: 420 }));
    return stage.pictures;
  } finally {
    await browser.close();
  }
}

// Known before minutes are spent on pictures.
await run('img2webp', ['-version']).catch(() => {
  throw new Error('img2webp is not on the PATH: install libwebp (Debian: apt install webp)');
});
const kept = values.pictures;
if (kept !== undefined) await mkdir(kept, { recursive: true });
const folder = kept ?? (await mkdtemp(join(tmpdir(), 'lapwing-screencast-')));
const demo = await startDemo({ port: '0', fleet: 0, series: addOutage(DEMO_SERIES) });
try {
  await demo.fill((line) => console.error(line));
  const pictures = await record(demo.address, folder);
  await writeAnimation(pictures, values.out);
  const seconds = pictures.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  const { size } = await stat(values.out);
  const facts = { pictures: pictures.length, seconds: Math.round(seconds), bytes: size };
  console.log(JSON.stringify({ name: values.out, ...facts }));
} finally {
  await demo.stop();
  if (kept === undefined) await rm(folder, { recursive: true, force: true });
}
