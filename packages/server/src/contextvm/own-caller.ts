import {
  formatNpub,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  parseMessage,
  randomHex,
  type RequestId,
} from '@mcp-nostr/core';
import { type Hosting, HostedSession } from '../hosted-session.ts';
import { limits } from '../limits.ts';
import type { McpServerLike } from '../mcp-server.ts';
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
  hosting: Hosting<Mcp>;
  /** A key that nobody has named. */
  stranger: string;
  /** What it may do. */
  permission: Permission;
  onnotification: (method: string) => void;
  /** The MCP server is gone, or could not be made. */
  onclosed: () => void;
}

interface Waiting {
  method: string;
  resolve: (result: Fields) => void;
  reject: (error: Error) => void;
}

/** A stranger in this very process: it asks the MCP server for what any other stranger is shown. */
export class OwnCaller<Mcp extends McpServerLike> {
  readonly #options: OwnCallerOptions<Mcp>;
  readonly #session: HostedSession<Mcp>;
  readonly #waiting: Map<RequestId, Waiting> = new Map();
  #nextId = 1;
  #isOver = false;

  constructor(options: OwnCallerOptions<Mcp>) {
    const { hosting, stranger: pubkey, permission } = options;
    this.#options = options;
    this.#session = new HostedSession({
      hosting,
      caller: { pubkey, npub: formatNpub(pubkey), connectionId: randomHex(16) },
      permission,
      onrequest: () => {}, // nobody has asked
      link: {
        queuedBytes: 0,
        send: ({ text, onsettled }) => {
          onsettled?.();
          this.#receive(text);
        },
        withdraw: () => [],
      },
      onsend: () => {},
      onend: () => void this.close(), // it never rejects
    });
  }

  /** Its MCP servers. */
  get servers(): Mcp[] {
    return this.#session.servers;
  }

  /** Nothing of MCP 2026-07-28 reaches its MCP server. */
  get isLegacyOnly(): boolean {
    return this.#options.hosting.serveStdio === undefined && this.#session.transport.gate !== undefined;
  }

  /** Has the MCP server made. Never rejects. */
  async start(): Promise<void> {
    await this.#session.start();
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
    this.#session.transport.permit(permission, undefined);
  }

  /** Resolves when the MCP servers are closed. Never rejects. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const { reject } of this.#waiting.values()) reject(new Error('the MCP server is gone'));
    await this.#session.close();
    this.#options.onclosed();
  }

  #send(message: JsonRpcMessage): void {
    if (this.#isOver) return;
    const event = randomHex(32);
    this.#session.transport.receive({ text: JSON.stringify(message), relation: undefined, event });
  }

  #receive(text: string): void {
    let message: JsonRpcMessage;
    try {
      message = parseMessage(text);
    } catch (error) {
      return this.#options.hosting.onerror(asError(error));
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
