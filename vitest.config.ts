import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

// The packages resolve to their sources; with TEST_DIST=1 to what ships.
const conditions = process.env['TEST_DIST'] ? ['node'] : ['@mcp-nostr/source', 'node'];
const shared = { ssr: { resolve: { conditions } }, resolve: { conditions } };

export default defineConfig({
  test: {
    // Most of the time is spent waiting for sockets; on two cores the default would be a single worker.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      {
        ...shared,
        test: { name: 'unit', include: ['packages/*/src/**/*.test.ts', 'relay/src/**/*.test.ts'] },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['test/{e2e,chaos,sim,conformance}/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'checklist',
          include: ['test/checklist/{requirements,in-memory,one-relay}.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'checklist-full',
          include: ['test/checklist/{two-relays,unruly-relay,coming-and-going}.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 30_000,
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
