import { isRecord } from '../event.ts';
import { failureCodes } from '../failure.ts';
import type { JsonRpcMessage } from '../json-rpc.ts';
import { isPmi } from './support.ts';

/** What a server wants to be paid before it executes a request (CEP-8). */
export interface PaymentRequest {
  /** In the unit of the method of payment. */
  amount: number;
  /** The method of payment: `bitcoin-lightning-bolt11`. */
  pmi: string;
  /** What to pay, in the form of that method: an invoice. */
  payRequest: string;
  description?: string | undefined;
  /** How long the server waits for it. */
  ttlSeconds?: number | undefined;
  meta?: Record<string, unknown> | undefined;
}

/** What a server says of the payment for a request that is under way. */
export type PaymentNews =
  /** Without `payment`: it cannot be read. */
  | { kind: 'required'; payment?: PaymentRequest | undefined }
  | { kind: 'accepted'; pmi?: string | undefined; amount?: number | undefined }
  | { kind: 'rejected'; pmi?: string | undefined; amount?: number | undefined; message?: string | undefined };

/** What the error of a request says of its payment. */
export type PaymentError =
  /** Nothing was executed; each of the options pays for it. */
  | { kind: 'required'; options: PaymentRequest[]; instructions?: string | undefined }
  /** A payment is on its way; to be asked again. */
  | { kind: 'pending'; retryAfterSeconds?: number | undefined; instructions?: string | undefined };

/** The numbers that CEP-8 gives them. MCP has the first for another purpose: what is with it decides. */
const REQUIRED = -32_042;
const PENDING = -32_043;

/** Undefined for a message that is about something else. */
export function readPaymentNews(message: JsonRpcMessage): PaymentNews | undefined {
  if (!('method' in message) || 'id' in message) return undefined;
  const params = message.params ?? {};
  const { pmi, amount } = { pmi: textIn(params, 'pmi'), amount: numberIn(params, 'amount') };
  switch (message.method) {
    case 'notifications/payment_required':
      return { kind: 'required', payment: readPaymentRequest(params) };
    case 'notifications/payment_accepted':
      return { kind: 'accepted', pmi, amount };
    case 'notifications/payment_rejected':
      return { kind: 'rejected', pmi, amount, message: textIn(params, 'message') };
    default:
      return undefined;
  }
}

/**
 * What an error that a request was answered with says of its payment: the server's own (-32042, -32043) and the failure
 * `payment_required` of a client that had nobody to pay. Undefined for any other.
 */
export function readPaymentError(error: unknown): PaymentError | undefined {
  if (!isRecord(error) || !isRecord(error['data'])) return undefined;
  const { code, data } = error;
  const instructions = textIn(data, 'instructions');
  if (code === REQUIRED && Array.isArray(data['payment_options'])) {
    const options = data['payment_options'].map(readPaymentRequest).filter((each) => each !== undefined);
    return { kind: 'required', options, instructions };
  }
  if (code === failureCodes.payment_required) {
    const payment = readPaymentRequest(data['payment']);
    return { kind: 'required', options: payment === undefined ? [] : [payment] };
  }
  if (code !== PENDING) return undefined;
  return { kind: 'pending', retryAfterSeconds: numberIn(data, 'retry_after'), instructions };
}

/** Undefined for what cannot be paid as it is written. */
export function readPaymentRequest(value: unknown): PaymentRequest | undefined {
  if (!isRecord(value)) return undefined;
  const amount = numberIn(value, 'amount');
  const pmi = value['pmi'];
  const payRequest = textIn(value, 'pay_req');
  if (amount === undefined || !isPmi(pmi) || !payRequest) return undefined;
  const meta = isRecord(value['_meta']) ? value['_meta'] : undefined;
  const description = textIn(value, 'description');
  const ttlSeconds = numberIn(value, 'ttl');
  return {
    amount,
    pmi,
    payRequest,
    ...(description === undefined ? {} : { description }),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    ...(meta === undefined ? {} : { meta }),
  };
}

/** As CEP-8 writes it. */
export function paymentRequestJson(payment: PaymentRequest): Record<string, unknown> {
  const { amount, pmi, payRequest, description, ttlSeconds, meta } = payment;
  return {
    amount,
    pmi,
    pay_req: payRequest,
    ...(description === undefined ? {} : { description }),
    ...(ttlSeconds === undefined ? {} : { ttl: ttlSeconds }),
    ...(meta === undefined ? {} : { _meta: meta }),
  };
}

function textIn(record: Record<string, unknown>, name: string): string | undefined {
  const value = record[name];
  return typeof value === 'string' ? value : undefined;
}

/** No amount and no time is below 0 or without an end. */
function numberIn(record: Record<string, unknown>, name: string): number | undefined {
  const value = record[name];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
