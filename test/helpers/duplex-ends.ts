import { SSEClientTransport as Sse2 } from '@modelcontextprotocol/client';
import { SSEClientTransport as Sse1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Message } from './raw-http.ts';
import { onTestFinished } from 'vitest';
import WebSocket from 'ws';

import { Recorder } from './recorder.ts';

// Node 20 has none; the SDK's transport takes the global one.
Object.assign(globalThis, { WebSocket: globalThis.WebSocket ?? WebSocket });

/** The transports of others that the listener has to serve, by their names. */
export const duplexTransports = [
  ['sse', "SDK 1.x's SSE", (url: URL): Transport => new Sse1(url)],
  ['sse', "SDK 2.x's SSE", (url: URL): Transport => new Sse2(url)],
  ['ws', "SDK 1.x's WebSocket", (url: URL): Transport => new WebSocketClientTransport(url)],
] as const;

/** A WebSocket client of the test's own. */
export class RawWebSocket {
  readonly messages = new Recorder<Message>('a message on the WebSocket');
  readonly closes = new Recorder<number>('the close of the WebSocket');
  readonly socket: WebSocket;
  /** The status with which the handshake was refused; 101 when it was not. */
  readonly status: Promise<number>;

  constructor(
    url: string | URL,
    { protocols = ['mcp'], ...options }: { protocols?: string[] } & WebSocket.ClientOptions = {},
  ) {
    this.socket = new WebSocket(url, protocols, options);
    this.status = new Promise((resolve, reject) => {
      this.socket.on('open', () => resolve(101));
      this.socket.on('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
        this.socket.terminate();
      });
      this.socket.on('error', reject);
    });
    this.status.catch(() => {}); // a test that does not ask
    this.socket.on('message', (data) =>
      this.messages.add(JSON.parse((data as Buffer).toString()) as Message),
    );
    this.socket.on('close', (code) => this.closes.add(code));
    onTestFinished(() => this.socket.terminate());
  }

  send(message: Message | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  /** The answer to a request. */
  answer(id: unknown): Promise<Message> {
    return this.messages.first((message) => message.method === undefined && message.id === id);
  }
}

/** An SSE client of the test's own. */
export class RawSse {
  readonly events = new Recorder<{ event: string; data: string }>('an event');
  readonly comments = new Recorder<string>('a comment');
  /** Resolves when the stream is over. */
  readonly ended: Promise<void>;
  readonly #response: Response;
  readonly #abort: AbortController;
  readonly #headers: Record<string, string>;

  private constructor(response: Response, abort: AbortController, headers: Record<string, string>) {
    this.#response = response;
    this.#abort = abort;
    this.#headers = headers;
    this.ended = this.#read().catch(() => {}); // it is cut
    onTestFinished(() => this.leave());
  }

  static async open(url: string | URL, headers: Record<string, string> = {}): Promise<RawSse> {
    const abort = new AbortController();
    const response = await fetch(url, { headers, signal: abort.signal });
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return new RawSse(response, abort, headers);
  }

  get headers(): Headers {
    return this.#response.headers;
  }

  leave(): void {
    this.#abort.abort();
  }

  /** Where its messages go. */
  async endpoint(): Promise<URL> {
    const { data } = await this.events.first(({ event }) => event === 'endpoint');
    return new URL(data, this.#response.url);
  }

  async post(message: Message | string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(await this.endpoint(), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.#headers, ...headers },
      body: typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message }),
    });
  }

  async answer(id: unknown): Promise<Message> {
    const isAnswer = (data: string): boolean => {
      const message = JSON.parse(data) as Message;
      return message.method === undefined && message.id === id;
    };
    const { data } = await this.events.first((each) => each.event === 'message' && isAnswer(each.data));
    return JSON.parse(data) as Message;
  }

  async #read(): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of this.#response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
        if (block.startsWith(':')) this.comments.add(block);
        else this.events.add({ event, data });
      }
    }
  }
}
