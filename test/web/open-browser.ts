/** A real browser over a freshly built page. Where there is no Chromium the tests that need one say so and are skipped. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const ROOT = join(import.meta.dirname, '../..');
const BUILT = join(ROOT, 'dist/web/page.html');
const LOCK = join(ROOT, 'node_modules/.page-build-lock');
const LOCK_STALE_MS = 120_000;
/** Below what a test may take, so that it is the step that did not come which is told. */
const WAIT_MS = 120_000;
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where Chromium is: LAPWING_CHROMIUM, or the first of its names on the PATH; null where there is none. */
export function findChromium(): string | null {
  const given = process.env.LAPWING_CHROMIUM;
  if (given !== undefined) return given;
  const folders = (process.env.PATH ?? '').split(':');
  const found = folders
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
  if (found === undefined) {
    process.stderr.write(
      'NO CHROMIUM: set LAPWING_CHROMIUM; the tests of the page in a browser are skipped\n',
    );
  }
  return found ?? null;
}

export interface TestBrowser extends AsyncDisposable {
  /** A page of its own, with what its console said of errors. */
  readonly open: (
    url: string,
    options?: BrowserContextOptions,
  ) => Promise<{ readonly page: Page; readonly errors: readonly string[] }>;
}

export async function openBrowser(executablePath: string): Promise<TestBrowser> {
  await buildPage();
  // Containers have no user namespaces to build a sandbox of.
  const browser: Browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  return {
    open: async (url, options = {}) => {
      const context = await browser.newContext({ acceptDownloads: true, locale: 'en-US', ...options });
      context.setDefaultTimeout(WAIT_MS);
      const page = await context.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      await page.goto(url);
      return { page, errors };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** Builds the page unless what is built is newer than all it is made of. One at a time: test files share the folder. */
async function buildPage(): Promise<void> {
  for (;;) {
    if (isBuilt()) return;
    try {
      mkdirSync(LOCK);
      break;
    } catch {
      if (existsSync(LOCK) && Date.now() - statSync(LOCK).mtimeMs > LOCK_STALE_MS) rmdirSync(LOCK);
      await wait(200);
    }
  }
  try {
    // Vitest's own NODE_ENV would build React's slow half.
    const env = { ...process.env, NODE_ENV: 'production' };
    if (!isBuilt()) execFileSync('npm', ['run', 'build:page'], { cwd: ROOT, stdio: 'pipe', env });
  } finally {
    rmdirSync(LOCK);
  }
}

function isBuilt(): boolean {
  if (!existsSync(BUILT)) return false;
  const sources = readdirSync(join(ROOT, 'src/web'), { recursive: true, encoding: 'utf8' })
    .filter((file) => !file.startsWith('generated'))
    .map((file) => join(ROOT, 'src/web', file));
  const newest = Math.max(...sources.map((file) => statSync(file).mtimeMs));
  return statSync(BUILT).mtimeMs > newest;
}
