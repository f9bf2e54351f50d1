import { isRecord } from '../event.ts';
import type { JsonRpcErrorResponse, JsonRpcMessage } from '../json-rpc.ts';
import { contextvmLimits } from './limits.ts';
import { isPmi } from './support.ts';

/** What a server asks for before it does something (CEP-8). Nothing here has been checked but its shape. */
export interface PaymentRequest {
  /** In the unit of the way to pay; of the usual one, Lightning, satoshis. */
  amount: number;
  /** The way to pay (CEP-21). */
  pmi: string;
  /** What a wallet is given, an invoice for example. */
  payRequest: string;
  description?: string | undefined;
  /** How long the server waits for it, in seconds. */
  ttlSeconds?: number | undefined;
  meta?: Record<string, unknown> | undefined;
}

/** What a server says of a payment while the request waits (`transparent`). */
export type PaymentNotice =
  | ({ type: 'required' } & PaymentRequest)
  | {
      type: 'accepted';
      amount?: number | undefined;
      pmi?: string | undefined;
      meta?: Record<string, unknown> | undefined;
    }
  | { type: 'rejected'; amount?: number | undefined; pmi?: string | undefined; reason?: string | undefined };

/** What a server answers instead of a result (`explicit_gating`). */
export type PaymentError =
  | {
      type: 'required';
      /** For people. */
      instructions?: string | undefined;
      /** Any of them will do. */
      options: PaymentRequest[];
    }
  /** It was asked for and has not been seen yet. */
  | { type: 'pending'; instructions?: string | undefined; retryAfterSeconds?: number | undefined };

/** What a server takes for one of its capabilities. */
export interface Price {
  /** `tool:<name>`, `prompt:<name>`, `resource:<uri>`. */
  capability: string;
  /** An amount, or the least and the most of it: `10`, `10-50`. */
  price: string;
  unit: string;
}

export const PAYMENT_REQUIRED = -32_042;
const PAYMENT_PENDING = -32_043;

const METHOD = /^notifications\/payment_(required|accepted|rejected)$/;
const PRICE = /^\d{1,15}(?:\.\d{1,15})?(?:-\d{1,15}(?:\.\d{1,15})?)?$/;
const CAPABILITY = /^(?:tool|prompt|resource):./s;

/** What a notification says of a payment; undefined of any other message, and of one that cannot be acted upon. */
export function readPaymentNotice(message: JsonRpcMessage): PaymentNotice | undefined {
  if (!('method' in message) || 'id' in message) return undefined;
  const type = METHOD.exec(message.method)?.[1];
  const params = message.params ?? {};
  if (type === 'required') {
    const request = readRequest(params);
    return request && { type, ...request };
  }
  const paid = { amount: amountOf(params['amount']), pmi: isPmi(params['pmi']) ? params['pmi'] : undefined };
  if (type === 'accepted') return { type, ...paid, meta: metaOf(params) };
  if (type === 'rejected') return { type, ...paid, reason: noteOf(params['message']) };
  return undefined;
}

/** What an error says of a payment; undefined of any other error, and of one that cannot be acted upon. */
export function readPaymentError({ error }: JsonRpcErrorResponse): PaymentError | undefined {
  const data = isRecord(error.data) ? error.data : {};
  const instructions = noteOf(data['instructions']);
  if (error.code === PAYMENT_PENDING)
    return { type: 'pending', instructions, retryAfterSeconds: secondsOf(data['retry_after']) };
  if (error.code !== PAYMENT_REQUIRED) return undefined;
  const listed: unknown[] = Array.isArray(data['payment_options']) ? data['payment_options'] : [];
  const options = listed
    .slice(0, contextvmLimits.maxPmis)
    .map(readRequest)
    .filter((each) => each !== undefined);
  return options.length > 0 || instructions !== undefined
    ? { type: 'required', instructions, options }
    : undefined;
}

/** The prices among the tags of an announcement or of a list. */
export function readPrices(tags: string[][]): Price[] {
  const { maxClaims, maxNoteLength, maxUrlLength } = contextvmLimits;
  return tags
    .flatMap(([name, capability = '', price = '', unit = '']) =>
      name === 'cap' &&
      capability.length <= maxUrlLength &&
      CAPABILITY.test(capability) &&
      PRICE.test(price) &&
      unit.length <= maxNoteLength
        ? [{ capability, price, unit }]
        : [],
    )
    .slice(0, maxClaims);
}

function readRequest(value: unknown): PaymentRequest | undefined {
  if (!isRecord(value)) return undefined;
  const { pmi, pay_req } = value;
  const amount = amountOf(value['amount']);
  if (amount === undefined || !isPmi(pmi)) return undefined;
  if (typeof pay_req !== 'string' || pay_req === '' || pay_req.length > contextvmLimits.maxPayRequestLength)
    return undefined;
  return {
    amount,
    pmi,
    payRequest: pay_req,
    description: noteOf(value['description']),
    ttlSeconds: secondsOf(value['ttl']),
    meta: metaOf(value),
  };
}

function amountOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** No more than a day: it becomes a timer. */
function secondsOf(value: unknown): number | undefined {
  const seconds = amountOf(value);
  return seconds === undefined ? undefined : Math.min(seconds, contextvmLimits.maxPaymentSeconds);
}

function noteOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, contextvmLimits.maxNoteLength) : undefined;
}

function metaOf(params: Record<string, unknown>): Record<string, unknown> | undefined {
  const { _meta } = params;
  return isRecord(_meta) ? _meta : undefined;
}
