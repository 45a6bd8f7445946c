import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// Where `npm run dev` finds a daemon: LOCKSTEP_URL=http://127.0.0.1:7480 npm run dev
const daemon = process.env.LOCKSTEP_URL ?? 'http://127.0.0.1:7480';

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',
    // Everything is a file of its own: a policy that allows no inline code allows no data: either.
    assetsInlineLimit: 0,
    // One style sheet, with the page: it is small, and code that is fetched later needs nothing else.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    // A test compares our words with those of the program.
    fs: { allow: ['.', '../src/model'] },
    proxy: {
      '/api': { target: daemon, changeOrigin: true },
      '/-/': { target: daemon, changeOrigin: true },
    },
  },
  // Some make a million names, and a machine may have other work.
  test: { include: ['src/**/*.test.ts'], testTimeout: 60_000 },
});
