import { generateSecretKey, isRequest, type JsonRpcMessage, secretKeySigner } from '@mcp-nostr/core';
import { expect, it } from 'vitest';

import type { ClientTransport } from '../client-transport.ts';
import { readConnectWords } from '../connect/connect.ts';
import { openJoined } from '../connect/joined/open-joined.ts';
import { filtered } from '../filter/filtered-transport.ts';
import { QUESTION, questionsFor } from './server-question.ts';

const [one, two] = await Promise.all(
  [1, 2].map(async () => secretKeySigner(generateSecretKey()).getPublicKey()),
);
const words = (...options: string[]): string[] => ['mcp-nostr', 'connect', ...options];
const several = words(`one=${one}`, `two=${two}`);

/** Which servers hear a question that is asked through an entry as `connect` puts it together. */
async function heardBy(entry: readonly string[], params: Record<string, unknown>): Promise<string[]> {
  const heard: string[] = [];
  const server = (address: string): ClientTransport => {
    const transport: ClientTransport = {
      start: async () => undefined,
      close: async () => undefined,
      send: async (message) => {
        if (!isRequest(message)) return;
        const { id, method } = message;
        if (method === QUESTION) heard.push(address);
        const result = method === 'initialize' ? { capabilities: {} } : {};
        queueMicrotask(() => transport.onmessage?.({ jsonrpc: '2.0', id, result }));
      },
    };
    return transport;
  };
  const { upstreams, filter } = readConnectWords(entry.slice(2));
  const opens = upstreams.map(({ address, prefix }) => ({ prefix, open: () => server(address) }));
  const transport = filtered(
    openJoined(opens, () => undefined),
    filter,
  )();
  const ask = (method: string, asked: Record<string, unknown>): Promise<JsonRpcMessage> =>
    new Promise((resolve) => {
      transport.onmessage = resolve;
      void transport.send({ jsonrpc: '2.0', id: method, method, params: asked });
    });
  await transport.start();
  await ask('initialize', { protocolVersion: '2025-11-25', capabilities: {} });
  await ask(QUESTION, params);
  await transport.close();
  return heard;
}

const noPrompts = ['--deny-prompt', '*'];
const noResources = ['--allow-resource', 'file:*'];

it.each([
  ['an entry', words(String(one)), [one]],
  ['an entry without prompts', words(String(one), ...noPrompts), [one]],
  ['an entry with few prompts and resources', words(String(one), ...noPrompts, ...noResources), [one]],
  ['several servers', several, [one, two]],
  ['several servers without prompts', [...several, ...noPrompts], [one, two]],
  ['several servers with few resources', [...several, ...noResources], [one, two]],
])('each server of %s hears its question, and no other does', async (_, entry, addresses) => {
  const asked = questionsFor(entry);
  expect(asked.map(({ address }) => address)).toEqual(addresses);
  for (const { address, params } of asked) expect(await heardBy(entry, params ?? {})).toEqual([address]);
});

it.each([
  ['the filter of several servers lets none through', [...several, ...noPrompts, ...noResources], [one, two]],
  ['connect does not know what the entry says', words(String(one), '--new-option'), [undefined]],
])('there is no question where %s', (_, entry, addresses) => {
  expect(questionsFor(entry)).toEqual(
    addresses.map((address) => expect.objectContaining({ address, params: undefined })),
  );
});
