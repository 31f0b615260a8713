/** Builds the page into dist/web: hashed files, nothing inline, each with its compressed twins. */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compressAssets } from './compress-assets.ts';

const pathTo = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

export default defineConfig({
  root: pathTo('src/web'),
  publicDir: 'public',
  plugins: [react(), compressAssets()],
  build: {
    outDir: pathTo('dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    // Data URLs would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What counts is the compressed size, which a test holds below 200 kB.
    chunkSizeWarningLimit: 700,
    rolldownOptions: { input: [pathTo('src/web/page.html'), pathTo('src/web/embed/embed.html')] },
  },
});
