import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import {
  DecodeError,
  encodeFrame,
  grantTemplate,
  type NostrEvent,
  parseLinkTag,
  revocationTemplate,
  secretKeySigner,
  signEvent,
} from '@mcp-nostr/core';
import { AccessBook, accessPolicy, type NostrServer, serve } from '@mcp-nostr/server';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';

import { Broken, check, type Subject, type Target } from '../target.ts';
import { recipient, signedText, stranger, wrapText } from './receiver.ts';
import { clientMessages, CONNECTION, frames, INSTANCE, NOW, RECIPIENT_KEY } from './samples.ts';

/** Who lets the stranger speak for it. */
const IDENTITY_KEY = Uint8Array.from({ length: 32 }, () => 11);

/** A relay that has one reader, and passes on to it what it is told to. */
class Mouthpiece {
  readonly server: WebSocketServer;
  readonly said: NostrEvent[] = [];
  #reader: WebSocket | undefined;
  #subscription = '';

  constructor(server: WebSocketServer) {
    this.server = server;
    server.on('connection', (socket) => {
      this.#reader = socket;
      socket.on('message', (data) => {
        const [type, second] = JSON.parse((data as Buffer).toString()) as [string, string & NostrEvent];
        if (type === 'REQ') {
          this.#subscription = second;
          socket.send(JSON.stringify(['EOSE', second]));
        } else if (type === 'EVENT') {
          this.said.push(second);
          socket.send(JSON.stringify(['OK', second.id, true, '']));
        }
      });
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves when the reader has read it. */
  async say(event: string): Promise<void> {
    const socket = this.#reader;
    if (socket?.readyState !== 1) throw new Broken('the server has left its relay');
    socket.send(`["EVENT",${JSON.stringify(this.#subscription)},${event}]`);
    socket.ping();
    await once(socket, 'pong');
  }

  close(): void {
    for (const socket of this.server.clients) socket.terminate();
    this.server.close();
  }
}

function mcpServer(): McpServer {
  const mcp = new McpServer({ name: 'fuzzed', version: '1' });
  mcp.registerTool('echo', { inputSchema: { message: z.unknown() } }, ({ message }) => ({
    content: [{ type: 'text', text: typeof message }],
    structuredContent: { message },
  }));
  return mcp;
}

/** What must not be behind anything that a server reports: it is a fault of ours. */
const FAULTS = [TypeError, RangeError, ReferenceError, SyntaxError];

function checkReport(error: unknown): void {
  for (let each = error; each instanceof Error && !(each instanceof DecodeError); each = each.cause)
    for (const fault of FAULTS) check(!(each instanceof fault), `the server reported ${each.stack}`);
}

/** A whole server with its relay, opposite a stranger who has read WIRE.md. */
async function open(): Promise<Subject> {
  const socketServer = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(socketServer, 'listening');
  const relay = new Mouthpiece(socketServer);
  const problems: unknown[] = [];
  let executed = 0;
  const book = new AccessBook();
  const server: NostrServer = await serve(
    {
      signer: secretKeySigner(RECIPIENT_KEY),
      relays: [relay.url],
      allow: accessPolicy(() => book, { isPublic: true, now: () => NOW * 1_000 }),
      encryption: 'optional',
      now: () => NOW * 1_000,
      onerror: (error) => problems.push(error),
      onrequest: () => void executed++,
    },
    mcpServer,
  );
  while (server.relays.every(({ status }) => status !== 'ready'))
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  let number = 0;
  let connection = '';
  let instance = '';
  let next = 0;
  /** In plain text, where the answer can be read here. */
  const begin = async (): Promise<void> => {
    connection = (number + 1).toString(16).padStart(32, '0');
    const link = { connection, sequence: 0, acknowledged: 0, instance: '' };
    const content = JSON.stringify(clientMessages[0]);
    relay.said.length = 0;
    await relay.say(signedText(JSON.stringify(encodeFrame({ link, content }, recipient, NOW))));
    // Beside it there may be others, wrapped, for what came before.
    const heard = relay.said.find(({ tags }) => tags.some((tag) => tag[1] === connection));
    if (heard !== undefined) ({ instance } = parseLinkTag(heard.tags));
    next = 1;
  };
  const templates = frames(recipient, clientMessages, INSTANCE);
  const opening = (...tags: string[][]) => ({
    tags: [['p', recipient], ['link', '@fresh', '0', '0', ''], ...tags],
    content: JSON.stringify(clientMessages[0]),
  });
  const papers = [
    grantTemplate({
      session: stranger,
      server: recipient,
      grantedAt: NOW,
      expiresAt: NOW + 600,
      tools: ['e*'],
    }),
    revocationTemplate({ server: recipient, before: NOW }),
  ].map((template) => signEvent(template, IDENTITY_KEY));
  return {
    samples: [
      opening(),
      opening(['invite', 'abcdefghijklmnopqrstuvwxyz']),
      ...papers.map((paper) => opening(['grant', JSON.stringify(paper)])),
      ...templates.map(({ tags, content }) => ({
        tags: tags.map((tag) => (tag[0] === 'link' && tag[2] !== '' ? tag.with(2, '@next') : tag)),
        content,
      })),
    ],
    take: async (text) => {
      if (number++ % 50 === 0) await begin();
      const filled = text
        .replaceAll(CONNECTION, connection)
        .replaceAll(INSTANCE, instance)
        .replaceAll('@fresh', (number + 1).toString(16).padStart(32, 'f'))
        .replaceAll('"@next"', () => `"${next++}"`);
      const event = signedText(filled);
      await relay.say(number % 4 === 0 ? JSON.stringify(wrapText(event)) : event);
      relay.said.length = Math.min(relay.said.length, 100);
      for (const problem of problems.splice(0)) checkReport(problem);
      check(server.connections <= 100, `there are ${server.connections} connections`);
    },
    verify: () => check(executed > 0, 'nothing was executed'),
    close: async () => {
      await server.close();
      relay.close();
    },
  };
}

export const serverTargets: readonly Target[] = [{ name: 'server', weight: 8, open }];
