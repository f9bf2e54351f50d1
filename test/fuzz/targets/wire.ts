import {
  AddressError,
  decodeFrame,
  DecodeError,
  encodeFrame,
  eventId,
  eventJson,
  formatAddress,
  formatMessages,
  formatNpub,
  getPublicKey,
  type NostrEvent,
  parseAddress,
  parseEvent,
  parseMessage,
  parseRelayUrl,
  parseSecretKey,
  signEvent,
  verifyEvent,
} from '@mcp-nostr/core';

import { nip44 } from '../../../packages/core/src/nip44.ts';
import { check, checkDeclared, checkSame, jsonIn, readBy, type Target } from '../target.ts';
import {
  clientMessages,
  frames,
  INSTANCE,
  NOW,
  RECIPIENT_KEY,
  serverMessages,
  STRANGER_KEY,
} from './samples.ts';

const recipient = getPublicKey(RECIPIENT_KEY);
const event: NostrEvent = signEvent(
  {
    kind: 25_910,
    created_at: NOW,
    tags: [
      ['p', recipient],
      ['link', 'c'.repeat(32), '0', '0', ''],
      ['e', 'f'.repeat(64), 'wss://relay'],
    ],
    content: JSON.stringify(clientMessages[0]),
  },
  STRANGER_KEY,
);

const events: Target = {
  name: 'event',
  weight: 60,
  open: () => ({
    samples: [event, { ...event, content: 'é\u2028\u0000"\\' }],
    take: (text) => {
      const read = readBy(() => parseEvent(jsonIn(text)), DecodeError);
      if (read === undefined) return;
      checkSame(
        read,
        readBy(() => parseEvent(JSON.parse(eventJson(read))), DecodeError),
      );
      eventId(read);
      verifyEvent(read);
    },
  }),
};

const framesOfEvents: Target = {
  name: 'frame',
  weight: 150,
  open: () => ({
    samples: [
      ...frames(recipient, clientMessages, ''),
      ...frames(recipient, serverMessages, INSTANCE),
      ...['grant', 'invite', 'successor'].map((name) => ({
        tags: [
          ['p', recipient],
          ['link', 'c'.repeat(32), '0', '0', ''],
          [name, JSON.stringify(event)],
        ],
        content: '',
      })),
    ],
    take: (text) => {
      const value = jsonIn(text);
      const template = { ...event, ...(typeof value === 'object' ? value : {}) };
      const read = readBy(() => decodeFrame(parseEvent(template)), DecodeError);
      if (read === undefined) return;
      const { tags, content } = encodeFrame(read, recipient, NOW);
      checkSame(
        read,
        readBy(() => decodeFrame({ tags, content }), DecodeError),
      );
    },
  }),
};

const jsonRpc: Target = {
  name: 'json-rpc',
  weight: 120,
  open: () => ({
    samples: [...clientMessages, ...serverMessages],
    take: (text) => {
      const message = readBy(() => parseMessage(text), DecodeError);
      if (message === undefined) return;
      checkSame(message, parseMessage(formatMessages([message])));
    },
  }),
};

const SECRET_HEX = Buffer.from(STRANGER_KEY).toString('hex');
const NSEC = 'nsec1pyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyyszg5c4n';
const npub = formatNpub(recipient);
const nprofile = formatAddress({
  pubkey: recipient,
  relays: ['wss://relay.example', 'ws://127.0.0.1:7777/x?y=1'],
});

const addresses: Target = {
  name: 'address',
  weight: 100,
  open: () => ({
    samples: [
      npub,
      NSEC,
      `${npub}?key=${NSEC}`,
      nprofile,
      // Twice as long once it is a URL.
      formatAddress({ pubkey: recipient, relays: [`wss://relay.example/${'é'.repeat(100)}`] }),
      `nostr:${nprofile}`,
      `web+nostr:${npub}`,
      recipient,
      recipient.toUpperCase(),
    ],
    take: (text) => {
      try {
        const address = parseAddress(text);
        checkSame(address, parseAddress(formatAddress(address)));
      } catch (error) {
        checkDeclared(error, AddressError);
        const isRepeated = /(nsec|ncryptsec)1[a-z0-9]{20}/i.test((error as Error).message);
        check(!isRepeated, 'the refusal repeats the secret');
      }
    },
  }),
};

const relayUrls: Target = {
  name: 'relay-url',
  weight: 30,
  open: () => ({
    samples: [
      'wss://relay.example',
      'ws://127.0.0.1:7777/path?query=1#x',
      'ws://[::1]:80',
      'wss://bücher.example',
    ],
    take: (text) => {
      const url = readBy(() => parseRelayUrl(text), AddressError);
      if (url !== undefined) checkSame(url, parseRelayUrl(url));
    },
  }),
};

const secretKeys: Target = {
  name: 'secret-key',
  weight: 20,
  open: () => ({
    samples: [SECRET_HEX, NSEC, 'f'.repeat(64)],
    take: (text) => {
      try {
        parseSecretKey(text);
      } catch (error) {
        const code = text.trim();
        const { message, cause } = error as Error;
        check(error instanceof AddressError, `an error that is not declared: ${String(error)}`);
        check(code.length < 12 || !message.includes(code), 'the refusal repeats the secret');
        check(cause === undefined, 'the refusal has a cause, which may repeat the secret');
      }
    },
  }),
};

const conversation = nip44.conversationKey(RECIPIENT_KEY, getPublicKey(STRANGER_KEY));

const payloads: Target = {
  name: 'nip44',
  weight: 40,
  open: () => ({
    samples: ['a', JSON.stringify(event), 'x'.repeat(3_000)].map((text) => nip44.encrypt(text, conversation)),
    take: (text) => {
      readBy(() => nip44.decrypt(text, conversation), DecodeError);
    },
  }),
};

export const wireTargets: readonly Target[] = [
  events,
  framesOfEvents,
  jsonRpc,
  addresses,
  relayUrls,
  secretKeys,
  payloads,
];
