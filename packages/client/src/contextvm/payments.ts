import { type FailureCode, isResponse, type JsonRpcMessage } from '@mcp-nostr/core';
import {
  type PaymentError,
  type PaymentNotice,
  type PaymentRequest,
  readPaymentError,
  readPaymentNotice,
} from '@mcp-nostr/core/contextvm';

import type { BareRequest } from './bare-request.ts';
import { Heartbeat } from './heartbeat.ts';
import { bareClientLimits as limits } from './limits.ts';
import { paymentData } from './payment-errors.ts';
import type { PaymentOptions } from './payment-options.ts';

export interface PaymentsOptions {
  /** Absent where nobody pays. */
  given: PaymentOptions | undefined;
  /** To the application. */
  onmessage: (message: JsonRpcMessage) => void;
  onerror: (error: Error) => void;
  /** Sends a request as another event: the server has not executed it. */
  resend: (request: BareRequest) => void;
  /** Answers a request with a failure of the way. */
  fail: (request: BareRequest, code: FailureCode, reason: string, data: Record<string, unknown>) => void;
}

/** A request that is being paid for. */
interface Purchase {
  readonly aborter: AbortController;
  readonly heartbeat: Heartbeat;
  /** The server waits no longer, by `performance.now()`. */
  readonly endsAt: number;
  retry?: ReturnType<typeof setTimeout>;
}

/**
 * What ContextVM servers want to be paid before they execute a request: asked of the application, once for each
 * request, however often the server asks. Where nobody pays, the request fails at once (CEP-8).
 */
export class Payments {
  readonly #options: PaymentsOptions;
  readonly #purchases: Map<BareRequest, Purchase> = new Map();

  constructor(options: PaymentsOptions) {
    this.#options = options;
  }

  /** What the server says of this request before it answers it. Returns whether it was about a payment. */
  notified(message: JsonRpcMessage, request: BareRequest): boolean {
    const notice = readPaymentNotice(message);
    if (notice === undefined) {
      if (!('method' in message) || message.method !== 'notifications/payment_required') return false;
      this.#fail(request, 'it asks for a payment in a way that cannot be read');
    } else if (notice.type === 'required') {
      const { type: _, ...payment } = notice;
      this.#onrequired(request, payment);
    } else this.#onsettled(request, notice);
    return true;
  }

  /** The answer to this request. True where it is not the last word: the request is going to be sent again. */
  answered(response: JsonRpcMessage, request: BareRequest): boolean {
    const isError = isResponse(response) && 'error' in response;
    const error = isError ? readPaymentError(response) : undefined;
    const { given } = this.#options;
    if (error === undefined || given === undefined) return false;
    const purchase = this.#purchases.get(request);
    if (error.type === 'pending') return purchase !== undefined && this.#waitAgain(request, purchase, error);
    const payment = preferred(error.options, given.pmis);
    // What was paid and is asked for again is the application's to settle with the server.
    if (purchase !== undefined || payment === undefined) return false;
    void this.#buy(given, request, payment, true); // it never rejects
    return true;
  }

  /** Nobody waits for this request any more. */
  forget(request: BareRequest): void {
    const purchase = this.#purchases.get(request);
    if (purchase === undefined) return;
    this.#purchases.delete(request);
    purchase.heartbeat.close();
    clearTimeout(purchase.retry);
    purchase.aborter.abort();
  }

  close(): void {
    for (const request of this.#purchases.keys()) this.forget(request);
  }

  #onrequired(request: BareRequest, payment: PaymentRequest): void {
    // A server that has seen two copies of a request asks for each; only one is paid.
    if (this.#purchases.has(request)) return;
    const { given } = this.#options;
    if (given === undefined) return this.#fail(request, `it wants ${sumOf(payment)} first`, payment);
    if (preferred([payment], given.pmis) !== undefined) void this.#buy(given, request, payment, false); // it never rejects
    else
      this.#fail(request, `it wants ${sumOf(payment)}, and there is only ${given.pmis.join(', ')}`, payment);
  }

  #onsettled(request: BareRequest, notice: Exclude<PaymentNotice, { type: 'required' }>): void {
    const { type: outcome, pmi, amount } = notice;
    const reason = notice.type === 'rejected' ? notice.reason : undefined;
    try {
      this.#options.given?.onsettled?.({ outcome, request: request.request, pmi, amount, reason });
    } catch (error) {
      this.#options.onerror(error instanceof Error ? error : new Error(String(error)));
    }
    if (outcome === 'accepted') return;
    const said = reason ?? 'it gives no reason';
    this.#end(request, 'payment_rejected', `the server does not go on with the request: ${said}`, {});
  }

  async #buy(
    { onrequired }: PaymentOptions,
    request: BareRequest,
    payment: PaymentRequest,
    isGated: boolean,
  ): Promise<void> {
    const { onmessage, resend } = this.#options;
    const lastsMs = timeFor(payment);
    const text = `waiting for the payment of ${sumOf(payment)}`;
    const aborter = new AbortController();
    const heartbeat = new Heartbeat({ request: request.request, text, lastsMs, onmessage });
    this.#purchases.set(request, { aborter, heartbeat, endsAt: performance.now() + lastsMs });
    // Another event is another purchase for the server: nothing goes out again by itself.
    request.hold();
    try {
      await onrequired(payment, { request: request.request, signal: aborter.signal });
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      if (!aborter.signal.aborted)
        this.#fail(request, `it wants ${sumOf(payment)}, which was declined: ${words}`, payment);
      return;
    }
    if (isGated && !aborter.signal.aborted) resend(request);
  }

  /** The server has not seen the payment yet. */
  #waitAgain(
    request: BareRequest,
    purchase: Purchase,
    { retryAfterSeconds = 0 }: PaymentError & { type: 'pending' },
  ): boolean {
    const { minPaymentRetryMs, maxPaymentRetryMs } = limits;
    const waitMs = Math.min(Math.max(retryAfterSeconds * 1_000, minPaymentRetryMs), maxPaymentRetryMs);
    if (performance.now() + waitMs > purchase.endsAt) return false;
    request.hold();
    clearTimeout(purchase.retry);
    purchase.retry = setTimeout(() => this.#options.resend(request), waitMs);
    return true;
  }

  #fail(request: BareRequest, reason: string, payment?: PaymentRequest): void {
    const data = payment === undefined ? {} : { payment: paymentData(payment) };
    this.#end(request, 'payment_required', `the server has not executed the request: ${reason}`, data);
  }

  #end(request: BareRequest, code: FailureCode, reason: string, data: Record<string, unknown>): void {
    this.forget(request);
    this.#options.fail(request, code, reason, data);
  }
}

/** Of the options one that can be paid, as it is preferred. */
function preferred(options: PaymentRequest[], pmis: readonly string[]): PaymentRequest | undefined {
  if (pmis.length === 0) return options[0];
  const [first] = pmis.flatMap((pmi) => options.filter((each) => each.pmi === pmi));
  return first;
}

function timeFor({ ttlSeconds }: PaymentRequest): number {
  const { defaultPaymentMs, maxPaymentMs } = limits;
  return ttlSeconds === undefined ? defaultPaymentMs : Math.min(ttlSeconds * 1_000, maxPaymentMs);
}

function sumOf({ amount, pmi }: PaymentRequest): string {
  return `${amount} by ${pmi}`;
}
