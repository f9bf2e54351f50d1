import { randomHex } from '@mcp-nostr/core';
import { type PublishOutcome, TransportError } from '@mcp-nostr/transport';

import { limits, type RemoteTiming } from './limits.ts';
import type { RemoteAnswer } from './remote-message.ts';

export interface RemoteRequestOptions {
  method: string;
  params: readonly string[];
  timing: RemoteTiming;
  /** @default the usual one */
  timeoutMs?: number | undefined;
  /** `isRepeat`: an earlier copy may have arrived. Rejects when no relay took it. */
  publish: (plaintext: string, isRepeat: boolean) => Promise<PublishOutcome>;
  onauthurl: ((url: string) => void) | undefined;
  /** For messages: who is asked. */
  describe: () => string;
  /** It is over, one way or the other. */
  onsettled: () => void;
}

/** Where the last copy got: to a relay, to one where nobody listens for it, or nowhere. */
type Whereabouts = 'taken' | 'unheard' | 'unsent';

/** One request of NIP-46 until it is answered: sent again with the same id, since relays lose and signers restart. */
export class RemoteRequest {
  readonly id: string = randomHex(16);
  readonly answered: Promise<string | undefined>;
  readonly #options: RemoteRequestOptions;
  readonly #timeoutMs: number;
  #resolve: (result: string | undefined) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #mayHaveArrived = false;
  #isPublishing = false;
  #isOver = false;
  #isWithPerson = false;
  #whereabouts: Whereabouts = 'unsent';
  #sentAt = 0;
  #resendMs: number;
  #absentMs: number;

  constructor(options: RemoteRequestOptions) {
    this.#options = options;
    const { resendMs, absentRetryMs, requestTimeoutMs } = options.timing;
    this.#resendMs = resendMs;
    this.#absentMs = absentRetryMs;
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timeoutMs = options.timeoutMs ?? requestTimeoutMs;
  }

  start(): void {
    this.#endAfter(this.#timeoutMs);
    void this.#send(); // it never rejects
  }

  /** The way was interrupted: the request or its answer may be lost. */
  sendAgain(): void {
    if (this.#isPublishing || this.#isOver) return;
    const dueAt = this.#sentAt + this.#options.timing.leastResendMs;
    this.#sendAfter(Math.max(0, dueAt - performance.now()));
  }

  answer(answer: RemoteAnswer): void {
    if (this.#isOver) return;
    const { method, describe } = this.#options;
    if (answer.sort === 'result') return this.#settle(() => this.#resolve(answer.result));
    if (answer.sort === 'refusal')
      return this.#refuse(`${describe()} refused ${method}: ${answer.words}`, { words: answer.words });
    this.#askPerson(answer.url);
  }

  fail(error: unknown): void {
    if (!this.#isOver) this.#settle(() => this.#reject(error));
  }

  #askPerson(url: string | undefined): void {
    const { method, describe, onauthurl, timing } = this.#options;
    // A person is not sent to one page after the other.
    if (this.#isWithPerson) return;
    if (url === undefined) return this.#refuse(`${describe()} wants ${method} approved on no https:// page`);
    if (onauthurl === undefined)
      return this.#refuse(`${describe()} wants ${method} approved on a page, and nobody is here to open it`);
    this.#isWithPerson = true;
    // The answer to the same id follows; a further copy would open another page.
    clearTimeout(this.#timer);
    this.#endAfter(timing.authTimeoutMs);
    try {
      onauthurl(url);
    } catch (cause) {
      this.#refuse(`the page on which ${method} is approved was not shown`, {}, cause);
    }
  }

  async #send(): Promise<void> {
    const { method, params, publish } = this.#options;
    this.#isPublishing = true;
    try {
      const outcome = await publish(JSON.stringify({ id: this.id, method, params }), this.#mayHaveArrived);
      this.#mayHaveArrived ||= outcome !== 'muted' && outcome !== 'congested';
      this.#whereabouts = outcome === 'accepted' || outcome === 'sent' ? 'taken' : 'unheard';
    } catch (error) {
      if (!(error instanceof TransportError)) return this.fail(error);
      this.#whereabouts = 'unsent'; // the time-out says so
    }
    this.#isPublishing = false;
    this.#sentAt = performance.now();
    if (!this.#isOver && !this.#isWithPerson) this.#sendAfter(this.#nextWaitMs());
  }

  #nextWaitMs(): number {
    if (this.#whereabouts === 'taken') {
      const waitMs = this.#resendMs;
      this.#resendMs = Math.min(waitMs * 2, limits.maxResendMs);
      return waitMs;
    }
    const waitMs = this.#absentMs;
    this.#absentMs = Math.min(waitMs * 2, limits.maxAbsentRetryMs);
    return waitMs;
  }

  #sendAfter(waitMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#send(), waitMs); // it never rejects
  }

  #endAfter(timeoutMs: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#timedOut(timeoutMs), timeoutMs);
  }

  #timedOut(timeoutMs: number): void {
    const { method, describe } = this.#options;
    const reasons: Record<Whereabouts, string> = {
      taken: '',
      unheard: '; nobody listens for it there: is it running?',
      unsent: '; no relay of it took the request',
    };
    const reason = this.#isWithPerson ? '; it was to be approved on a page' : reasons[this.#whereabouts];
    this.#refuse(`${describe()} did not answer ${method} within ${timeoutMs / 1000} s${reason}`);
  }

  #refuse(message: string, data: Record<string, unknown> = {}, cause?: unknown): void {
    this.#settle(() => this.#reject(new TransportError('signer_failed', message, { data, cause })));
  }

  #settle(tell: () => void): void {
    this.#isOver = true;
    clearTimeout(this.#deadline);
    clearTimeout(this.#timer);
    tell();
    this.#options.onsettled();
  }
}
