import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { startChild } from './start-child.ts';

const events = { onmessage: () => undefined, onlog: () => undefined, onended: () => undefined };

it.each([
  ['is not there', '/no/such/program', [], /was not found; its owner has to install it/],
  ['may not be executed', fileURLToPath(import.meta.url), [], /may not be executed/],
  ['the system refuses', process.execPath, ['x'.repeat(4_000_000)], /could not be started: E2BIG/],
])('a program that %s is an error that says so, and no process', async (_, command, args, message) => {
  const spawned: unknown[] = [];
  const starting = startChild({ command, args, env: {} }, events, (child) => spawned.push(child));
  await expect(starting).rejects.toThrow(message);
  expect(spawned).toEqual([]);
});
