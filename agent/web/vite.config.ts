import { defineConfig } from 'vitest/config'

export default defineConfig({
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  // The virtual list is written for React; preact/compat is the same to it.
  resolve: { alias: { react: 'preact/compat', 'react-dom': 'preact/compat' } },
  build: {
    outDir: process.env.SEKISHO_WEB_OUT ?? '../../build/web',
    emptyOutDir: true,
    // Inline assets would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // `npm run dev` beside an agent of `./dev run`.
    proxy: { '/sekisho.v1.': process.env.SEKISHO_WEB_AGENT ?? 'http://127.0.0.1:7480' },
  },
  test: { environment: 'jsdom', include: ['src/**/*.test.{ts,tsx}'] },
})
