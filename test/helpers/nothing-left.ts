import { createHook } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, vi } from 'vitest';

// Files share a worker. What one leaves behind goes off in another, often in the middle of its fake clock, and fails it
// there at random; so it fails here, in the file that left it.

interface Started {
  readonly timer: { hasRef?: () => boolean };
  readonly where: Error;
}

/** Something may be on its way to its end: a grace for the last output of a child, a socket that closes. */
const GRACE_MS = 15_000;
const OWN_CODE = /\/(packages\/[^/]+|relay)\/src\//;

/** The timers that run, of this file. */
const started = new Map<number, Started>();
const hook = createHook({
  init: (id, type, _, timer) => {
    if (type === 'Timeout') started.set(id, { timer, where: new Error('it was started here') });
  },
  destroy: (id) => void started.delete(id),
}).enable();

/** Of ours, and such that somebody counts on their going off. */
function left(): Error[] {
  const counted = [...started.values()].filter(({ timer }) => timer.hasRef?.() ?? true);
  return counted.map(({ where }) => where).filter(({ stack = '' }) => OWN_CODE.test(stack));
}

afterAll(async () => {
  const isFaked = vi.isFakeTimers();
  vi.useRealTimers();
  const until = performance.now() + GRACE_MS;
  while (left().length > 0 && performance.now() < until) await sleep(20);
  hook.disable();
  if (isFaked) throw new Error('the file leaves a fake clock behind: call vi.useRealTimers()');
  const places = new Set(left().map(({ stack }) => stack));
  if (places.size > 0) throw new Error(`the file leaves timers behind:\n${[...places].join('\n')}`);
});
