import {
  encodeFrame,
  type EventTemplate,
  generateSecretKey,
  getPublicKey,
  type LinkTag,
  MESSAGE_KIND,
  type NostrEvent,
  secretKeySigner,
  signEvent,
  type Signer,
  wrapEvent,
} from '@mcp-nostr/core';
import { describe, expect, it, vi } from 'vitest';

import { limits } from './limits.ts';
import { type IncomingFrame, Receiver, type ReceiverOptions } from './receiver.ts';

const [aliceKey, bobKey] = [generateSecretKey(), generateSecretKey()];
const [alice, bob] = [getPublicKey(aliceKey), getPublicKey(bobKey)];
const eve = getPublicKey(generateSecretKey());
const bobSigner = secretKeySigner(bobKey);
const NOW = 1_700_000_000;
const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const link: LinkTag = { connection: 'c'.repeat(32), sequence: 0, acknowledged: 0, instance: '' };

/** Alice's frame for Bob, with what is wrong about it. */
function frame(fields: Partial<EventTemplate> = {}, recipient = bob): NostrEvent {
  const template = encodeFrame({ link, content: PING }, recipient, NOW);
  return signEvent({ ...template, ...fields }, aliceKey);
}

function open(options: Partial<ReceiverOptions> = {}) {
  const frames: IncomingFrame[] = [];
  const dropped: string[] = [];
  const accepts = vi.fn<ReceiverOptions['accepts']>(() => true);
  const receiver = new Receiver({
    pubkey: bob,
    signer: bobSigner,
    encryption: 'required',
    accepts,
    onframe: (each) => void frames.push(each),
    ondropped: (error) => void dropped.push('code' in error ? String(error.code) : error.message),
    ...options,
  });
  const receive = (event: NostrEvent, relay = 'ws://relay') => receiver.receive(event, relay);
  return { frames, dropped, accepts, receive };
}

/** A signer that counts, and answers when it is told to. */
function slowSigner() {
  const waiting: (() => void)[] = [];
  const decrypt = vi.fn<NonNullable<Signer['nip44']>['decrypt']>(async (pubkey, ciphertext) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return bobSigner.nip44?.decrypt(pubkey, ciphertext) ?? '';
  });
  const signer: Signer = { ...bobSigner, nip44: { encrypt: async () => '', decrypt } };
  return { signer, decrypt, answer: () => waiting.splice(0).forEach((each) => each()) };
}

const spying = () => {
  const decrypt = vi.fn<NonNullable<Signer['nip44']>['decrypt']>(
    async (pubkey, ciphertext) => bobSigner.nip44?.decrypt(pubkey, ciphertext) ?? '',
  );
  const signer: Signer = { ...bobSigner, nip44: { encrypt: async () => '', decrypt } };
  return { signer, decrypt };
};

describe('a good event', () => {
  it('becomes a frame with what the signature covers', async () => {
    const { frames, dropped, receive } = open();
    const inner = frame({ tags: [...frame().tags, ['e', 'f'.repeat(64)]] });
    await receive(wrapEvent(inner, bob), 'ws://one');
    expect(dropped).toEqual([]);
    expect(frames).toEqual([
      {
        event: inner,
        frame: { link, requestEvent: 'f'.repeat(64), content: PING },
        bytes: expect.any(Number),
        encrypted: true,
        relay: 'ws://one',
        isRepeat: false,
      },
    ]);
  });

  it('is taken in plain text where that was chosen', async () => {
    for (const encryption of ['none', 'optional'] as const) {
      const { frames, receive } = open({ encryption });
      await receive(frame());
      expect(frames).toMatchObject([{ encrypted: false }]);
    }
  });

  it('has the id that its content makes, whatever it says of itself', async () => {
    const { frames, receive } = open();
    const inner = frame();
    await receive(wrapEvent({ ...inner, id: '0'.repeat(64) }, bob));
    expect(frames).toMatchObject([{ event: { id: inner.id } }]);
  });
});

describe('what is dropped', () => {
  it('a form that was not chosen', async () => {
    const [required, none] = [open(), open({ encryption: 'none' })];
    await required.receive(frame());
    await none.receive(wrapEvent(frame(), bob));
    expect([required.dropped, none.dropped]).toEqual([['wrong_kind'], ['wrong_kind']]);
    expect([...required.frames, ...none.frames]).toEqual([]);
  });

  it('before it costs a decryption: too many tags, another kind, another recipient', async () => {
    const { signer, decrypt } = spying();
    const { dropped, frames, receive } = open({ signer });
    const wrap = wrapEvent(frame(), bob);
    await receive({ ...wrap, tags: Array.from({ length: 65 }, () => ['p', bob]) });
    await receive({ ...wrap, kind: 1 });
    await receive(wrapEvent(frame(), eve));
    await receive({ ...wrap, tags: [] });
    expect(dropped).toEqual(['too_large', 'wrong_kind', 'wrong_recipient', 'wrong_recipient']);
    expect(decrypt).not.toHaveBeenCalled();
    expect(frames).toEqual([]);
  });

  it('before it is asked whether anybody wants it: what the wrap holds wrongly', async () => {
    const { dropped, frames, accepts, receive } = open();
    await receive(wrapEvent(frame({ kind: 1 }), bob));
    await receive(wrapEvent(frame({}, eve), bob));
    await receive(wrapEvent(frame({ tags: [['p', bob]] }), bob));
    await receive(
      wrapEvent(
        frame({
          tags: [
            ['p', bob],
            ['link', 'x'],
          ],
        }),
        bob,
      ),
    );
    expect(dropped).toEqual(['wrong_kind', 'wrong_recipient', 'bad_link', 'bad_link']);
    expect(accepts).not.toHaveBeenCalled();
    expect(frames).toEqual([]);
  });

  it('in silence, whatever its signature: a frame of a connection that is not ours', async () => {
    const { dropped, frames, receive } = open({ accepts: () => false });
    await receive(wrapEvent({ ...frame(), sig: '0'.repeat(128) }, bob));
    expect([dropped, frames]).toEqual([[], []]);
  });

  it('a forged signature, and the real event still comes through after it', async () => {
    const { dropped, frames, receive } = open();
    const inner = frame();
    await receive(wrapEvent({ ...inner, sig: '0'.repeat(128) }, bob));
    await receive(wrapEvent({ ...inner, content: 'other' }, bob));
    expect(dropped).toEqual(['bad_signature', 'bad_signature']);
    await receive(wrapEvent(inner, bob));
    expect(frames).toMatchObject([{ event: inner, isRepeat: false }]);
  });

  it('a payload that does not decrypt, or a signer that refuses or cannot', async () => {
    const wrap = wrapEvent(frame(), bob);
    const { nip44: _, ...deaf } = bobSigner;
    const refusing: Signer = {
      ...deaf,
      nip44: { encrypt: async () => '', decrypt: () => Promise.reject(new Error('no')) },
    };
    for (const signer of [deaf, refusing, secretKeySigner(generateSecretKey())]) {
      const { dropped, frames, receive } = open({ signer });
      await receive(wrap);
      expect([dropped, frames]).toEqual([['not_decryptable'], []]);
    }
  });
});

describe('repeats', () => {
  it('of a wrap are not even decrypted again', async () => {
    const { signer, decrypt } = spying();
    const { frames, receive } = open({ signer });
    const wrap = wrapEvent(frame(), bob);
    await receive(wrap, 'ws://one');
    await receive(wrap, 'ws://two');
    await receive({ ...wrap, id: '0'.repeat(64) }, 'ws://three');
    expect(decrypt).toHaveBeenCalledOnce();
    expect(frames).toHaveLength(1);
  });

  it('of a wrap that is still being decrypted are not decrypted twice', async () => {
    const { signer, decrypt, answer } = slowSigner();
    const { frames, receive } = open({ signer });
    const wrap = wrapEvent(frame(), bob);
    const both = [receive(wrap, 'ws://one'), receive({ ...wrap }, 'ws://two')];
    answer();
    await Promise.all(both);
    expect(decrypt).toHaveBeenCalledOnce();
    expect(frames).toMatchObject([{ relay: 'ws://one', isRepeat: false }]);
  });

  it('of an event in a fresh wrap are flagged, and not verified again', async () => {
    const { frames, dropped, receive } = open();
    const inner = frame();
    await receive(wrapEvent(inner, bob));
    // A wrong signature would be found if it were looked at.
    await receive(wrapEvent({ ...inner, sig: '0'.repeat(128) }, bob));
    expect(dropped).toEqual([]);
    expect(frames.map(({ isRepeat }) => isRepeat)).toEqual([false, true]);
  });

  it('of an event in plain text are mere copies', async () => {
    const { frames, receive } = open({ encryption: 'none' });
    const inner = frame();
    await receive(inner, 'ws://one');
    await receive(inner, 'ws://two');
    expect(frames.map(({ relay, isRepeat }) => [relay, isRepeat])).toEqual([['ws://one', false]]);
  });

  it('of an event in plain text are flagged where they come wrapped', async () => {
    const { frames, receive } = open({ encryption: 'optional' });
    const inner = frame();
    await receive(inner);
    await receive(wrapEvent(inner, bob));
    expect(frames.map(({ isRepeat, encrypted }) => [isRepeat, encrypted])).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  it('are not feigned by garbage under a copied id or a copied MAC', async () => {
    const wrap = wrapEvent(frame(), bob);
    const garbage = 'A'.repeat(wrap.content.length - 44) + wrap.content.slice(-44);
    const { frames, dropped, receive } = open();
    await receive({ ...wrap, content: 'garbage' });
    await receive({ ...wrap, content: garbage });
    await receive({ ...wrap, pubkey: alice });
    expect(dropped).toEqual(['not_decryptable', 'not_decryptable', 'not_decryptable']);
    await receive(wrap);
    expect(frames).toHaveLength(1);
  });

  it('are not feigned while the garbage is being decrypted', async () => {
    const { signer, answer } = slowSigner();
    const { frames, receive } = open({ signer });
    const wrap = wrapEvent(frame(), bob);
    const garbage = 'A'.repeat(wrap.content.length - 44) + wrap.content.slice(-44);
    const all = [{ ...wrap, content: garbage }, { ...wrap, pubkey: alice }, wrap].map((each) =>
      receive(each),
    );
    answer();
    await Promise.all(all);
    expect(frames).toHaveLength(1);
  });
});

describe('bounds', () => {
  it('no more decryptions are under way than the bound; later ones are taken again', async () => {
    const { signer, decrypt, answer } = slowSigner();
    const { receive } = open({ signer });
    const wrap = wrapEvent(frame(), bob);
    const many = Array.from({ length: limits.maxDecrypting + 5 }, (_, n) =>
      receive({ ...wrap, content: `${n}` }),
    );
    expect(decrypt).toHaveBeenCalledTimes(limits.maxDecrypting);
    answer();
    await Promise.all(many);
    const next = receive(wrap);
    expect(decrypt).toHaveBeenCalledTimes(limits.maxDecrypting + 1);
    answer();
    await next;
  });

  it('nothing that a handler throws comes back', async () => {
    const throwing = () => {
      throw new Error('boom');
    };
    const reports: string[] = [];
    const ondropped = (error: Error): void => void reports.push(error.message);
    await open({ onframe: throwing, ondropped }).receive(wrapEvent(frame(), bob));
    await open({ accepts: throwing, ondropped }).receive(wrapEvent(frame(), bob));
    expect(reports).toEqual(['boom', 'boom']);
    await expect(
      open({ ondropped: throwing }).receive(frame({ kind: MESSAGE_KIND })),
    ).resolves.toBeUndefined();
  });
});
