import { RelayPool, type RelayPoolOptions, type RelayState, TransportError } from '@mcp-nostr/transport';
import { expect, onTestFinished } from 'vitest';

/** A test that waited for one of these would run into its time limit, and none is over on a loaded machine. */
export const endless = {
  eoseTimeoutMs: 600_000,
  authTimeoutMs: 600_000,
  okTimeoutMs: 600_000,
  publishTimeoutMs: 600_000,
};

/** It closes with the test. */
export function openPool(
  relays: readonly { url: string }[],
  options: Partial<RelayPoolOptions> = {},
): RelayPool {
  const pool = new RelayPool({
    relays: relays.map(({ url }) => url),
    timing: endless,
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
  const reach = async (isReached: (state: RelayState) => boolean, url: string): Promise<void> => {
    while (!pool.states.some((state) => state.url === url && isReached(state))) {
      await new Promise<void>((resolve) => {
        const earlier = changed;
        changed = () => {
          earlier();
          resolve();
        };
      });
    }
  };
  const ready = ({ url }: { url: string }): Promise<void> => reach(({ status }) => status === 'ready', url);
  /** It could not be reached, and the pool knows why. */
  const missed = ({ url }: { url: string }): Promise<void> =>
    reach(({ reason }) => reason !== undefined, url);
  return { pool, ready, missed };
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
