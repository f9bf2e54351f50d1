import { PassThrough } from 'node:stream';

import { expect, it } from 'vitest';

import { StdioHost } from './stdio-host.ts';

it('a host that leaves 64 MiB unread has gone', async () => {
  let unreadBytes = 0;
  const host = new StdioHost({
    input: new PassThrough(),
    write: (text) => (unreadBytes += text.length),
    onmessage: () => undefined,
  });
  let isOver = false;
  void host.ended.then(() => (isOver = true));
  const params = { text: 'x'.repeat(1_048_576) };
  for (let count = 0; count < 63; count++) host.send({ jsonrpc: '2.0', method: 'big', params });
  await new Promise(setImmediate);
  expect(isOver).toBe(false);
  host.send({ jsonrpc: '2.0', method: 'big', params });
  await host.ended;
});
