import { expect, it } from 'vitest';

import { describe as describeRun, sweep } from './sweep.ts';

// Two files, so that both cores work.
it('keeps every promise in 1,000 runs over bad relays', { timeout: 240_000 }, () => {
  expect(sweep(0, 1_000).map(describeRun)).toEqual([]);
});
