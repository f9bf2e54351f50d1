import { RelayPool, type RelayPoolOptions, TransportError } from '@mcp-nostr/transport';
import { expect, onTestFinished } from 'vitest';

/** Short, for tests that wait it out. */
export const timing = { okTimeoutMs: 300 };

/** For what must not be waited for: a test that did would run into its time limit. */
export const endless = { ...timing, okTimeoutMs: 600_000, publishTimeoutMs: 600_000 };

/** It closes with the test. */
export function openPool(
  relays: readonly { url: string }[],
  options: Partial<RelayPoolOptions> = {},
): RelayPool {
  const pool = new RelayPool({
    relays: relays.map(({ url }) => url),
    timing,
    random: () => 0.01,
    ...options,
  });
  onTestFinished(() => pool.close());
  return pool;
}

/** A pool of which each relay can be awaited. */
export function watchedPool(relays: readonly { url: string }[], options: Partial<RelayPoolOptions> = {}) {
  let changed: () => void = () => {};
  const pool = openPool(relays, { ...options, onstate: () => changed() });
  const isReady = (url: string): boolean =>
    pool.states.some((state) => state.url === url && state.status === 'ready');
  const ready = async ({ url }: { url: string }): Promise<void> => {
    while (!isReady(url)) {
      await new Promise<void>((resolve) => {
        const earlier = changed;
        changed = () => {
          earlier();
          resolve();
        };
      });
    }
  };
  return { pool, ready };
}

/** A pool whose relays are all there. */
export async function readyPool(
  relays: readonly { url: string }[],
  options: Partial<RelayPoolOptions> = {},
): Promise<RelayPool> {
  const { pool, ready } = watchedPool(relays, options);
  await Promise.all(relays.map((relay) => ready(relay)));
  return pool;
}

/** What it was rejected with. */
export async function failure(promise: Promise<unknown>): Promise<TransportError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TransportError);
  return error as TransportError;
}
