import {
  type Address,
  cancelledId,
  failureResponse,
  formatNpub,
  generateSecretKey,
  isFailureCode,
  isRequest,
  isResponse,
  isSecretKeySigner,
  type JsonRpcMessage,
  type JsonRpcRequest,
  parseAddress,
  parseRequestId,
  randomHex,
  type RequestId,
  secretKeySigner,
} from '@mcp-nostr/core';
import {
  atMost,
  Courier,
  Endpoint,
  type IncomingFrame,
  type RelayState,
  TaskQueue,
  TransportError,
  UnfinishedMessages,
} from '@mcp-nostr/transport';

import { Announced } from './announced.ts';
import { ClientCredentials } from './client-credentials.ts';
import { ClientSession } from './client-session.ts';
import type { IncomingStream } from './contextvm/open-stream.ts';
import { Streams } from './contextvm/streams.ts';
import type { Conversation } from './conversation.ts';
import type { Session } from './create-session.ts';
import { FirstContact } from './contextvm/first-contact.ts';
import { plainTextOnly } from './contextvm/plain-text-only.ts';
import { limits } from './limits.ts';
import { movedFailure } from './moved-failure.ts';
import type { NostrClientTransportOptions } from './nostr-client-transport-options.ts';
import { isProbe, Probes } from './probes.ts';
import { findRelays } from './relay-lookup.ts';
import { RelayWords } from './relay-words.ts';
import { SessionKey } from './session-key.ts';

/**
 * The client's end of MCP over Nostr: a `Transport` for the `Client` of `@modelcontextprotocol/sdk` 1.x and
 * `@modelcontextprotocol/client` 2.x. A request that cannot be delivered is answered with a JSON-RPC error whose
 * `data.code` names the reason (`failureCodes` of core), within 15 s while no server was ever heard.
 */
export class NostrClientTransport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  /** `extra.relatedRequestId`: the request of ours on whose behalf the server sends a notification or asks. */
  onmessage?:
    | (<T extends JsonRpcMessage>(
        message: T,
        extra?: object & { relatedRequestId?: RequestId | undefined },
      ) => void)
    | undefined;
  /** Undefined: with one the SDKs would skip their handshake. */
  sessionId?: string | undefined;
  readonly #options: NostrClientTransportOptions;
  readonly #address: Address;
  readonly #announced: Announced;
  readonly #tasks = new TaskQueue((error) => this.#report(error));
  readonly #probes = new Probes();
  readonly #words = new RelayWords();
  readonly #streams = new Streams({
    send: (frame) => void this.#send(frame, undefined).catch((error: unknown) => this.#report(error)),
    isBare: () => this.#contact?.session !== undefined,
  });
  readonly #unfinished = new UnfinishedMessages();
  /** With a server that has a link, and until that is known. */
  readonly #linked: ClientSession;
  readonly #sessionKey: SessionKey | undefined;
  readonly #credentials: ClientCredentials;
  #endpoint: Endpoint | undefined;
  #courier: Courier | undefined;
  #contact: FirstContact | undefined;
  #isStarted = false;
  #isClosed = false;

  /**
   * @throws {AddressError} when the address or a relay's URL cannot be used
   * @throws {TransportError} `not_encrypted` for an invite that would travel in plain text
   */
  constructor(options: NostrClientTransportOptions) {
    this.#options = options;
    this.#address = parseAddress(options.server);
    this.#announced = new Announced(options.announcement, this.#address.pubkey);
    if (options.invite !== undefined && options.encryption === 'none')
      throw new TransportError(
        'not_encrypted',
        "an invite travels encrypted only: set encryption to 'required'",
      );
    this.#sessionKey = this.#newSessionKey();
    this.#credentials = new ClientCredentials(this.#sessionKey, options.invite);
    this.#linked = new ClientSession({
      isWrapped: options.encryption !== 'none',
      clock: () => performance.now(),
      nowSeconds: () => this.#nowSeconds(),
      random: Math.random,
      randomHex,
      instance: this.#announced.instance,
      frameBytes: () => this.#endpoint?.frameBytes ?? 0,
      credentialBytes: () => this.#credentials.bytes,
      regrant: () => this.#sessionKey?.refused() === true,
      unfinished: this.#unfinished,
      describe: () => this.#describe(),
      moved: (statement) => movedFailure(statement, this.#address, this.#nowSeconds()),
      onmessage: (message, relation) => this.#deliver(message, relation),
      onerror: (error) => this.#report(error),
      onlost: (reason) => this.#lost(reason),
    });
  }

  get #conversation(): Conversation {
    return this.#contact?.conversation ?? this.#linked;
  }

  /** What the server speaks, once it was heard: `contextvm` is what peers without a link do. */
  get peer(): 'link' | 'contextvm' | undefined {
    if (this.#linked.isLinked) return 'link';
    return this.#contact?.session?.isHeard === true ? 'contextvm' : undefined;
  }

  /** The relays in use and how they are; empty before `start()`. */
  get relays(): RelayState[] {
    return this.#endpoint?.relays ?? [];
  }

  /**
   * Finds out the relays and begins to connect; does not wait for them.
   * @throws {TransportError} `no_relays` when a bare key has no relay list, `not_encrypted` for a server that has announced
   * itself to speak plain text only
   */
  async start(): Promise<void> {
    if (this.#isStarted) throw new Error('the transport was started already');
    this.#isStarted = true;
    const own = this.#options.signer ?? secretKeySigner(generateSecretKey());
    const signer = this.#sessionKey?.signer ?? own;
    const [pubkey, relays] = await Promise.all([signer.getPublicKey(), this.#findRelays()]);
    if (this.#isClosed) throw new TransportError('closed', 'the transport was closed');
    const encryption = this.#options.encryption ?? 'required';
    if (this.#announced.isPlainTextOnly && encryption === 'required')
      throw new TransportError('not_encrypted', plainTextOnly(this.#describe().server));
    this.#endpoint = new Endpoint({
      pubkey,
      signer,
      relays,
      encryption,
      accepts: (author, link) =>
        author === this.#address.pubkey && link.connection === this.#linked.connection,
      onframe: (frame) => this.#onframe(frame),
      acceptsBare: (author, message) =>
        author === this.#address.pubkey && this.#contact?.accepts(message) === true,
      onbare: (incoming) => this.#contact?.receive(incoming),
      onreach: (isReachable, isNew) => {
        this.#conversation.relaysChanged(isReachable, isNew);
        this.#courier?.kick();
      },
      ondropped: (error) => this.#report(error),
      onstate: (state) => {
        this.#words.note(state);
        this.#options.onrelay?.(state);
      },
      now: this.#options.now,
    });
    const contact = new FirstContact({
      endpoint: this.#endpoint,
      peer: this.#address.pubkey,
      isEncrypted: encryption === 'required',
      isSessionKey: this.#sessionKey !== undefined,
      payments: this.#options.payments,
      linked: this.#linked,
      announced: this.#announced.support,
      unfinished: this.#unfinished,
      clock: () => performance.now(),
      describe: () => this.#describe(),
      onmessage: (message, relation) => this.#deliver(message, relation),
      onerror: (error) => this.#report(error),
    });
    this.#contact = contact;
    this.#courier = new Courier({
      endpoint: this.#endpoint,
      peer: this.#address.pubkey,
      encrypted: encryption === 'required',
      source: this.#linked,
      credentials: (frame) => this.#credentials.for(frame, contact.supportTags),
      onsigned: (event, frame) => contact.signed(event, frame),
      onerror: (error) => this.#report(error),
    });
  }

  /**
   * A stream for one request: give its `token` to the request as `_meta.progressToken`, and read it while the request is
   * under way. Without one what a server streams goes nowhere.
   * @throws {RangeError} when too many are open
   */
  openStream(): IncomingStream {
    return this.#streams.open();
  }

  /**
   * Resolves when a relay or the server has the message; what becomes of a request is its answer. Only of
   * `server/discover` it is the outcome, since SDK 2.x would read from an error that the server is old.
   * @throws {TransportError} for a notification or an answer that could not be sent, or a probe that failed on its way
   */
  async send(message: JsonRpcMessage, options?: { relatedRequestId?: RequestId | undefined }): Promise<void> {
    if (this.#endpoint === undefined) throw new Error('the transport is not started');
    if (this.#isClosed) throw new TransportError('closed', 'the transport is closed');
    const announced = this.#announced.answer(message);
    if (announced !== undefined) return this.#deliver(announced, undefined);
    if (isProbe(message)) return this.#probe(message);
    const cancelled = cancelledId(message);
    if (cancelled !== undefined) this.#probes.forget(cancelled);
    this.#streams.sent(message);
    try {
      await this.#send(message, options?.relatedRequestId);
    } catch (error) {
      if (!(error instanceof TransportError) || !isFailureCode(error.code)) throw error;
      if (isRequest(message)) {
        const response = failureResponse(message.id, error.code, error.message, error.data);
        this.#streams.takes(response);
        this.#tasks.add(() => this.onmessage?.(response));
      } else if (isResponse(message) && error.code === 'message_too_large') {
        // Without any answer the server would wait for its own time-out.
        const text = `the answer is too large: ${error.message}`;
        await this.#send(failureResponse(message.id, error.code, text, error.data), undefined);
      } else throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#linked.close();
    this.#contact?.close();
    this.#probes.close();
    this.#streams.close();
    this.#sessionKey?.close();
    await this.#sayBye();
    this.#courier?.close();
    this.#endpoint?.close();
    this.#tasks.close();
    try {
      this.onclose?.();
    } catch (error) {
      this.#report(error);
    }
  }

  async #probe(request: JsonRpcRequest): Promise<void> {
    const answered = this.#probes.answered(request.id);
    try {
      await Promise.all([answered, this.#send(request, undefined)]);
    } finally {
      this.#probes.forget(request.id);
    }
  }

  #send(message: JsonRpcMessage, relation: RequestId | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#conversation.send(message, relation, (error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
      this.#courier?.kick();
      this.#sessionKey?.renewIfDue();
    });
  }

  #newSessionKey(): SessionKey | undefined {
    const { signer, session, sessionSeconds } = this.#options;
    const isAsked = signer !== undefined && !isSecretKeySigner(signer);
    const { identity = isAsked || session !== undefined ? 'session' : 'signer' } = this.#options;
    if (identity === 'signer' || (signer === undefined && session === undefined)) return undefined;
    return new SessionKey({
      identity: signer,
      kept: typeof session === 'function' ? session : () => session,
      sessionSeconds,
      server: this.#address.pubkey,
      nowSeconds: () => this.#nowSeconds() + this.#linked.clockOffsetSeconds,
      isInUse: () => this.#linked.expects,
      onsession: (each, isNew) => this.#granted(each, isNew),
      onerror: (error) => this.#report(error),
    });
  }

  #granted(session: Session, isNew: boolean): void {
    // A server that knows us learns of it before the last one ends.
    this.#linked.probe();
    this.#courier?.kick();
    try {
      if (isNew) this.#options.onsession?.(session);
    } catch (error) {
      this.#report(error);
    }
  }

  /** The server frees the connection at once; it is waited for no longer than a moment. */
  async #sayBye(): Promise<void> {
    await atMost(limits.byeTimeoutMs, this.#courier?.drain());
  }

  async #findRelays(): Promise<string[]> {
    const { relays, lookupRelays } = this.#options;
    if (relays !== undefined && relays.length > 0) return [...relays];
    if (this.#address.relays.length > 0) return this.#address.relays.slice(0, limits.maxRelays);
    return findRelays(this.#address, lookupRelays);
  }

  #onframe(incoming: IncomingFrame): void {
    const { control } = incoming.frame.link;
    if (!incoming.isRepeat && control !== 'reset') this.#courier?.prefer(incoming.relay);
    if (control !== 'reset' && control !== 'refuse') this.#credentials.heard();
    this.#linked.receive(incoming);
    this.#courier?.kick();
  }

  #deliver(message: JsonRpcMessage, relation: string | undefined): void {
    if (this.#probes.takes(message) || this.#streams.takes(message)) return;
    this.#tasks.add(() =>
      this.onmessage?.(message, { relatedRequestId: relation && parseRequestId(relation) }),
    );
  }

  #describe(): { server: string; relays: string } {
    return { server: formatNpub(this.#address.pubkey), relays: this.#words.describe(this.relays) };
  }

  #nowSeconds(): number {
    return this.#endpoint?.nowSeconds() ?? 0;
  }

  #lost(reason: string): void {
    this.#tasks.add(() => {
      this.#report(new TransportError('outcome_unknown', reason));
      void this.close(); // it never rejects
    });
  }

  #report(error: unknown): void {
    try {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    } catch {
      // Whoever takes the errors must not be able to stop the transport.
    }
  }
}
