import { expect, test } from 'vitest';

import { fakeEvent, hex } from '../fixtures.test.helper.ts';
import { defaultLimits } from '../limits.ts';
import { type ClientMessage, parseClientMessage } from './client-messages.ts';

function parse(message: unknown, limits: Partial<typeof defaultLimits> = {}): ClientMessage {
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  return parseClientMessage(text, Buffer.byteLength(text), { ...defaultLimits, ...limits });
}

test('an event is read as it is, without what NIP-01 does not know', () => {
  const event = fakeEvent({ tags: [['t', 'x']], content: 'é' });
  expect(parse(['EVENT', { ...event, extra: 1 }])).toEqual({ type: 'event', event });
});

test.each([
  ['nonsense', 'invalid: the message is not JSON'],
  ['{}', 'invalid: the message is not a JSON array'],
  ['[]', 'invalid: the first element of a message is its type, a string'],
  ['["AUTH",{}]', 'unsupported: this relay takes EVENT, REQ and CLOSE, not "AUTH"'],
  ['["EVENT"]', 'invalid: not a Nostr event: it is no object'],
  ['["EVENT",{"kind":1}]', 'invalid: not a Nostr event: id is not 64 lower-case hex characters'],
  ['["REQ"]', 'invalid: the subscription id of REQ is a string of 1 to 64 characters'],
  ['["REQ","",{}]', 'invalid: the subscription id of REQ is a string of 1 to 64 characters'],
  ['["REQ",7,{}]', 'invalid: the subscription id of REQ is a string of 1 to 64 characters'],
  ['["CLOSE"]', 'invalid: the subscription id of CLOSE is a string of 1 to 64 characters'],
])('%s is malformed, and it is said how', (text, reason) => {
  expect(parse(text)).toEqual({ type: 'malformed', reason });
});

test.each([
  ['pubkey', 'A'.repeat(64)],
  ['created_at', -1],
  ['created_at', 1.5],
  ['kind', 65_536],
  ['tags', [['p', null]]],
  ['tags', ['p']],
  ['content', null],
  ['sig', 'ff'],
])('an event with a wrong %s is answered under its id', (field, value) => {
  const message = parse(['EVENT', { ...fakeEvent(), id: hex(7), [field]: value }]);
  expect(message).toMatchObject({
    type: 'bad-event',
    id: hex(7),
    reason: expect.stringMatching(/^invalid: not a Nostr event: /),
  });
});

test('an event of more bytes than allowed is refused under its id', () => {
  const event = fakeEvent({ content: 'x'.repeat(500) });
  const bytes = JSON.stringify(event).length;
  expect(parse(['EVENT', event], { maxEventBytes: bytes }).type).toBe('event');
  expect(parse(['EVENT', event], { maxEventBytes: bytes - 1 })).toMatchObject({
    type: 'bad-event',
    id: event.id,
    reason: expect.stringMatching(/^invalid: an event has at most /),
  });
});

test('bytes count, not characters', () => {
  const event = fakeEvent({ content: 'é'.repeat(500) });
  expect(parse(['EVENT', event], { maxEventBytes: JSON.stringify(event).length }).type).toBe('bad-event');
});

test('a subscription id has up to 64 characters', () => {
  expect(parse(['REQ', 'x'.repeat(64), {}]).type).toBe('request');
  expect(parse(['REQ', 'x'.repeat(65), {}]).type).toBe('malformed');
});

test('a REQ has a filter, and not too many', () => {
  expect(parse(['REQ', 'a'])).toMatchObject({
    type: 'bad-request',
    reason: expect.stringMatching(/^invalid: /),
  });
  expect(parse(['REQ', 'a', {}, {}], { maxFilters: 2 })).toMatchObject({ type: 'request' });
  expect(parse(['REQ', 'a', {}, {}, {}], { maxFilters: 2 })).toEqual({
    type: 'bad-request',
    subscriptionId: 'a',
    reason: 'invalid: a REQ has at most 2 filters',
  });
});

test('one bad filter refuses the whole REQ', () => {
  expect(parse(['REQ', 'a', {}, { search: 'x' }])).toMatchObject({
    type: 'bad-request',
    subscriptionId: 'a',
    reason: expect.stringMatching(/^unsupported: /),
  });
});

test('CLOSE names a subscription', () => {
  expect(parse(['CLOSE', 'a'])).toEqual({ type: 'close', subscriptionId: 'a' });
});
