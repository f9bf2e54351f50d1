import { randomHex } from '@mcp-nostr/core';
import {
  atMost,
  Courier,
  type Endpoint,
  type IncomingFrame,
  Link,
  TransportError,
} from '@mcp-nostr/transport';

import type { Caller } from './caller.ts';
import { HostedServers } from './hosted-servers.ts';
import { limits } from './limits.ts';
import type { McpServerFactory, McpServerLike, ServeStdio } from './mcp-server.ts';
import { NostrServerTransport } from './nostr-server-transport.ts';
import type { KeyUsage } from './key-usage.ts';
import type { Authorize } from './message-check.ts';
import type { Applicant, Permission } from './policy.ts';
import type { RequestSummary } from './requests.ts';
import { SessionEnd } from './session-end.ts';
import { hasSameLimits } from './session-limits.ts';
import type { Uploads } from './uploads.ts';

export interface ServerConnectionOptions<Mcp extends McpServerLike = McpServerLike> {
  endpoint: Endpoint;
  caller: Caller;
  permission: Permission;
  usage?: KeyUsage | undefined;
  authorize?: Authorize | undefined;
  injectIdentity?: boolean | undefined;
  /** This process of the server. */
  instance: string;
  encrypted: boolean;
  unfinished: Uploads;
  factory: McpServerFactory<Mcp>;
  serveStdio?: ServeStdio<Mcp> | undefined;
  onrequest: (summary: RequestSummary) => void;
  onerror: (error: Error) => void;
  /**
   * It is over and takes no more frames. `received`: the next number that it would have taken; `gone` resolves when
   * its MCP server is closed, and never rejects.
   */
  onended: (received: number, gone: Promise<void>) => void;
}

/** One connection at the server: its link, its transport and its own MCP server. */
export class ServerConnection<Mcp extends McpServerLike = McpServerLike> {
  readonly caller: Caller;
  /** Its place is one that strangers cannot take. */
  isKnown: boolean;
  readonly #options: ServerConnectionOptions<Mcp>;
  readonly #link: Link;
  readonly #courier: Courier;
  readonly #transport: NostrServerTransport;
  readonly #hosted: HostedServers<Mcp>;
  readonly #sessionEnd: SessionEnd;
  #isOver = false;

  constructor(options: ServerConnectionOptions<Mcp>) {
    const { endpoint, caller, permission, usage, authorize, encrypted, onerror } = options;
    this.#options = options;
    this.caller = caller;
    this.isKnown = permission.isKnown;
    this.#link = new Link({
      role: 'server',
      connection: caller.connectionId,
      instance: options.instance,
      isWrapped: encrypted,
      clock: () => performance.now(),
      random: () => randomHex(8),
      frameBytes: () => endpoint.frameBytes,
      unfinished: options.unfinished.of(() => this.isKnown),
      onmessage: (message) => this.#transport.receive(message),
      onlost: (message) => this.#transport.lost(message),
      onend: ({ code, reason }) => {
        if (code !== 'bye') onerror(new Error(`connection of ${caller.npub} ended (${code}): ${reason}`));
        void this.#end(); // it never rejects
      },
    });
    this.#link.relaysChanged(endpoint.isReachable, false);
    this.#courier = new Courier({
      endpoint,
      peer: caller.session?.pubkey ?? caller.pubkey,
      encrypted,
      source: this.#link,
      onerror: (error) => onerror(error instanceof Error ? error : new Error(String(error))),
    });
    this.#transport = new NostrServerTransport({
      caller,
      permission,
      usage,
      authorize,
      injectIdentity: options.injectIdentity,
      link: this.#link,
      onsend: () => this.#courier.kick(),
      onrequest: options.onrequest,
      onerror,
      onoverflow: () => void this.close('overflow'), // it never rejects
      onclosed: () => void this.close('closed'), // it never rejects
    });
    this.#sessionEnd = new SessionEnd(
      () => endpoint.nowSeconds(),
      () => void this.close('grant_expired'), // it never rejects
    );
    if (caller.session !== undefined) this.#sessionEnd.set(caller.session.expiresAt);
    const { factory, serveStdio } = options;
    this.#hosted = new HostedServers({
      caller,
      factory,
      serveStdio,
      onerror,
      onfailed: (error) => void this.#fail(error), // it never rejects
    });
  }

  /** Its MCP servers that can send something to the client. */
  get servers(): Mcp[] {
    return this.#isOver ? [] : this.#hosted.connected;
  }

  /** A connection with work under way is not given up for a new one, as long as its client shows itself. */
  get isIdle(): boolean {
    if (this.#transport.requestsUnderWay > 0) return this.isAbandoned;
    // An opening costs a stranger one event: its answer alone must not hold a place that others need.
    if (!this.#link.isConfirmed) return true;
    // An answer on its way is work too, as long as there may be somebody to take it.
    return this.#link.isQuiet || performance.now() - this.heardAt > limits.answerProtectsMs;
  }

  /** Work is under way, and nobody was heard for so long that nobody can be waiting for it. */
  get isAbandoned(): boolean {
    const silentMs = performance.now() - this.#link.heardAt;
    return this.#transport.requestsUnderWay > 0 && silentMs > limits.workProtectsMs;
  }

  /** When the client was last heard, on the clock of `performance.now()`. */
  get heardAt(): number {
    return this.#link.heardAt;
  }

  receive({ event, frame, bytes, encrypted, relay, isRepeat }: IncomingFrame): void {
    // The opening fixed the form; a plain frame on an encrypted connection is not the client's.
    if (this.#isOver || encrypted !== this.#options.encrypted) return;
    // A clock that has leapt fires no timer.
    if (this.#sessionEnd.isOver) return void this.close('grant_expired'); // it never rejects
    if (!isRepeat) this.#courier.prefer(relay);
    this.#link.receive(frame, { id: event.id, createdAt: event.created_at, bytes });
    this.#courier.kick();
  }

  /** Its client shows a grant that lasts longer; one with other limits opens another connection. */
  renew({ pubkey, session }: Applicant): void {
    const { caller } = this;
    if (this.#isOver || session === undefined || caller.session === undefined) return;
    if (pubkey !== caller.pubkey || session.expiresAt <= caller.session.expiresAt) return;
    if (!hasSameLimits(session, caller.session)) return;
    caller.session = session;
    this.#sessionEnd.set(session.expiresAt);
  }

  /** What its caller may do is another now. */
  permit(permission: Permission, usage: KeyUsage | undefined): void {
    // Of a computer that has slept no timer has fired, and the server may have news to tell.
    if (this.#sessionEnd.isOver) return void this.close('grant_expired'); // it never rejects
    this.isKnown = permission.isKnown;
    this.#transport.permit(permission, usage);
  }

  relaysChanged(isReachable: boolean, isNew: boolean): void {
    this.#link.relaysChanged(isReachable, isNew);
    this.#courier.kick();
  }

  /** Says `bye`, ends the MCP server, frees everything. Never rejects. */
  async close(reason: string): Promise<void> {
    if (reason === 'server_closed') this.#transport.endSubscriptions();
    await this.#end(reason);
  }

  /** Has the MCP server made; what came before waits for it. Never rejects. */
  async start(): Promise<void> {
    if (this.#isOver) return;
    try {
      await this.#hosted.start(this.#transport);
    } catch (error) {
      await this.#fail(error);
    }
  }

  async #fail(error: unknown): Promise<void> {
    const { caller, onerror } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    onerror(new Error(`no MCP server for ${caller.npub}: ${reason}`, { cause: error }));
    await this.#transport.failRequests('server_failed', `the MCP server could not be started: ${reason}`);
    await this.close('server_failed');
  }

  async #end(farewell?: string): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const { onended, onerror } = this.#options;
    this.#sessionEnd.close();
    this.#link.close(farewell);
    // First of all: an MCP server that is closed has nothing to say any more.
    const closed = this.#transport.close().catch(onerror);
    const gone = this.#hosted.close().catch(onerror);
    onended(this.#link.expected, gone);
    // A signer that does not answer must not hold up the end.
    const said = atMost(limits.closeTimeoutMs, this.#courier.drain()).finally(() => this.#abandon());
    await Promise.all([said, closed, gone]);
  }

  /** What has not left by now never will. */
  #abandon(): void {
    this.#courier.close();
    const error = new TransportError('closed', 'the connection is closed');
    for (const { onsettled } of this.#link.undelivered().keys()) onsettled?.(error);
  }
}
