import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

// The packages resolve to their sources; with TEST_DIST=1 to what ships.
const conditions = process.env['TEST_DIST'] ? ['node'] : ['@mcp-nostr/source', 'node'];
/** Files share the modules that a worker has loaded: half of the time would go into loading them again. */
const quick = {
  isolate: false,
  setupFiles: ['test/helpers/patience.ts'],
  expect: { poll: { timeout: 15_000 } },
};
/** Tests of the command line run what ships. */
const globalSetup = ['test/helpers/built-cli.ts'];
const shared = { ssr: { resolve: { conditions } }, resolve: { conditions } };

export default defineConfig({
  test: {
    // Most of the time is spent waiting for sockets; on two cores the default would be a single worker.
    maxWorkers: Math.max(5, availableParallelism() - 1),
    projects: [
      {
        ...shared,
        test: {
          ...quick,
          name: 'unit',
          globalSetup,
          setupFiles: [...quick.setupFiles, 'test/helpers/nothing-left.ts'],
          include: ['packages/*/src/**/*.test.ts', 'relay/src/**/*.test.ts'],
          // Some start several processes, which on a loaded machine takes many seconds each.
          testTimeout: 120_000,
          hookTimeout: 30_000,
        },
      },
      {
        ...shared,
        test: {
          ...quick,
          name: 'e2e',
          globalSetup,
          include: ['test/{e2e,chaos,sim,conformance,fuzz}/**/*.test.ts', 'test/interop/quick.test.ts'],
          // On a loaded machine 10 MiB over a relay take half a minute; what nobody may wait for is set to a minute.
          testTimeout: 55_000,
          hookTimeout: 55_000,
        },
      },
      {
        ...shared,
        test: {
          ...quick,
          name: 'checklist',
          include: [
            'test/checklist/{requirements,contextvm-page,hosts-page,security-page,in-memory,one-relay}.test.ts',
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          ...quick,
          name: 'checklist-full',
          include: ['test/checklist/{two-relays,unruly-relay,coming-and-going}.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          ...quick,
          name: 'interop',
          globalSetup,
          include: ['test/interop/**/*.test.ts'],
          exclude: ['test/interop/quick.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 30_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'package',
          globalSetup: ['test/package/run.ts'],
          include: ['test/package/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
