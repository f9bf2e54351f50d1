import {
  formatNpub,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  parseMessage,
  randomHex,
  type RequestId,
} from '@mcp-nostr/core';
import type { Channel } from '@mcp-nostr/transport';

import type { Caller } from '../caller.ts';
import { HostedServers } from '../hosted-servers.ts';
import { limits } from '../limits.ts';
import type { McpServerFactory, McpServerLike, ServeStdio } from '../mcp-server.ts';
import type { Authorize } from '../message-check.ts';
import { NostrServerTransport } from '../nostr-server-transport.ts';
import type { Permission } from '../policy.ts';

export type Fields = Record<string, unknown>;

/** What the MCP server answers with, if it is no result. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  /** Of JSON-RPC. */
  readonly code: number;

  constructor({ code, message }: { code: number; message: string }, method: string) {
    super(`${method} was answered with ${code}: ${message}`);
    this.code = code;
  }
}

export interface OwnCallerOptions<Mcp extends McpServerLike> {
  /** A key that nobody has named. */
  stranger: string;
  /** What it may do. */
  permission: Permission;
  authorize?: Authorize | undefined;
  factory: McpServerFactory<Mcp>;
  serveStdio?: ServeStdio<Mcp> | undefined;
  onnotification: (method: string) => void;
  /** The MCP server is gone, or could not be made. */
  onclosed: () => void;
  onerror: (error: Error) => void;
}

interface Waiting {
  method: string;
  resolve: (result: Fields) => void;
  reject: (error: Error) => void;
}

/** A stranger in this very process: it asks the MCP server for what any other stranger is shown. */
export class OwnCaller<Mcp extends McpServerLike> {
  readonly #options: OwnCallerOptions<Mcp>;
  readonly #transport: NostrServerTransport;
  readonly #hosted: HostedServers<Mcp>;
  readonly #waiting: Map<RequestId, Waiting> = new Map();
  #nextId = 1;
  #isOver = false;

  constructor(options: OwnCallerOptions<Mcp>) {
    const { stranger: pubkey, permission, authorize, factory, serveStdio, onerror } = options;
    this.#options = options;
    const caller: Caller = { pubkey, npub: formatNpub(pubkey), connectionId: randomHex(16) };
    const link: Channel = {
      queuedBytes: 0,
      send: ({ text, onsettled }) => {
        onsettled?.();
        this.#receive(text);
      },
      withdraw: () => [],
    };
    this.#transport = new NostrServerTransport({
      caller,
      permission,
      authorize,
      link,
      onsend: () => {},
      onrequest: () => {}, // nobody has asked
      onerror,
      onoverflow: () => void this.close(), // it never rejects
      onclosed: () => void this.close(), // it never rejects
    });
    this.#hosted = new HostedServers({
      caller,
      factory,
      serveStdio,
      onerror,
      onfailed: (error) => {
        onerror(asError(error));
        void this.close(); // it never rejects
      },
    });
  }

  /** Its MCP servers. */
  get servers(): Mcp[] {
    return this.#hosted.connected;
  }

  /** Nothing of MCP 2026-07-28 reaches its MCP server. */
  get isLegacyOnly(): boolean {
    return this.#options.serveStdio === undefined && this.#transport.gate !== undefined;
  }

  /** Has the MCP server made. */
  async start(): Promise<void> {
    await this.#hosted.start(this.#transport);
  }

  /** @throws {AnswerError} @throws {Error} where no answer comes; by default after a minute */
  async request(method: string, params: Fields, timeoutMs: number = limits.ownAnswerMs): Promise<Fields> {
    if (this.#isOver) throw new Error(`the MCP server is gone; it was to be asked for ${method}`);
    const id = this.#nextId++;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise<Fields>((resolve, reject) => {
        this.#waiting.set(id, { method, resolve, reject });
        if (timeoutMs !== Infinity)
          timer = setTimeout(
            () => reject(new Error(`${method} was not answered within ${timeoutMs / 1_000} s`)),
            timeoutMs,
          );
        this.#send({ jsonrpc: '2.0', id, method, params });
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  notify(method: string): void {
    this.#send({ jsonrpc: '2.0', method });
  }

  permit(permission: Permission): void {
    this.#transport.permit(permission, undefined);
  }

  /** Resolves when the MCP servers are closed. Never rejects. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const { onerror, onclosed } = this.#options;
    for (const { reject } of this.#waiting.values()) reject(new Error('the MCP server is gone'));
    await this.#transport.close().catch(onerror);
    await this.#hosted.close().catch(onerror);
    onclosed();
  }

  #send(message: JsonRpcMessage): void {
    if (this.#isOver) return;
    const event = randomHex(32);
    this.#transport.receive({ text: JSON.stringify(message), relation: undefined, event });
  }

  #receive(text: string): void {
    let message: JsonRpcMessage;
    try {
      message = parseMessage(text);
    } catch (error) {
      return this.#options.onerror(asError(error));
    }
    if (isResponse(message)) {
      const waiting = message.id === undefined ? undefined : this.#waiting.get(message.id);
      if (waiting === undefined) return undefined;
      if ('error' in message) waiting.reject(new AnswerError(message.error, waiting.method));
      else waiting.resolve(message.result);
    } else if (isRequest(message)) {
      const { id, method } = message;
      const error = { code: -32_601, message: `nobody is there for ${method}` };
      this.#send(method === 'ping' ? { jsonrpc: '2.0', id, result: {} } : { jsonrpc: '2.0', id, error });
    } else this.#options.onnotification(message.method);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
