import {
  AddressError,
  DecodeError,
  getPublicKey,
  grantTemplate,
  parsePaper,
  readPaper,
  readSuccessor,
  revocationTemplate,
  signEvent,
  successorTemplate,
} from '@mcp-nostr/core';

import { parseBunkerAddress } from '../../../packages/client/src/remote-signer/bunker-address.ts';
import { parseRemoteAnswer } from '../../../packages/client/src/remote-signer/remote-message.ts';
import { check, checkDeclared, jsonIn, readBy, type Target } from '../target.ts';
import { NOW, RECIPIENT_KEY, STRANGER_KEY } from './samples.ts';

const [server, identity] = [getPublicKey(RECIPIENT_KEY), getPublicKey(STRANGER_KEY)];
const session = 'd'.repeat(64);
const grant = {
  session,
  server,
  grantedAt: NOW,
  expiresAt: NOW + 600,
  scopes: ['read'],
  tools: ['get_*', 'a?'],
};
const context = { server, session, nowSeconds: NOW };

/** What a session key shows for the identity that it says it speaks for. */
const grants: Target = {
  name: 'grant',
  weight: 60,
  open: () => {
    const samples = [
      grantTemplate(grant),
      grantTemplate({
        session,
        server,
        grantedAt: NOW - 60,
        expiresAt: NOW + 1,
        resources: [],
        prompts: ['*'],
      }),
      revocationTemplate({ server, session, before: NOW }),
      revocationTemplate({ server, before: NOW }),
    ].map((template) => signEvent(template, STRANGER_KEY));
    const honest = new Set(samples.map(({ id }) => id));
    return {
      samples,
      take: (text) => {
        const paper = readBy(() => readPaper(text, context), DecodeError);
        const parsed = readBy(() => parsePaper(text, context), DecodeError);
        check(paper === undefined || parsed !== undefined, 'verified, and yet not read');
        // Whatever was changed, it is one of those that were signed, or none.
        check(paper === undefined || honest.has(paper.event.id), `a grant that nobody has signed: ${text}`);
        check(paper === undefined || paper.identity === identity, 'a grant of somebody else');
      },
    };
  },
};

/** What names the key that follows a server's, for whoever comes to the former one. */
const successors: Target = {
  name: 'successor',
  weight: 30,
  open: () => {
    const successor = { pubkey: session, relays: ['wss://relay.example', 'ws://127.0.0.1:7777'] };
    const template = successorTemplate({ former: identity, successor, announcedAt: NOW });
    const honest = signEvent(template, STRANGER_KEY);
    return {
      samples: [honest],
      take: (text) => {
        const succession = readBy(() => readSuccessor(jsonIn(text), identity, NOW), DecodeError);
        check(
          succession === undefined || succession.successor.pubkey === session,
          `a key that nobody has named: ${text}`,
        );
      },
    };
  },
};

const SECRET = 'f00dfeedf00dfeed';

/** What a remote signer gives to be found by. */
const bunkers: Target = {
  name: 'bunker',
  weight: 20,
  open: () => ({
    samples: [
      `bunker://${server}?relay=wss://relay.example&relay=ws%3A%2F%2F127.0.0.1&secret=${SECRET}`,
      `bunker://${server}?relay=wss://relay.example`,
    ],
    take: (text) => {
      try {
        const { remote, relays } = parseBunkerAddress(text);
        check(/^[0-9a-f]{64}$/.test(remote) && relays.length > 0, 'an address that leads nowhere');
      } catch (error) {
        checkDeclared(error, AddressError);
        check(!(error as Error).message.includes(SECRET), 'the refusal repeats the secret');
      }
    },
  }),
};

/** What a remote signer answers, or whoever knows the key that it answers to. */
const answers: Target = {
  name: 'remote-answer',
  weight: 30,
  open: () => ({
    samples: [
      { id: 'a1', result: 'ack' },
      { id: 'a1', result: '', error: 'the person said no\u001b[31m' },
      { id: 'a1', result: 'auth_url', error: 'https://signer.example/allow?token=abc' },
    ],
    take: (text) => {
      const answer = parseRemoteAnswer(text);
      if (answer?.sort === 'auth')
        check(answer.url?.startsWith('https://') !== false, 'a page without a padlock');
      if (answer?.sort === 'refusal') check(!/\p{Cc}/u.test(answer.words), 'words that a terminal obeys');
    },
  }),
};

export const paperTargets: readonly Target[] = [grants, successors, bunkers, answers];
