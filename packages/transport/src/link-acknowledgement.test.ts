import { generateSecretKey, getPublicKey, type LinkTag, signEvent } from '@mcp-nostr/core';
import { expect, it } from 'vitest';

import { Endpoint } from './endpoint.ts';
import { Link } from './link.ts';
import type { IncomingFrame } from './receiver.ts';

const key = generateSecretKey();
const connection = '0'.repeat(32);
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' } as const;

/** An endpoint that signs, and whose relays never say a word. */
class SilentEndpoint extends Endpoint {
  override publish = (): ReturnType<Endpoint['publish']> => new Promise(() => {});
}

function incoming(link: Partial<LinkTag>): IncomingFrame {
  const event = signEvent({ kind: 25_910, created_at: 1, tags: [], content: '' }, key);
  const whole = { connection, acknowledged: 0, instance: '', ...link };
  return { event, link: whole, requestEvent: undefined, encrypted: true, relay: '', isRepeat: false };
}

it('a frame that the peer acknowledges has arrived, whatever the relays say or do not say', async () => {
  const endpoint = new SilentEndpoint({
    pubkey: getPublicKey(key),
    signer: {
      getPublicKey: async () => getPublicKey(key),
      signEvent: async (template) => signEvent(template, key),
    },
    relays: ['ws://127.0.0.1:9'],
    encryption: 'required',
    accepts: () => true,
    onframe: () => {},
  });
  const options = { endpoint, peer: getPublicKey(key), connection, instance: '', encrypted: true };
  const link = new Link({ ...options, onframe: () => {}, onloss: () => {} });
  const settled: string[] = [];
  for (const name of ['first', 'second', 'third']) {
    const { published } = await link.send([ping]);
    void published.then((outcome) => settled.push(`${name} ${outcome}`));
  }
  link.receive(incoming({ acknowledged: 1, control: 'ack' }));
  await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(settled).toEqual(['first accepted']);
  link.receive(incoming({ acknowledged: 3, sequence: 0 }));
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(settled).toEqual(['first accepted', 'second accepted', 'third accepted']);
  endpoint.close();
});
