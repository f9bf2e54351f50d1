import { isRequest, type JsonRpcMessage, type JsonRpcRequest, type RequestId } from '@mcp-nostr/core';

import type { ClientTransport } from '../client-transport.ts';
import type { Fields } from './definition.ts';
import { PinFile } from './pin-file.ts';
import { PinnedTransport, type PinnedTransportOptions } from './pinned-transport.ts';

export const tool = (name: string, description = `does ${name}`): Fields => ({
  name,
  description,
  inputSchema: { type: 'object' },
});

/** A server that is a list, and whoever uses it. */
export class Scene {
  tools: Fields[] = [tool('a'), tool('b')];
  instructions: string | undefined = 'be kind';
  pageSize = 100;
  /** Its pages begin again after the last one. */
  isEndless = false;
  readonly sent: JsonRpcMessage[] = [];
  readonly received: JsonRpcMessage[] = [];
  readonly news: string[] = [];
  readonly file: PinFile;
  readonly #open: ClientTransport[] = [];

  constructor(path: string) {
    this.file = new PinFile(path, (problem) => this.news.push(`problem ${problem}`));
  }

  /** A connection as a process of its own would have it. */
  async connect(mode: 'warn' | 'block', options: Partial<PinnedTransportOptions> = {}): Promise<Use> {
    const inner: ClientTransport = {
      start: async () => undefined,
      send: async (message) => {
        this.sent.push(message);
        if (isRequest(message))
          inner.onmessage?.({ jsonrpc: '2.0', id: message.id, result: this.#result(message) });
      },
      close: async () => inner.onclose?.(),
    };
    const transport = new PinnedTransport({
      open: () => inner,
      file: new PinFile(this.file.path, () => undefined),
      mode,
      address: 'npub1x',
      refusal: 'tool-result',
      hidesUnseen: true,
      onnews: (level, line) => this.news.push(`${level} ${line}`),
      ...options,
    });
    transport.onmessage = (message) => this.received.push(message);
    await transport.start();
    const use = new Use(this, transport, inner);
    this.#open.push(transport);
    return use;
  }

  /** Those that reached the server. */
  get calls(): JsonRpcMessage[] {
    return this.sent.filter((message) => 'method' in message && message.method === 'tools/call');
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((each) => each.close()));
  }

  #result({ method, params }: JsonRpcRequest): Fields {
    if (method === 'initialize') return { protocolVersion: '2025-11-25', instructions: this.instructions };
    if (method !== 'tools/list') return { content: [{ type: 'text', text: 'done' }] };
    const from = Number(params?.['cursor'] ?? 0);
    const next = from + this.pageSize;
    const isMore = next < this.tools.length || this.isEndless;
    const more = isMore ? { nextCursor: String(next % this.tools.length) } : {};
    return { tools: this.tools.slice(from, next), ...more };
  }
}

/** A connection, and who uses it. */
export class Use {
  readonly inner: ClientTransport;
  readonly #scene: Scene;
  readonly #transport: PinnedTransport;
  #lastId = 0;

  constructor(scene: Scene, transport: PinnedTransport, inner: ClientTransport) {
    this.#scene = scene;
    this.#transport = transport;
    this.inner = inner;
  }

  /** The result, or the error. */
  async ask(method: string, params: Fields = {}): Promise<Fields> {
    const id = `x${++this.#lastId}`;
    await this.#transport.send({ jsonrpc: '2.0', id, method, params });
    await Promise.resolve();
    const answer = this.#scene.received.findLast((message) => 'id' in message && message.id === id);
    return (
      (answer as unknown as { result?: Fields; error: Fields }).result ?? (answer as { error: Fields }).error
    );
  }

  async list(): Promise<unknown[]> {
    const tools: unknown[] = [];
    let cursor: unknown;
    do {
      const page = await this.ask('tools/list', cursor === undefined ? {} : { cursor });
      tools.push(...(page['tools'] as unknown[]));
      cursor = page['nextCursor'];
    } while (cursor !== undefined);
    return tools;
  }

  call(name: string): Promise<Fields> {
    return this.ask('tools/call', { name });
  }

  send(id: RequestId, method: string, params: Fields): Promise<void> {
    return this.#transport.send({ jsonrpc: '2.0', id, method, params });
  }

  cancel(requestId: RequestId): Promise<void> {
    return this.#transport.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}
