import { generateSecretKey, signEvent } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { limits } from './limits.ts';
import { parseRelayMessage } from './relay-messages.ts';

const event = signEvent({ kind: 1, created_at: 1, tags: [['p', 'x']], content: 'é' }, generateSecretKey());

describe('parseRelayMessage', () => {
  it('reads everything that NIP-01 and NIP-42 define', () => {
    expect(
      [
        ['EVENT', 's', event],
        ['OK', 'id', true, ''],
        ['OK', 'id', false, 'blocked: no'],
        ['EOSE', 's'],
        ['CLOSED', 's', 'error: x'],
        ['NOTICE', 'hello'],
        ['AUTH', 'challenge'],
      ].map((message) => parseRelayMessage(JSON.stringify(message))),
    ).toEqual([
      { type: 'EVENT', subscription: 's', event },
      { type: 'OK', id: 'id', accepted: true, reason: '' },
      { type: 'OK', id: 'id', accepted: false, reason: 'blocked: no' },
      { type: 'EOSE', subscription: 's' },
      { type: 'CLOSED', subscription: 's', reason: 'error: x' },
      { type: 'NOTICE', text: 'hello' },
      { type: 'AUTH', challenge: 'challenge' },
    ]);
  });

  it('is lenient about a reason that is missing and about what follows', () => {
    expect(parseRelayMessage('["OK","id",true]')).toMatchObject({ reason: '' });
    expect(parseRelayMessage('["CLOSED","s",null]')).toMatchObject({ reason: '' });
    expect(parseRelayMessage('["EOSE","s",["finish"]]')).toEqual({ type: 'EOSE', subscription: 's' });
  });

  it.each([
    '',
    'not json',
    '{"EVENT":1}',
    'null',
    '[]',
    '["EVENT"]',
    '["EVENT",1,{}]',
    '["EVENT","s"]',
    '["EVENT","s",null]',
    '["EVENT","s",[]]',
    '["OK","id"]',
    '["OK","id","true",""]',
    '["OK",null,true,""]',
    '["EOSE",{}]',
    '["AUTH",{"kind":22242}]',
    '["COUNT","s",{"count":1}]',
    '[["EVENT"],"s"]',
    '['.repeat(100_000),
  ])('does not understand %.40s', (text) => {
    expect(parseRelayMessage(text)).toBeUndefined();
  });

  it.each([
    { id: 'short' },
    { pubkey: event.pubkey.toUpperCase() },
    { created_at: 1.5 },
    { created_at: '1' },
    { kind: -1 },
    { kind: 65_536 },
    { tags: [['p', null]] },
    { tags: 'none' },
    { content: 7 },
    { sig: '00' },
  ])('drops an event with %j', (bad) => {
    expect(parseRelayMessage(JSON.stringify(['EVENT', 's', { ...event, ...bad }]))).toBeUndefined();
  });

  it('does not even parse what is too large', () => {
    const text = JSON.stringify(['NOTICE', 'x'.repeat(limits.maxRelayMessageBytes)]);
    expect(parseRelayMessage(text)).toBeUndefined();
  });
});
