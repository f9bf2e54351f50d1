import { AUTH_KIND, type NostrEvent, type Signer } from '@mcp-nostr/core';

export interface RelayAuthOptions {
  relay: string;
  /** Without one no demand can be met. */
  signer: Signer | undefined;
  /** How long the relay may take for its challenge, and for the OK to our answer. */
  timeoutMs: number;
  /** Milliseconds since 1970. */
  now: () => number;
  send: (text: string) => void;
  /** What was refused for want of AUTH may be asked for again. */
  onaccepted: () => void;
  onfailed: (reason: string) => void;
}

/**
 * NIP-42 on one socket. A challenge is answered only when the relay has refused something for want of it: who merely
 * passes through need not tell the relay who they are.
 */
export class RelayAuth {
  readonly #options: RelayAuthOptions;
  #challenge: string | undefined;
  #isDemanded = false;
  #isAccepted = false;
  #isClosed = false;
  /** Our answer that waits for its OK. */
  #eventId: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RelayAuthOptions) {
    this.#options = options;
  }

  /** The relay sent its challenge; some do so only after the refusal. */
  challenge(challenge: string): void {
    if (challenge === this.#challenge) return;
    this.#challenge = challenge;
    this.#isAccepted = false;
    this.#eventId = undefined;
    if (this.#isDemanded) this.#answer(challenge);
  }

  /** The relay refused something with `auth-required:`. False when we have nothing to add. */
  demand(): boolean {
    if (this.#options.signer === undefined || this.#isAccepted) return false;
    if (this.#isDemanded) return true;
    this.#isDemanded = true;
    if (this.#challenge === undefined) {
      this.#wait(() => this.#fail('auth-required: the relay sent no challenge'));
    } else this.#answer(this.#challenge);
    return true;
  }

  /** Whether this OK was the one for our answer. */
  handleOk(id: string, accepted: boolean, reason: string): boolean {
    if (id !== this.#eventId) return false;
    if (accepted) this.#accept();
    else this.#fail(reason === '' ? 'auth-required: our answer was refused' : reason);
    return true;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #answer(challenge: string): void {
    // A person may have to allow the signature, so this has no time limit of its own.
    clearTimeout(this.#timer);
    this.#sign(challenge).then(
      (event) => {
        if (this.#isClosed || this.#challenge !== challenge) return;
        this.#eventId = event.id;
        this.#options.send(JSON.stringify(['AUTH', event]));
        // A relay that sends no OK for it shows at the next refusal whether it took it.
        this.#wait(() => this.#accept());
      },
      (error: unknown) => {
        if (!this.#isClosed && this.#challenge === challenge) {
          this.#fail(
            `auth-required: the signer refused (${error instanceof Error ? error.message : String(error)})`,
          );
        }
      },
    );
  }

  async #sign(challenge: string): Promise<NostrEvent> {
    const { signer, relay, now } = this.#options;
    if (signer === undefined) throw new Error('there is no signer');
    return signer.signEvent({
      kind: AUTH_KIND,
      created_at: Math.floor(now() / 1000),
      tags: [
        ['relay', relay],
        ['challenge', challenge],
      ],
      content: '',
    });
  }

  #wait(late: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(late, this.#options.timeoutMs);
  }

  #accept(): void {
    this.#settle();
    this.#isAccepted = true;
    this.#options.onaccepted();
  }

  #fail(reason: string): void {
    this.#settle();
    this.#options.onfailed(reason);
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#isDemanded = false;
    this.#eventId = undefined;
  }
}
