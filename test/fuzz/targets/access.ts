import { createHmac } from 'node:crypto';

import { getPublicKey } from '@mcp-nostr/core';

import { AccessBook } from '../../../packages/server/src/access-book.ts';
import { AccessBookError } from '../../../packages/server/src/access-book-error.ts';
import { check, checkSame, readBy, type Target } from '../target.ts';
import { NOW, RECIPIENT_KEY, STRANGER_KEY } from './samples.ts';

const [known, stranger] = [getPublicKey(RECIPIENT_KEY), getPublicKey(STRANGER_KEY)];

const code = 'abcdefghijklmnopqrstuvwxyz';
const inviteKey = '17'.repeat(32);

/** Not drawn: the same for the same seed. */
const someBook = {
  version: 1,
  inviteKey,
  allowed: {
    [known]: { addedAt: NOW, name: 'Ü', tools: ['get_*', '[a-c]?'], scopes: ['read'], callsPerMinute: 60 },
  },
  denied: { ['b'.repeat(64)]: { addedAt: NOW } },
  invites: [
    {
      id: 'a1b2c3',
      hash: createHmac('sha256', Buffer.from(inviteKey, 'hex')).update(code).digest('hex'),
      rules: { callsAtOnce: 2 },
      uses: 2,
      redeemedBy: [],
      addedAt: NOW,
      expiresAt: NOW + 60,
    },
  ],
  revocations: { [known]: { sessions: { ['d'.repeat(64)]: NOW } } },
};

const honest = JSON.stringify(someBook);

/** What a person may have edited. */
const books: Target = {
  name: 'access-book',
  weight: 30,
  open: () => ({
    samples: [someBook],
    take: (text) => {
      const book = readBy(() => AccessBook.parse(text), AccessBookError);
      check(book !== undefined || text !== honest, 'an honest book is not taken');
      if (book === undefined) return;
      checkSame(book, AccessBook.parse(JSON.stringify(book)));
      for (const pubkey of [known, stranger]) {
        const isAllowed = book.find(pubkey, NOW) !== undefined;
        check(!isAllowed || text.includes(pubkey), 'a key is allowed of which the book says nothing');
      }
    },
  }),
};

/** What strangers show for an invite. */
const invites: Target = {
  name: 'invite',
  weight: 25,
  open: () => ({
    samples: [code, code.toUpperCase(), `invite=${code}`],
    take: (text) => {
      // Of a book of its own: one that was redeemed lets the key in for ever.
      const copy = AccessBook.parse(honest);
      const answer = copy.redeem(text, stranger, NOW);
      const isCode = text.length <= 64 && text.trim().toLowerCase() === code;
      check((typeof answer === 'object') === isCode, 'a code that is none lets in, or one that is does not');
      checkSame(copy.redeem(text, stranger, NOW), answer);
    },
  }),
};

export const accessTargets: readonly Target[] = [books, invites];
