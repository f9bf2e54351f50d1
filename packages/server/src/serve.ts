import {
  formatAddress,
  formatNpub,
  isHarmless,
  decodeMessages,
  randomHex,
  type Signer,
} from '@mcp-nostr/core';
import { type Encryption, Endpoint, type IncomingFrame, Link, type RelayState } from '@mcp-nostr/transport';

import { type Access, accessCheck } from './access.ts';
import { atMost } from './at-most.ts';
import type { Caller } from './caller.ts';
import { limits } from './limits.ts';
import { Openings } from './openings.ts';
import type { RequestSummary } from './requests.ts';
import { type McpServerFactory, ServerConnection } from './server-connection.ts';
import { TokenBucket } from './token-bucket.ts';

/** One request, answered or not. */
export interface RequestReport extends RequestSummary {
  caller: Caller;
}

export interface ServeOptions {
  /** The server's identity. */
  signer: Signer;
  /** Where it listens: ws:// or wss:// URLs. */
  relays: readonly string[];
  /** Who may call; there is no default, so that nothing is open by accident. */
  allow: Access;
  /** `optional` also takes connections in plain text, `none` only those. @default 'required' */
  encryption?: Encryption | undefined;
  /** @default 100 */
  maxConnections?: number | undefined;
  /** A relay's connection changed. */
  onrelay?: ((state: RelayState) => void) | undefined;
  /** A request was answered, refused or cancelled. */
  onrequest?: ((report: RequestReport) => void) | undefined;
  /** What went wrong without ending anything. */
  onerror?: ((error: Error) => void) | undefined;
  /** Milliseconds since 1970. @default Date.now */
  now?: (() => number) | undefined;
}

export interface NostrServer {
  readonly pubkey: string;
  readonly npub: string;
  /** The nprofile to share: key and relays. */
  readonly address: string;
  readonly relays: RelayState[];
  /** Open connections. */
  readonly connections: number;
  /** Says goodbye to every client and frees everything; resolves when the MCP servers have ended, or after 11 s. */
  close(): Promise<void>;
}

/**
 * Puts an MCP server on Nostr. `factory` makes a server for each connection, that is for each program of each
 * caller: the SDKs allow no other way, and nothing of one caller reaches another.
 * @throws {AddressError} for a relay's URL or an allowed key that cannot be read
 */
export async function serve(options: ServeOptions, factory: McpServerFactory): Promise<NostrServer> {
  const pubkey = await options.signer.getPublicKey();
  return new Server(pubkey, options, factory);
}

class Server implements NostrServer {
  readonly pubkey: string;
  readonly npub: string;
  readonly #options: ServeOptions;
  readonly #factory: McpServerFactory;
  readonly #isAllowed: (pubkey: string) => boolean;
  readonly #endpoint: Endpoint;
  readonly #instance: string = randomHex(8);
  readonly #connections: Map<string, ServerConnection> = new Map();
  readonly #openings = new Openings();
  /** Connections that are over and whose MCP servers are being closed: they take room until they are gone. */
  #ending = 0;
  /** Two, so that a flood of strangers does not keep a known client from learning of a restart. */
  readonly #answers = {
    refuse: new TokenBucket(limits.refusalsPerSecond, limits.refusalBurst),
    reset: new TokenBucket(limits.refusalsPerSecond, limits.refusalBurst),
  };
  readonly #admissions = new TokenBucket(limits.openingsPerSecond, limits.openingBurst);
  #isClosed = false;

  constructor(pubkey: string, options: ServeOptions, factory: McpServerFactory) {
    this.pubkey = pubkey;
    this.npub = formatNpub(pubkey);
    this.#options = options;
    this.#factory = factory;
    this.#isAllowed = accessCheck(options.allow);
    this.#endpoint = new Endpoint({
      pubkey,
      signer: options.signer,
      relays: [...options.relays],
      encryption: options.encryption ?? 'required',
      accepts: () => true,
      onframe: (frame) => this.#onframe(frame),
      ondropped: (error) => this.#report(error),
      onstate: options.onrelay,
      now: options.now,
    });
  }

  get address(): string {
    return formatAddress({ pubkey: this.pubkey, relays: this.relays.map(({ url }) => url) });
  }

  get relays(): RelayState[] {
    return this.#endpoint.relays;
  }

  get connections(): number {
    return this.#connections.size;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const closing = Promise.all([...this.#connections.values()].map((each) => each.close('server_closed')));
    await atMost(limits.closeTimeoutMs, closing);
    this.#endpoint.close();
    await atMost(limits.serverCloseTimeoutMs, closing);
  }

  #onframe(frame: IncomingFrame): void {
    if (this.#isClosed) return;
    const key = `${frame.event.pubkey}:${frame.link.connection}`;
    const connection = this.#connections.get(key);
    if (!this.#isForThisProcess(frame)) {
      // The client has chosen another process; what it opened here stays unused.
      void connection?.close('other_instance'); // it never rejects
      this.#onunknown(frame);
    } else if (connection !== undefined) connection.receive(frame);
    else if (frame.link.sequence === 0) this.#onopening(key, frame);
    else this.#onunknown(frame);
  }

  /**
   * What was said to another process with this key, two at once or the one before a restart, is not ours to execute.
   * Until a client has heard any it names none, and sends its opening or gives up.
   */
  #isForThisProcess({ link }: IncomingFrame): boolean {
    if (link.instance === this.#instance || link.sequence === 0) return true;
    return link.instance === '' && link.control === 'bye';
  }

  #onunknown(frame: IncomingFrame): void {
    // A farewell, or a control frame that asks for nothing.
    if (frame.link.control !== undefined && frame.link.control !== 'probe') return;
    const { pubkey, created_at: createdAt } = frame.event;
    if (!this.#openings.isTimely(createdAt, this.#endpoint.nowSeconds()) || !this.#isAllowed(pubkey)) return;
    this.#answerStranger(frame, 'reset', 'unknown_connection');
  }

  #onopening(key: string, frame: IncomingFrame): void {
    const { pubkey, created_at: createdAt } = frame.event;
    // A repeat has had its answer; a client that has not heard it signs its opening anew.
    if (frame.link.control !== undefined || frame.isRepeat) return;
    // Nothing is kept about a sender that policy has not admitted.
    if (!this.#isAllowed(pubkey)) return this.#answerStranger(frame, 'refuse', 'not_allowed');
    const verdict = this.#openings.check(key, createdAt, this.#endpoint.nowSeconds());
    if (verdict === 'ended') return;
    if (verdict === 'clock') return this.#answerStranger(frame, 'refuse', 'clock');
    if (!this.#mayOpen(frame)) return this.#answerStranger(frame, 'refuse', 'opening_not_harmless');
    if (!this.#admissions.take() || !this.#makeRoom(pubkey))
      return this.#answerStranger(frame, 'refuse', 'busy');
    const caller: Caller = { pubkey, npub: formatNpub(pubkey), connectionId: frame.link.connection };
    const connection: ServerConnection = new ServerConnection({
      endpoint: this.#endpoint,
      caller,
      instance: this.#instance,
      opening: frame,
      factory: this.#factory,
      onrequest: (summary) => this.#onrequest({ ...summary, caller }),
      onerror: (error) => this.#report(error),
      onended: (gone) => {
        this.#connections.delete(key);
        this.#ending++;
        void gone.then(() => this.#ending--); // it never rejects
        this.#openings.ended(key, createdAt, this.#endpoint.nowSeconds());
      },
    });
    this.#connections.set(key, connection);
  }

  /**
   * Whoever replays an opening to a server that was restarted must not get anything executed: it carries one harmless
   * message or none, unless it names this very process (WIRE.md, section 5).
   */
  #mayOpen(frame: IncomingFrame): boolean {
    if (frame.link.instance === this.#instance) return true;
    try {
      const messages = decodeMessages(frame.event);
      return messages.length <= 1 && messages.every(isHarmless);
    } catch {
      return true; // malformed JSON-RPC is answered by the connection
    }
  }

  /** At the bound the connection that was silent for longest makes room, if it has no work under way. */
  #makeRoom(pubkey: string): boolean {
    const all = [...this.#connections.values()];
    const own = all.filter(({ caller }) => caller.pubkey === pubkey);
    const crowd = own.length >= limits.maxConnectionsPerKey ? own : all;
    const bound =
      crowd === own ? limits.maxConnectionsPerKey : (this.#options.maxConnections ?? limits.maxConnections);
    // One that makes room leaves a process behind for a while: as many again, and no more.
    if (this.#ending >= (this.#options.maxConnections ?? limits.maxConnections)) return false;
    if (crowd.length < bound) return true;
    const oldest = crowd.filter(({ isIdle }) => isIdle).sort((a, b) => a.heardAt - b.heardAt)[0];
    void oldest?.close('idle'); // it never rejects
    return oldest !== undefined;
  }

  /** One control frame to somebody without a connection, as long as there are not too many of them. */
  #answerStranger(frame: IncomingFrame, control: 'refuse' | 'reset', detail: string): void {
    if (!this.#answers[control].take()) return;
    const link = new Link({
      endpoint: this.#endpoint,
      peer: frame.event.pubkey,
      connection: frame.link.connection,
      instance: this.#instance,
      encrypted: frame.encrypted,
      muteGraceMs: 0, // a stranger who does not listen must not cost more than one event
      onframe: () => {},
      onloss: () => {},
    });
    link
      .sendControl(control, detail)
      .then((sent) => sent.published)
      .catch((error: unknown) => this.#report(error));
  }

  /** Whoever takes the reports must not be able to keep an answer from leaving. */
  #onrequest(report: RequestReport): void {
    try {
      this.#options.onrequest?.(report);
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    try {
      this.#options.onerror?.(error instanceof Error ? error : new Error(String(error)));
    } catch {
      // Whoever takes the errors must not be able to stop the server.
    }
  }
}
