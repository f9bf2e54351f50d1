import type { JsonRpcRequest } from '@mcp-nostr/core';
import type { PaymentInteraction, PaymentRequest } from '@mcp-nostr/core/contextvm';

/** How a client answers ContextVM servers that want to be paid (CEP-8). */
export interface PaymentOptions {
  /**
   * Methods of payment that there are, the preferred first; told with each request. With none nothing is told, and
   * whatever a server asks for is offered.
   */
  pmis: readonly string[];
  /**
   * `transparent`: a request waits for its payment. `explicit_gating`: the server answers at once with what to pay, and
   * the request is sent again; of servers that can do it. @default 'transparent'
   */
  interaction?: PaymentInteraction | undefined;
  /** Pays; rejects to decline. Asked once at most for each request. */
  onrequired: (payment: PaymentRequest, context: PaymentContext) => Promise<void>;
  /** The server has the payment, or does not go on with the request. */
  onsettled?: ((outcome: PaymentOutcome) => void) | undefined;
}

export interface PaymentContext {
  /** What is to be paid for. */
  request: JsonRpcRequest;
  /** Nobody waits for it any more. */
  signal: AbortSignal;
}

export interface PaymentOutcome {
  outcome: 'accepted' | 'rejected';
  request: JsonRpcRequest;
  pmi?: string | undefined;
  amount?: number | undefined;
  /** Why it was rejected, in the server's words. */
  reason?: string | undefined;
}
