import { expect, it } from 'vitest';

import { busyAnswer } from './outgoing.ts';

it('a request of the server that was dropped is answered under the id that it names, if that is one', () => {
  expect(busyAnswer('"ask"', 'full')?.text).toContain('"id":"ask"');
  expect(busyAnswer('7', 'full')?.id).toBe('7');
  for (const key of ['', 'ask', '{', 'null', '[7]', `"${'x'.repeat(300)}"`])
    expect(busyAnswer(key, 'full')).toBeUndefined();
});
