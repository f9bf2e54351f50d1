import { expect, it, vi } from 'vitest';

import { Children } from './children.ts';

it('a group of which something stays for want of an init that collects it is not kept in mind for ever', async () => {
  const children = new Children(() => undefined);
  const command = { command: process.execPath, args: ['-e', 'process.stdin.resume()'], env: process.env };
  const events = { onmessage: () => {}, onlog: () => {}, onended: () => {} };
  const child = await children.start(command, events, new AbortController().signal);
  expect(children.size).toBe(1);
  vi.spyOn(child.group, 'isAlive', 'get').mockReturnValue(true);
  await children.stop(child, 10);
  expect(children.size).toBe(0);
  children.close();
});
