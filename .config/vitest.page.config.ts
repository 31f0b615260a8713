/** The tests of the page in a real browser: apart from the others, because they need Chromium and take their time. */
import { configDefaults, defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/web/**/*.browser.test.ts'],
    exclude: configDefaults.exclude,
    // A browser on a busy machine takes its time: nothing is to fail because of that.
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
