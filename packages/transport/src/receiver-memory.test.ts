import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import {
  generateSecretKey,
  getPublicKey,
  newWrapKey,
  type NostrEvent,
  parseEvent,
  secretKeySigner,
  signEvent,
  wrapEvent,
} from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { Receiver } from './receiver.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const [key, strangerKey] = [generateSecretKey(), generateSecretKey()];
const pubkey = getPublicKey(key);

describe('the memory of wraps that were here', () => {
  it('is of their MACs and not of their payloads', async () => {
    const receiver = new Receiver({
      pubkey,
      signer: secretKeySigner(key),
      encryption: 'required',
      accepts: () => true,
      onframe: () => {},
    });
    // It decrypts, and is no frame: remembered all the same, so that it is not decrypted again.
    const inner = { kind: 1, tags: [], created_at: 1, content: 'x'.repeat(40_000) };
    const junk = signEvent(inner, strangerKey);
    const wrapKey = newWrapKey(pubkey);
    const receive = async (): Promise<number> => {
      const text = JSON.stringify(wrapEvent(junk, pubkey, { key: wrapKey }));
      const event: NostrEvent = parseEvent(JSON.parse(text));
      await receiver.receive(event, 'ws://relay');
      return event.content.length;
    };
    for (let i = 0; i < 20; i++) await receive(); // what is made once is made now
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    let bytes = 0;
    for (let i = 0; i < 300; i++) bytes += await receive();
    collectGarbage();
    const grown = process.memoryUsage().heapUsed - before;
    expect(bytes).toBeGreaterThan(15_000_000);
    expect(grown).toBeLessThan(bytes / 4);
  });
});
