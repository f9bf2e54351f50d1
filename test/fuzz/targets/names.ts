import { AddressError, formatAddress, getPublicKey, parseAddress } from '@mcp-nostr/core';

import { formatBook, parseBook } from '../../../packages/cli/src/address-book/address-book.ts';
import { parseAddressLink } from '../../../packages/cli/src/address-book/address-link.ts';
import { lookUpNip05, parseNip05 } from '../../../packages/cli/src/address-book/nip05.ts';
import { CliError } from '../../../packages/cli/src/errors.ts';
import { parseKeyName } from '../../../packages/cli/src/keys/key-name.ts';
import { check, checkDeclared, checkSame, readBy, type Target } from '../target.ts';
import { NOW, RECIPIENT_KEY } from './samples.ts';

const pubkey = getPublicKey(RECIPIENT_KEY);
const address = formatAddress({ pubkey, relays: ['wss://relay.example'] });
const INVITE = 'abcdefghijklmnopqrstuvwxyz';

/** What people pass on: an address, with an invite or without. */
const links: Target = {
  name: 'link-text',
  weight: 30,
  open: () => ({
    samples: [
      `${address}?invite=${INVITE}`,
      `https://page.example/#${address}?invite=${INVITE}`,
      `nostr:${address}?invite=${INVITE}&a=b`,
      address,
    ],
    take: (text) => {
      try {
        const link = parseAddressLink(text);
        check(link.invite === undefined || link.invite.length <= 128, 'an invite that is too long');
        readBy(() => parseAddress(link.address), AddressError);
      } catch (error) {
        checkDeclared(error, CliError);
        check(!(error as Error).message.includes(INVITE.slice(0, 12)), 'the refusal repeats the invite');
      }
    },
  }),
};

/** What a domain says of a name. */
const documents: Target = {
  name: 'nip-05',
  weight: 20,
  open: () => ({
    samples: [
      { names: { bob: pubkey, _: pubkey }, relays: { [pubkey]: ['wss://relay.example', 'ws://a'] } },
      { names: { bob: pubkey } },
    ],
    take: async (text) => {
      try {
        const found = await lookUpNip05('bob@example.com', async () => new Response(text));
        check(/^[0-9a-f]{64}$/.test(found.pubkey), 'a key that is none');
        check(found.relays.length <= 3, `there are ${found.relays.length} relays`);
      } catch (error) {
        checkDeclared(error, CliError);
      }
    },
  }),
};

/** What a person types, or a page shows to be typed. */
const typed: Target = {
  name: 'name',
  weight: 30,
  open: () => ({
    samples: ['bob@example.com', 'example.com', 'bücher.example', '_@[::1]', 'name@a.b:80', 'work-key'],
    take: (text) => {
      const nip05 = parseNip05(text);
      if (nip05 !== undefined) checkSame(nip05, parseNip05(nip05));
      readBy(() => parseKeyName(text), CliError);
    },
  }),
};

/** The file of names, which a person may have edited. */
const addressBooks: Target = {
  name: 'address-book',
  weight: 20,
  open: () => ({
    samples: [
      JSON.parse(
        formatBook(
          new Map([
            ['weather', { pubkey, relays: ['wss://relay.example'], seenAt: NOW, key: 'laptop' }],
            ['bob@example.com', { pubkey, relays: [], nip05: 'bob@example.com', seenAt: NOW }],
          ]),
        ),
      ),
    ],
    take: (text) => {
      const book = readBy(() => parseBook(text), Error);
      if (book === undefined) return;
      const written = formatBook(book);
      checkSame(written, formatBook(parseBook(written)));
    },
  }),
};

export const nameTargets: readonly Target[] = [links, documents, typed, addressBooks];
