import type { FailureCode, JsonRpcMessage, JsonRpcRequest } from '@mcp-nostr/core';
import { failureResponse, isRequest } from '@mcp-nostr/core';

import type { ClientTransport } from '../../client-transport.ts';
import { RelayBoard } from '../relay-board.ts';
import type { Catalogue, Fields } from './catalogue.ts';
import { CataloguedTransport } from './catalogued-transport.ts';

/** What a fake server does with a request: its result, a failure of the way, an error, or nothing. */
export type Behaviour = (
  request: JsonRpcRequest,
) => Fields | FailureCode | { code: number; message: string } | undefined;

/** A transport in front of servers that are functions, with clocks that the test moves. */
export class Scene {
  readonly host: JsonRpcMessage[] = [];
  readonly log: string[] = [];
  /** What reached a server. */
  readonly sent: JsonRpcMessage[] = [];
  readonly transports: ClientTransport[] = [];
  readonly relays: RelayBoard = new RelayBoard();
  readonly transport: CataloguedTransport;
  written: Catalogue | undefined;
  behaviour: Behaviour;

  constructor(behaviour: Behaviour, known: Catalogue = { lists: {} }) {
    this.behaviour = behaviour;
    this.transport = new CataloguedTransport({
      open: () => this.#open(),
      relays: this.relays,
      store: {
        read: async () => structuredClone(known),
        write: async (catalogue) => void (this.written = structuredClone(catalogue)),
      },
      pubkey: 'ab'.repeat(32),
      words: 'nprofile1example',
      onlog: (line) => this.log.push(line),
    });
    this.transport.onmessage = (message) => this.host.push(message);
  }

  request(id: string | number, method: string, params: Fields = {}): Promise<void> {
    return this.transport.send({ jsonrpc: '2.0', id, method, params });
  }

  notify(method: string, params: Fields = {}): Promise<void> {
    return this.transport.send({ jsonrpc: '2.0', method, params });
  }

  answerTo(id: string | number): JsonRpcMessage | undefined {
    return this.host.find((message) => 'id' in message && message.id === id && !('method' in message));
  }

  /** Methods that reached a server. */
  get methods(): string[] {
    return this.sent.map((message) => ('method' in message ? message.method : ''));
  }

  #open(): ClientTransport {
    const transport: ClientTransport = {
      start: async () => undefined,
      send: async (message) => {
        this.sent.push(message);
        if (!isRequest(message)) return;
        const answer = this.behaviour(message);
        if (answer === undefined) return;
        const { id } = message;
        if (typeof answer === 'string') transport.onmessage?.(failureResponse(id, answer, `it is ${answer}`));
        else if (isError(answer)) transport.onmessage?.({ jsonrpc: '2.0', id, error: answer });
        else transport.onmessage?.({ jsonrpc: '2.0', id, result: answer });
      },
      close: async () => transport.onclose?.(),
    };
    this.transports.push(transport);
    return transport;
  }
}

function isError(answer: Fields): answer is { code: number; message: string } {
  return typeof answer['code'] === 'number' && typeof answer['message'] === 'string';
}

const initializeResult = (version: string, name = 'fake'): Fields => ({
  protocolVersion: version,
  capabilities: { tools: {}, logging: {} },
  serverInfo: { name, version: '1' },
});
export const tool = (name: string): Fields => ({ name, inputSchema: { type: 'object' } });
export const known: Catalogue = {
  /** Two hours before it is read: files share this module, and one may be run minutes after another. */
  get seenAt() {
    return Date.now() - 7_200_000;
  },
  initialize: { requested: '2025-06-18', result: initializeResult('2025-06-18', 'known') },
  lists: { 'tools/list': [tool('old')] },
};
export const silent: Behaviour = () => undefined;
export const away: Behaviour = () => 'server_silent';

/** A server with these tools. */
export const server =
  (...tools: string[]): Behaviour =>
  ({ method, params }: JsonRpcRequest) => {
    if (method === 'initialize') return initializeResult(String(params?.['protocolVersion']));
    if (method === 'tools/list') return { tools: tools.map(tool) };
    if (method === 'tools/call') return { content: [{ type: 'text', text: 'live' }] };
    if (method === 'ping' || method === 'logging/setLevel') return {};
    return { code: -32_601, message: 'Method not found' };
  };
