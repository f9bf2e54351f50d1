import { expect, it } from 'vitest';

import { answeredId } from './answered-id.ts';

it.each([
  ['{"jsonrpc":"2.0","id":7,"result":{"content":[', '"}]}}', 7],
  ['{ "id" : "a\\"b", "error" : {', '}}', 'a"b'],
  ['{"result":{"content":[{"text":"', '"}]},"jsonrpc":"2.0","id":0}', 0],
  ['{"error":{"message":"', '"}, "id": "x" }\r', 'x'],
])('of an answer: %s … %s', (head, tail, id) => {
  expect(answeredId(head, tail)).toBe(id);
});

it.each([
  ['{"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{', '}}'],
  ['{"method":"sampling/createMessage","params":{', '},"jsonrpc":"2.0","id":3}'],
  ['{"result":{"content":[{"text":"', '"}],"of":{"x":1,"id":3}}}'],
  ['{"result":{"a":"', '","jsonrpc":"2.0"}'],
  ['{"jsonrpc":"2.0","id":"\\x","result":{', '}}'],
  ['no JSON at all', ',"id":3}'],
])('of nothing else: %s … %s', (head, tail) => {
  expect(answeredId(head, tail)).toBeUndefined();
});
