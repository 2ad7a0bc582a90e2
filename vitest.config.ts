import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    // Unit tests run on the sources; only the tests that start processes use the built packages.
    alias: [
      { find: '@unbrick/core/explain', replacement: source('packages/core/src/explain/index.ts') },
      { find: '@unbrick/core/wire', replacement: source('packages/core/src/wire/index.ts') },
      { find: '@unbrick/core', replacement: source('packages/core/src/index.ts') },
      { find: '@unbrick/phone/node', replacement: source('packages/phone/src/node/index.ts') },
      { find: '@unbrick/phone', replacement: source('packages/phone/src/index.ts') },
    ],
  },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
    // The end-to-end tests mostly wait for other processes, so that two fit on the two cores of a small machine.
    maxWorkers: 2,
    // What is said depends on the language of whoever runs the tests.
    env: { UNBRICK_LANG: 'en' },
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
