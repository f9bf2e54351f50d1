import { vi } from 'vitest';

// `vi.waitFor` gives up after a second. On a loaded machine that is nothing, and what is waited for comes in the end.

const PATIENCE_MS = 15_000;
const { waitFor } = vi;

const waitPatiently: typeof waitFor = (callback, options = {}) =>
  waitFor(callback, {
    timeout: PATIENCE_MS,
    ...(typeof options === 'number' ? { timeout: options } : options),
  });

// Files share a worker, and this is run for each.
if (waitFor.name !== waitPatiently.name) vi.waitFor = waitPatiently;
