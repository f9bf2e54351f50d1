import { failureCodes, isRecord } from '@mcp-nostr/core';
import {
  PAYMENT_REQUIRED,
  type PaymentError,
  type PaymentRequest,
  readPaymentError as readServersError,
} from '@mcp-nostr/core/contextvm';

/**
 * What an error that a request has ended with says of its payment: the failure `payment_required` of this package, and a
 * server's own errors (-32042, -32043), as the SDKs throw them. Undefined for any other.
 */
export function readPaymentError(error: unknown): PaymentError | undefined {
  if (!isRecord(error) || typeof error['code'] !== 'number') return undefined;
  const { code, data } = error;
  const isOurs = code === failureCodes.payment_required && isRecord(data);
  const said = isOurs
    ? { code: PAYMENT_REQUIRED, message: '', data: { payment_options: [data['payment']] } }
    : { code, message: '', data };
  return readServersError({ jsonrpc: '2.0', error: said });
}

/** For `data` of a failure: as CEP-8 writes it. */
export function paymentData(payment: PaymentRequest): Record<string, unknown> {
  const { amount, pmi, payRequest, description, ttlSeconds, meta } = payment;
  const written = { amount, pmi, pay_req: payRequest, description, ttl: ttlSeconds, _meta: meta };
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined));
}
