import { parseMessage } from '@mcp-nostr/core';
import { expect, it } from 'vitest';

import { withIdentity } from './identity-meta.ts';

const identity = { pubkey: 'a'.repeat(64), event: 'e'.repeat(64) };
const proven = { clientPubkey: identity.pubkey, requestEventId: identity.event };

function passed(params: unknown, who: typeof identity | undefined): unknown {
  const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params });
  const message = withIdentity(parseMessage(text), who);
  return 'params' in message ? message.params : undefined;
}

it('what a client says of itself is taken out, and the truth put there', () => {
  const lie = { clientPubkey: 'b'.repeat(64), requestEventId: 'x', progressToken: 7 };
  expect(passed({ name: 'echo', _meta: lie }, undefined)).toEqual({
    name: 'echo',
    _meta: { progressToken: 7 },
  });
  expect(passed({ name: 'echo', _meta: lie }, identity)).toEqual({
    name: 'echo',
    _meta: { progressToken: 7, ...proven },
  });
});

it('each request has it, with params or without', () => {
  expect(passed(undefined, identity)).toEqual({ _meta: proven });
  expect(passed({ cursor: 'c' }, identity)).toEqual({ cursor: 'c', _meta: proven });
  expect(passed({ _meta: 'no object' }, identity)).toEqual({ _meta: proven });
});

it('a notification loses what it claims and gets nothing', () => {
  const text = '{"jsonrpc":"2.0","method":"notifications/x","params":{"_meta":{"clientPubkey":"b","k":1}}}';
  expect(withIdentity(parseMessage(text), identity)).toMatchObject({ params: { _meta: { k: 1 } } });
  expect(withIdentity(parseMessage(text), identity)).not.toHaveProperty('params._meta.clientPubkey');
});

it('what has nothing to lose passes as it is', () => {
  const list = parseMessage(
    '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"__proto__":{}}}}',
  );
  expect(withIdentity(list, undefined)).toBe(list);
  const answer = parseMessage('{"jsonrpc":"2.0","id":1,"result":{"_meta":{"clientPubkey":"b"}}}');
  expect(withIdentity(answer, identity)).toBe(answer);
});
