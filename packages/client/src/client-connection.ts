import {
  decodeMessages,
  isHarmless,
  isRequest,
  type JsonRpcMessage,
  type LinkTag,
  type NostrEvent,
  randomHex,
  type RequestId,
} from '@mcp-nostr/core';
import {
  type Endpoint,
  type IncomingFrame,
  Link,
  type SentFrame,
  TransportError,
} from '@mcp-nostr/transport';

import { limits } from './limits.ts';
import { refusalError } from './refusal-error.ts';

export interface ClientConnectionOptions {
  endpoint: Endpoint;
  /** The server's public key. */
  server: string;
  encrypted: boolean;
  /** For messages: what the server is called, and where it was looked for. */
  describe: () => { server: string; relays: string };
  onmessage: (message: JsonRpcMessage, requestEvent: string | undefined) => void;
  /** An event that carries this request is about to leave. */
  oncarried: (id: RequestId, event: string) => void;
  onerror: (error: Error) => void;
  /** The server ended the connection, or does not know it any more. Comes at most once. */
  onlost: (reason: string) => void;
}

/**
 * A connection as the client sees it. Its first frame is the opening: repeated until the server is heard, with
 * everything else held back until then (WIRE.md, section 5).
 */
export class ClientConnection {
  readonly id: string = randomHex(16);
  readonly #options: ClientConnectionOptions;
  readonly #link: Link;
  readonly #opened: Promise<void>;
  #resolveOpened: () => void = () => {};
  #rejectOpened: (error: TransportError) => void = () => {};
  #hasOpening = false;
  #isOpen = false;
  #isOver = false;
  #restamped = false;
  #openingsSent = 0;
  #staleRefusals = 0;
  #openingMessages: JsonRpcMessage[] = [];
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #openTimer: ReturnType<typeof setTimeout> | undefined;
  #resetTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ClientConnectionOptions) {
    this.#options = options;
    this.#link = new Link({
      endpoint: options.endpoint,
      peer: options.server,
      connection: this.id,
      instance: '',
      encrypted: options.encrypted,
      onframe: (frame) => this.#onframe(frame),
      onloss: (lost) => options.onerror(new Error(`${lost.length} frames of the server did not arrive`)),
    });
    this.#opened = new Promise((resolve, reject) => {
      this.#resolveOpened = resolve;
      this.#rejectOpened = reject;
    });
    this.#opened.catch(() => {}); // who waits for it sees the failure; nobody needs to wait
  }

  /** Resolves when a relay has the message. @throws {TransportError} */
  async send(message: JsonRpcMessage): Promise<void> {
    if (!this.#hasOpening) {
      this.#hasOpening = true;
      const rides = isHarmless(message);
      this.#openingMessages = rides ? [message] : [];
      this.#open();
      if (rides) return this.#opened;
    }
    if (!this.#isOpen) await this.#opened;
    this.#checkOver();
    const sent = await this.#link.send([message]).catch((error: unknown) => {
      throw this.#explain(error); // it was not signed, so it did not leave
    });
    this.#carry([message], sent.event);
    await this.#published(sent);
  }

  /** Every verified frame of the server for this connection. */
  receive(frame: IncomingFrame): void {
    if (this.#isOver) return;
    const { link } = frame;
    // A control frame is said once; in plain text every relay brings a copy.
    if (frame.isRepeat && link.sequence === undefined) return;
    if (link.control === 'reset') return this.#onreset(link);
    if (link.control === 'refuse') return this.#onrefusal(frame);
    // Another process with the server's key has answered the same opening; the first one heard is ours.
    if (this.#link.instance !== '' && link.instance !== this.#link.instance) return;
    clearTimeout(this.#resetTimer);
    this.#resetTimer = undefined;
    this.#link.instance = link.instance;
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#stopOpening();
      this.#resolveOpened();
    }
    if (link.control === 'probe') this.#control('ack');
    else this.#link.receive(frame);
  }

  /** Says `bye` so that the server frees the connection at once, but waits no longer than a moment. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    const mayBeKnown = this.#isOpen || this.#hasOpening;
    this.#end(new TransportError('closed', 'the connection was closed'));
    if (!mayBeKnown) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limits.byeTimeoutMs);
    });
    await Promise.race([this.#sayBye(), late]);
    clearTimeout(timer);
  }

  async #sayBye(): Promise<void> {
    try {
      const bye = await this.#link.sendControl('bye', 'closed');
      await bye.published;
    } catch {
      // The server finds out by itself, later.
    }
  }

  /** Sends the opening, and again until the server is heard or time is up. */
  #open(): void {
    const failedBy = (error: unknown): void => this.#fail(this.#explain(error));
    const first = this.#link.send(this.#openingMessages);
    let waitMs: number = limits.openRetryMs;
    const again = (): void => {
      waitMs *= 2;
      this.#retryTimer = setTimeout(again, waitMs);
      this.#offer(this.#link.sendAgain(this.#openingMessages, 0));
    };
    // A person may have to allow the signature: silence is counted from when there is something to answer.
    const startTimers = (): void => {
      if (this.#isOver || this.#isOpen) return;
      this.#openTimer = setTimeout(() => failedBy(this.#silence()), limits.openTimeoutMs);
      this.#retryTimer = setTimeout(again, waitMs);
    };
    first.then(startTimers, () => {}); // a failure is handled below
    // A refusal by all relays, or `mute:` from all for the whole grace time, ends the waiting early.
    this.#offer(first, failedBy);
  }

  #offer(sending: Promise<SentFrame>, onfailed: (error: unknown) => void = () => {}): void {
    sending
      .then(async (sent) => {
        this.#openingsSent++;
        this.#carry(this.#openingMessages, sent.event);
        await this.#published(sent);
      })
      .catch(onfailed);
  }

  #carry(messages: JsonRpcMessage[], event: NostrEvent): void {
    for (const message of messages) if (isRequest(message)) this.#options.oncarried(message.id, event.id);
  }

  async #published(sent: SentFrame): Promise<void> {
    if ((await sent.published) === 'muted') throw this.#silence();
  }

  #onframe(frame: IncomingFrame): void {
    if (frame.link.control === 'bye')
      return this.#lose(`the server closed the connection (${frame.link.detail})`);
    let messages: JsonRpcMessage[];
    try {
      messages = decodeMessages(frame.event);
    } catch (error) {
      return this.#options.onerror(error instanceof Error ? error : new Error(String(error)));
    }
    for (const message of messages) this.#options.onmessage(message, frame.requestEvent);
  }

  /** The server does not know this connection: it restarted, or let it go. */
  #onreset(link: LinkTag): void {
    if (!this.#isOpen || link.instance === this.#link.instance) {
      return this.#lose('the server does not know the connection any more');
    }
    // Two processes may serve one key: believed only when ours leaves one more question unanswered.
    if (this.#resetTimer !== undefined) return;
    this.#resetTimer = setTimeout(() => this.#lose('the server was restarted'), limits.resetProbeMs);
    this.#control('probe');
  }

  #onrefusal(frame: IncomingFrame): void {
    if (this.#isOpen) return;
    const { server } = this.#options.describe();
    const reason = frame.link.detail ?? '';
    if (reason === 'clock' && !this.#restamped) {
      this.#restamped = true;
      this.#staleRefusals = this.#openingsSent - 1;
      this.#link.clockOffsetSeconds = frame.event.created_at - this.#options.endpoint.nowSeconds();
      return this.#offer(this.#link.sendAgain(this.#openingMessages, 0));
    }
    // Each opening that was on its way with the old time earns a refusal too.
    if (reason === 'clock' && this.#staleRefusals-- > 0) return;
    this.#fail(refusalError(reason, server));
  }

  #control(control: 'ack' | 'probe'): void {
    this.#link
      .sendControl(control)
      .then((sent) => sent.published)
      .catch(this.#options.onerror);
  }

  #silence(): TransportError {
    const { server, relays } = this.#options.describe();
    return new TransportError('server_silent', `${server} does not answer on ${relays}`, {
      data: { relays },
    });
  }

  /** Whatever is not of the transport came out of the signer. */
  #explain(error: unknown): TransportError {
    if (error instanceof TransportError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return new TransportError('signer_failed', `the signer refused: ${reason}`, { cause: error });
  }

  #lose(reason: string): void {
    if (this.#isOver) return;
    this.#end(new TransportError('outcome_unknown', reason));
    this.#options.onlost(reason);
  }

  #fail(error: TransportError): void {
    if (this.#isOpen || this.#isOver) return;
    this.#end(error);
    // The server may have opened although we do not hear it.
    if (this.#openingsSent > 0) void this.#sayBye(); // it never rejects
  }

  #checkOver(): void {
    if (this.#isOver) throw new TransportError('closed', 'the connection is over');
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  #end(error: TransportError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopOpening();
    clearTimeout(this.#resetTimer);
    this.#link.close();
    this.#rejectOpened(error);
  }

  #stopOpening(): void {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#openTimer);
  }
}
