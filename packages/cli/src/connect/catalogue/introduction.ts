import type { JsonRpcRequest } from '@mcp-nostr/core';

import type { Answer } from '../../answer.ts';

export interface IntroductionOptions {
  /** How long the server's own answer is waited for. */
  waitMs: number;
  /** The answer to give in the server's stead. */
  standIn: () => Answer;
  onanswer: (answer: Answer) => void;
}

/** One answer to the host's `initialize` or `server/discover`: the server's if it comes soon, else ours. */
export class Introduction {
  readonly request: JsonRpcRequest;
  readonly #options: IntroductionOptions;
  readonly #timer: NodeJS.Timeout;
  #isAnswered = false;
  #isStandIn = false;

  constructor(request: JsonRpcRequest, options: IntroductionOptions) {
    this.request = request;
    this.#options = options;
    this.#timer = setTimeout(() => this.standIn(), options.waitMs);
  }

  /** The host was not told by the server itself. */
  get isStandIn(): boolean {
    return this.#isStandIn;
  }

  answer(answer: Answer): void {
    if (this.#isAnswered) return;
    this.close();
    this.#options.onanswer({ ...answer, id: this.request.id });
  }

  /** Waits no longer. */
  standIn(): void {
    if (this.#isAnswered) return;
    this.#isStandIn = true;
    this.answer(this.#options.standIn());
  }

  close(): void {
    this.#isAnswered = true;
    clearTimeout(this.#timer);
  }
}
