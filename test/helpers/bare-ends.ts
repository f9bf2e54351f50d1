import { generateSecretKey, getPublicKey, secretKeySigner, type Signer } from '@mcp-nostr/core';
import {
  BareSender,
  type BareSenderOptions,
  Endpoint,
  type EndpointOptions,
  type IncomingBare,
} from '@mcp-nostr/transport';
import { onTestFinished } from 'vitest';

/** A key on relays that sends and takes messages without a link; it closes with the test. */
export interface BareEnd {
  pubkey: string;
  endpoint: Endpoint;
  /** What has come, each once. */
  received: IncomingBare[];
  errors: unknown[];
  /** The texts that have come, when there are so many of them. */
  texts: (count: number) => Promise<string[]>;
  sender: (peer: { pubkey: string }, options?: Partial<BareSenderOptions>) => BareSender;
}

export async function openBareEnd(
  relays: readonly { url: string }[],
  options: Partial<EndpointOptions> = {},
  wrapSigner: (signer: Signer) => Signer = (signer) => signer,
): Promise<BareEnd> {
  const key = generateSecretKey();
  const pubkey = getPublicKey(key);
  const received: IncomingBare[] = [];
  const errors: unknown[] = [];
  let changed: () => void = () => {};
  const change = (): Promise<void> =>
    new Promise((resolve) => {
      const earlier = changed;
      changed = () => {
        earlier();
        resolve();
      };
    });
  const { onbare } = options;
  const endpoint = new Endpoint({
    pubkey,
    signer: wrapSigner(secretKeySigner(key)),
    relays: relays.map(({ url }) => url),
    encryption: 'optional',
    accepts: () => false,
    onframe: () => {},
    onreach: () => changed(),
    storedWraps: true,
    ondropped: (error) => errors.push(error),
    ...options,
    onbare: (incoming) => {
      received.push(incoming);
      onbare?.(incoming);
      changed();
    },
  });
  onTestFinished(() => endpoint.close());
  while (options.onreach === undefined && !endpoint.relays.every(({ status }) => status === 'ready'))
    await change();
  return {
    pubkey,
    endpoint,
    received,
    errors,
    texts: async (count) => {
      while (received.length < count) await change();
      return received.map(({ message }) => message.content);
    },
    sender: (peer, more = {}) => {
      const sender = new BareSender({
        endpoint,
        peer: peer.pubkey,
        takesOversized: () => true,
        onerror: (error) => errors.push(error),
        ...more,
      });
      onTestFinished(() => sender.close());
      return sender;
    },
  };
}
