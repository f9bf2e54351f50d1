import {
  DecodeError,
  EPHEMERAL_GIFT_WRAP_KIND,
  getPublicKey,
  MESSAGE_KIND,
  newWrapKey,
  type NostrEvent,
  parseEvent,
  secretKeySigner,
  signEvent,
} from '@mcp-nostr/core';

import { nip44 } from '../../../packages/core/src/nip44.ts';
import { Receiver } from '../../../packages/transport/src/receiver.ts';
import { parseRelayMessage } from '../../../packages/transport/src/relay-messages.ts';
import { check, checkDeclared, jsonIn, readBy, type Target } from '../target.ts';
import { clientMessages, frames, NOW, RECIPIENT_KEY, STRANGER_KEY } from './samples.ts';

export const recipient = getPublicKey(RECIPIENT_KEY);
export const stranger = getPublicKey(STRANGER_KEY);
/** One for all: what is tried here is not the curve. */
const wrapKey = newWrapKey(recipient, STRANGER_KEY);
const MAX_PLAINTEXT_BYTES = 65_535;

/** Whatever the plaintext, in a wrap that decrypts. What is too large for one goes as it is. */
export function wrapText(plaintext: string): NostrEvent {
  const fits = plaintext !== '' && Buffer.byteLength(plaintext) <= MAX_PLAINTEXT_BYTES;
  const content = fits ? nip44.encrypt(plaintext, wrapKey.conversationKey) : plaintext;
  const { pubkey } = wrapKey;
  const kind = EPHEMERAL_GIFT_WRAP_KIND;
  // Nobody looks at the signature of a wrap.
  const names = { id: 'a'.repeat(64), sig: 'b'.repeat(128) };
  return { ...names, pubkey, kind, created_at: NOW, tags: [['p', recipient]], content };
}

/** The stranger's event of what was made of a template; its text where it cannot be signed. */
export function signedText(text: string): string {
  const template = jsonIn(text);
  if (typeof template !== 'object' || template === null) return text;
  const fields = { kind: MESSAGE_KIND, created_at: NOW, tags: [], content: '', ...template };
  const names = { id: 'a'.repeat(64), pubkey: stranger, sig: 'b'.repeat(128) };
  const event = readBy(() => parseEvent({ ...fields, ...names }), DecodeError);
  return event === undefined ? text : JSON.stringify(signEvent(event, STRANGER_KEY));
}

/** An event on its way through all that is checked before somebody makes anything of it. */
function receiver(encryption: 'required' | 'none') {
  const problems: unknown[] = [];
  let delivered = 0;
  const receiving = new Receiver({
    pubkey: recipient,
    signer: secretKeySigner(RECIPIENT_KEY),
    encryption,
    accepts: () => true,
    onframe: ({ event, frame }) => {
      delivered++;
      check(event.pubkey === stranger, 'a frame of somebody who has not signed it');
      check(frame.link.acknowledged >= 0, 'a frame without an acknowledgement');
    },
    ondropped: (error) => problems.push(error),
  });
  return {
    take: async (outer: string): Promise<void> => {
      const message = parseRelayMessage(`["EVENT","",${outer}]`);
      if (message?.type !== 'EVENT') return;
      problems.length = 0;
      await receiving.receive(message.event, 'ws://relay');
      for (const problem of problems) checkDeclared(problem, DecodeError);
    },
    verify: () => check(delivered > 0, 'no honest frame came through'),
  };
}

const templates = frames(recipient, clientMessages, '').map(({ tags, content }) => ({
  kind: MESSAGE_KIND,
  created_at: NOW,
  tags,
  content,
}));

/** A wrap that decrypts, around an event that is signed where it can be. */
const inside: Target = {
  name: 'wrapped',
  weight: 60,
  open: () => {
    const { take, verify } = receiver('required');
    return { samples: templates, take: (text) => take(JSON.stringify(wrapText(signedText(text)))), verify };
  },
};

/** A wrap of which anything may be wrong. */
const outside: Target = {
  name: 'wrap',
  weight: 60,
  open: () => {
    const { take } = receiver('required');
    const samples = templates.slice(0, 4).map((each) => wrapText(signedText(JSON.stringify(each))));
    return { samples, take };
  },
};

/** The same in plain text, where the event is what a relay shows. */
const plain: Target = {
  name: 'plain-event',
  weight: 60,
  open: () => {
    const { take, verify } = receiver('none');
    let number = 0;
    // Half of them signed as they are: a wrong signature is not all that can be wrong.
    return { samples: templates, take: (text) => take(number++ % 2 === 0 ? signedText(text) : text), verify };
  },
};

export const receiverTargets: readonly Target[] = [inside, outside, plain];
