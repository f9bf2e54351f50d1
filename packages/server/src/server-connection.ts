import type { NostrEvent } from '@mcp-nostr/core';
import { type Endpoint, type IncomingFrame, Link } from '@mcp-nostr/transport';

import { atMost } from './at-most.ts';
import type { Caller } from './caller.ts';
import { limits } from './limits.ts';
import { NostrServerTransport } from './nostr-server-transport.ts';
import type { RequestSummary } from './requests.ts';

/** What `factory` returns: an `McpServer` of either SDK, or anything that talks through a transport. */
export interface McpServerLike {
  connect(transport: NostrServerTransport): Promise<void>;
  close(): Promise<void>;
}

export type McpServerFactory = (caller: Caller) => McpServerLike | Promise<McpServerLike>;

export interface ServerConnectionOptions {
  endpoint: Endpoint;
  caller: Caller;
  /** This process of the server. */
  instance: string;
  opening: IncomingFrame;
  factory: McpServerFactory;
  onrequest: (summary: RequestSummary) => void;
  onerror: (error: Error) => void;
  /** It is over and takes no more frames; `gone` resolves when its MCP server is closed, and never rejects. */
  onended: (gone: Promise<void>) => void;
}

/** One connection at the server: its link, its transport and its own MCP server. */
export class ServerConnection {
  readonly caller: Caller;
  readonly #options: ServerConnectionOptions;
  readonly #link: Link;
  readonly #transport: NostrServerTransport;
  #server: McpServerLike | undefined;
  #heardAt: number = performance.now();
  #firstFrame: NostrEvent | undefined;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(options: ServerConnectionOptions) {
    const { opening, caller } = options;
    this.#options = options;
    this.caller = caller;
    this.#link = new Link({
      endpoint: options.endpoint,
      peer: caller.pubkey,
      connection: caller.connectionId,
      instance: options.instance,
      encrypted: opening.encrypted,
      onframe: (frame) => this.#onframe(frame),
      onloss: (lost) => options.onerror(new Error(`${lost.length} frames of ${caller.npub} did not arrive`)),
      onfirst: (event) => {
        this.#firstFrame = event;
        clearTimeout(this.#ackTimer);
      },
    });
    this.#transport = new NostrServerTransport({
      caller,
      link: this.#link,
      onrequest: options.onrequest,
      onerror: options.onerror,
      onclosed: () => void this.close('closed'), // it never rejects
    });
    this.#ackTimer = setTimeout(() => this.#ack(), limits.openingAckMs);
    this.receive(opening);
    void this.#start(); // it never rejects
  }

  /** A connection with work under way is not given up for a new one, as long as its client shows itself. */
  get isIdle(): boolean {
    const silentMs = performance.now() - this.#heardAt;
    return this.#transport.requestsUnderWay === 0 || silentMs > limits.workProtectsMs;
  }

  /** When the client was last heard, on the clock of `performance.now()`. */
  get heardAt(): number {
    return this.#heardAt;
  }

  receive(frame: IncomingFrame): void {
    // The opening fixed the form; a plain frame on an encrypted connection is not the client's.
    if (this.#isOver || frame.encrypted !== this.#link.encrypted) return;
    this.#heardAt = performance.now();
    const { sequence, control } = frame.link;
    // In plain text every relay brings a copy; a client that has not heard us signs anew.
    if (frame.isRepeat) return;
    if (control === 'probe') return this.#ack();
    if (sequence === 0 && this.#link.knows(0)) return this.#openedAgain();
    this.#link.receive(frame);
  }

  /** Says `bye`, ends the MCP server, frees everything. Never rejects. */
  async close(reason: string): Promise<void> {
    if (this.#isOver) return;
    await this.#end(async () => {
      const bye = this.#link.sendControl('bye', reason).then((sent) => sent.published);
      // A signer that does not answer must not hold up the end.
      await atMost(limits.closeTimeoutMs, bye);
    });
  }

  async #start(): Promise<void> {
    const { factory, caller, onerror } = this.#options;
    try {
      const server = await factory(caller);
      this.#server = server;
      if (this.#isOver) await server.close();
      else await server.connect(this.#transport);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      onerror(new Error(`no MCP server for ${caller.npub}: ${reason}`, { cause: error }));
      await this.#transport.failRequests('server_failed', `the MCP server could not be started: ${reason}`);
      await this.close('server_failed');
    }
  }

  #onframe(frame: IncomingFrame): void {
    if (frame.link.control === 'bye') void this.#end(); // it never rejects
    else this.#transport.receive(frame);
  }

  /** The client has not heard us: what answered the opening goes out again. */
  #openedAgain(): void {
    if (this.#firstFrame === undefined) this.#ack();
    else this.#link.publish(this.#firstFrame).catch(this.#options.onerror);
  }

  #ack(): void {
    clearTimeout(this.#ackTimer);
    if (this.#isOver) return;
    this.#link
      .sendControl('ack')
      .then((sent) => sent.published)
      .catch(this.#options.onerror);
  }

  /** It may throw at once; it is not ours. */
  async #closeServer(): Promise<void> {
    await this.#server?.close();
  }

  async #end(farewell?: () => Promise<void>): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#ackTimer);
    this.#link.close();
    const { onended, onerror } = this.#options;
    const gone = this.#closeServer().catch(onerror);
    onended(gone);
    await Promise.all([
      farewell?.().catch(() => {}), // the client may be gone
      this.#transport.close().catch(onerror),
      gone,
    ]);
  }
}
