import {
  type Address,
  generateSecretKey,
  getPublicKey,
  parseAddress,
  signEvent,
  successorTemplate,
} from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { movedFailure } from './moved-failure.ts';

const now = 1_760_000_000;
const [oldKey, thief] = [generateSecretKey(), generateSecretKey()];
const successor: Address = { pubkey: getPublicKey(generateSecretKey()), relays: [] };
const former: Address = { pubkey: getPublicKey(oldKey), relays: ['wss://old.example'] };
const statement = (relays: string[] = [], key: Uint8Array = oldKey): string =>
  JSON.stringify(
    signEvent(
      successorTemplate({
        former: former.pubkey,
        successor: { ...successor, relays },
        announcedAt: now - 60,
      }),
      key,
    ),
  );

describe('a refusal of a server that says it has another key', () => {
  it.each([
    [[], ['wss://old.example']],
    [['wss://new.example'], ['wss://new.example']],
  ])('names the new key, with relays %j of the statement', (said, relays) => {
    const { code, data } = movedFailure(statement(said), former, now);
    expect(code).toBe('server_moved');
    expect(parseAddress(String(data['successor']))).toEqual({ ...successor, relays });
  });

  it.each([
    ['that somebody else has signed', statement([], thief)],
    ['that is none', '{}'],
    ['that is no JSON', '{'],
    ['that is not there', undefined],
  ])('with a statement %s is a refusal like any other', (_, text) => {
    expect(movedFailure(text, former, now)).toMatchObject({ code: 'not_allowed', data: {} });
  });
});
