import { expect, it } from 'vitest';

import { describe as describeRun, sweep } from './sweep.ts';

// Two files, so that both cores work; test:full makes 40,000.
it('keeps every promise in 400 runs over bad relays', { timeout: 600_000 }, () => {
  expect(sweep(0, 400).map(describeRun)).toEqual([]);
});
