import { connect } from 'node:net';

import { isRequest, type JsonRpcMessage, type JsonRpcRequest } from '@mcp-nostr/core';

import type { ClientTransport } from '../../../packages/cli/src/client-transport.ts';
import { startHttpListener } from '../../../packages/cli/src/http-listener/http-listener.ts';
import { Broken, check, jsonIn, type Target } from '../target.ts';
import { clientMessages } from './samples.ts';

/** As text: what is in it is mutated as the JSON that it is. */
const bodies = clientMessages.map((message) => JSON.stringify(message));
const TOKEN = 't0ken-of-this-listener';

/** A server on Nostr that answers everything at once. */
function answering(onsent: (message: JsonRpcMessage) => void): ClientTransport {
  const answer = ({ id, method }: JsonRpcRequest): JsonRpcMessage => {
    const serverInfo = { name: 'fuzzed', version: '1' };
    const result =
      method === 'initialize' ? { protocolVersion: '2025-11-25', capabilities: {}, serverInfo } : {};
    return { jsonrpc: '2.0', id, result };
  };
  const transport: ClientTransport = {
    start: async () => {},
    send: async (message) => {
      onsent(message);
      if (isRequest(message)) queueMicrotask(() => transport.onmessage?.(answer(message)));
    },
    close: async () => transport.onclose?.(),
  };
  return transport;
}

const modernCall = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: 'echo',
    arguments: {},
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'fuzz', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
});

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What came back first, or '' where the connection was closed without a word. */
function ask(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const settle = (text: string): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(20_000, () => reject(new Broken('a request was left without an answer')));
    socket.once('data', (data) => settle(data.toString('latin1')));
    socket.once('error', () => settle(''));
    socket.once('close', () => settle(''));
    socket.end(request);
  });
}

/** What any page or program of this machine sends to a local listener. */
const listener: Target = {
  name: 'http-listener',
  weight: 8,
  open: async () => {
    const log: string[] = [];
    let passed = 0;
    const opened = await startHttpListener({
      open: () => answering(() => void passed++),
      port: 0,
      ways: ['http', 'sse', 'ws'],
      token: TOKEN,
      corsOrigins: ['https://page.example'],
      onlog: (line) => void log.push(line),
    });
    const { port } = opened;
    const headers = {
      host: `127.0.0.1:${port}`,
      authorization: `Bearer ${TOKEN}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    };
    const ofSession = { ...headers, 'mcp-session-id': '@session', 'mcp-protocol-version': '2025-11-25' };
    const modern = {
      ...headers,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'echo',
    };
    let session = '';
    return {
      samples: [
        ...bodies.map((body) => ({ start: 'POST /mcp', headers: ofSession, body })),
        { start: 'POST /mcp', headers, body: bodies[0] },
        { start: 'POST /mcp', headers: modern, body: modernCall },
        { start: 'GET /mcp', headers: { ...ofSession, 'last-event-id': '1' }, body: '' },
        { start: 'DELETE /mcp', headers: ofSession, body: '' },
        { start: 'OPTIONS /mcp', headers: { ...headers, origin: 'https://page.example' }, body: '' },
        { start: 'GET /sse', headers, body: '' },
        { start: 'POST /messages?sessionId=a', headers, body: bodies[0] },
        {
          start: 'GET /ws',
          headers: {
            ...headers,
            upgrade: 'websocket',
            connection: 'Upgrade',
            'sec-websocket-version': '13',
            'sec-websocket-key': 'x',
          },
          body: '',
        },
      ],
      take: async (text) => {
        const { start, headers: given, body } = (jsonIn(text) ?? {}) as Record<string, unknown>;
        const content = textOf(body);
        const lines = Object.entries(Object(given) as object).map(
          ([name, value]) => `${name}: ${textOf(value).replace('@session', session)}`,
        );
        const head = [`${textOf(start)} HTTP/1.1`, ...lines, `content-length: ${Buffer.byteLength(content)}`];
        const request = `${head.join('\r\n')}\r\n\r\n${content}`;
        const before = passed;
        const answer = await ask(port, start === undefined ? text : request);
        session = /^mcp-session-id: (\S+)/im.exec(answer)?.[1] ?? session;
        check(!/^HTTP\/1\.1 5\d\d/.test(answer) || answer.includes('503'), `the listener failed: ${answer}`);
        check(passed === before || text.includes(TOKEN), 'a message passed without the token');
      },
      verify: () => {
        check(passed > 0, 'no message came through');
        check(
          !/TypeError|RangeError|ReferenceError/.test(log.join()),
          `the log speaks of a fault: ${log.join()}`,
        );
      },
      close: () => opened.close(),
    };
  },
};

export const httpTargets: readonly Target[] = [listener];
