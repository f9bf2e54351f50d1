import { describe, expect, it } from 'vitest';

import { signEvent, verifyEvent } from './event.ts';
import { newWrapKey, unwrapEvent, wrapEvent } from './gift-wrap.ts';
import { nip44 } from './nip44.ts';
import { generateSecretKey, getPublicKey } from './schnorr.ts';
import { secretKeySigner } from './signer.ts';

const [alice, bob, eve] = [generateSecretKey(), generateSecretKey(), generateSecretKey()];
const toBob = getPublicKey(bob);
const inner = signEvent(
  { kind: 25_910, created_at: 1_700_000_000, tags: [['p', toBob]], content: '{}' },
  alice,
);

describe('gift wraps', () => {
  it('bring the signed event to its recipient and to nobody else', async () => {
    const wrap = wrapEvent(inner, toBob);
    expect(await unwrapEvent(wrap, secretKeySigner(bob))).toEqual(inner);
    await expect(unwrapEvent(wrap, secretKeySigner(eve))).rejects.toMatchObject({ code: 'not_decryptable' });
  });

  it('show the recipient, the time and a key used once, and no more', () => {
    const [first, second] = [wrapEvent(inner, toBob), wrapEvent(inner, toBob, { kind: 1059 })];
    expect(first).toMatchObject({ kind: 21_059, tags: [['p', toBob]], created_at: inner.created_at });
    expect(second.kind).toBe(1059);
    expect(new Set([first.pubkey, second.pubkey, inner.pubkey]).size).toBe(3);
    expect(verifyEvent(first)).toBe(true);
  });

  it('carry nothing but an event', async () => {
    const key = newWrapKey(toBob);
    const wrapOf = (plaintext: string) => ({
      ...wrapEvent(inner, toBob, { key }),
      content: nip44.encrypt(plaintext, key.conversationKey),
    });
    for (const plaintext of ['not json', '[]', JSON.stringify({ ...inner, id: 'short' })]) {
      await expect(unwrapEvent(wrapOf(plaintext), secretKeySigner(bob))).rejects.toMatchObject({
        code: 'bad_event',
      });
    }
  });

  it('need a signer that decrypts, and report one that refuses', async () => {
    const { nip44: _, ...deaf } = secretKeySigner(bob);
    const wrap = wrapEvent(inner, toBob);
    await expect(unwrapEvent(wrap, deaf)).rejects.toMatchObject({ code: 'not_decryptable' });
    const refusing = {
      ...deaf,
      nip44: { encrypt: async () => '', decrypt: () => Promise.reject(new Error('no')) },
    };
    await expect(unwrapEvent(wrap, refusing)).rejects.toThrow(/signer refused/);
  });

  it('refuse an event above the bound of NIP-44', () => {
    expect(() => wrapEvent({ ...inner, content: 'x'.repeat(70_000) }, toBob)).toThrow(RangeError);
  });
});
