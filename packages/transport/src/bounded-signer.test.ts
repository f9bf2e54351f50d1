import type { EventTemplate, Signer } from '@mcp-nostr/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { boundedSigner } from './bounded-signer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const template: EventTemplate = { kind: 1, created_at: 0, tags: [], content: '' };
const never = (): Promise<never> => new Promise(() => {});
const silent: Signer = {
  getPublicKey: async () => 'key',
  signEvent: never,
  nip44: { encrypt: never, decrypt: never },
};

describe('a signer that does not answer', () => {
  it.each([
    ['sign', (signer: Signer) => signer.signEvent(template)],
    ['encrypt', (signer: Signer) => signer.nip44?.encrypt('', '')],
    ['decrypt', (signer: Signer) => signer.nip44?.decrypt('', '')],
  ])('fails to %s when its time is over, and leaves no timer', async (what, ask) => {
    let failure: unknown;
    const answer = Promise.resolve(ask(boundedSigner(silent, 5000)));
    answer.catch((error: unknown) => {
      failure = error;
    });
    await vi.advanceTimersByTimeAsync(4999);
    expect(failure).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(failure).toMatchObject({
      name: 'TransportError',
      code: 'signer_failed',
      message: `the signer did not ${what} within 5 s`,
    });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a signer that answers', () => {
  it('answers as ever and leaves no timer', async () => {
    const event = { ...template, id: 'id', pubkey: 'key', sig: 'sig' };
    const signer = boundedSigner(
      {
        ...silent,
        signEvent: async () => event,
        nip44: { encrypt: async () => 'secret', decrypt: () => Promise.reject(new Error('no')) },
      },
      5000,
    );
    expect(await signer.signEvent(template)).toBe(event);
    expect(await signer.nip44?.encrypt('', '')).toBe('secret');
    await expect(signer.nip44?.decrypt('', '')).rejects.toThrow('no');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has no nip44 where the one behind it has none', () => {
    const { nip44: _, ...bare } = silent;
    expect(boundedSigner(bare, 5000)).not.toHaveProperty('nip44');
  });
});
