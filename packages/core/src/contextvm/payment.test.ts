import { describe, expect, it } from 'vitest';

import { failureResponse } from '../failure.ts';
import { paymentRequestJson, readPaymentError, readPaymentNews, readPaymentRequest } from './payment.ts';

/** As ContextVM's SDK writes it. */
const invoice = {
  amount: 21,
  pay_req: 'lnbc210n1',
  pmi: 'bitcoin-lightning-bolt11',
  description: 'one call',
  ttl: 600,
  _meta: { order: 7 },
};
const payment = {
  amount: 21,
  pmi: 'bitcoin-lightning-bolt11',
  payRequest: 'lnbc210n1',
  description: 'one call',
  ttlSeconds: 600,
  meta: { order: 7 },
};

function notification(what: string, params: Record<string, unknown>) {
  return { jsonrpc: '2.0' as const, method: `notifications/payment_${what}`, params };
}

describe('what a server wants to be paid', () => {
  it('is read, and written again as it was', () => {
    expect(readPaymentRequest(invoice)).toEqual(payment);
    expect(paymentRequestJson(payment)).toEqual(invoice);
    const least = { amount: 0, pay_req: 'x', pmi: 'fake' };
    expect(paymentRequestJson(readPaymentRequest(least) ?? payment)).toEqual(least);
  });

  it.each([
    ['no amount', { amount: undefined }],
    ['an amount below 0', { amount: -1 }],
    ['an amount without an end', { amount: Infinity }],
    ['an amount in words', { amount: '21' }],
    ['nothing to pay', { pay_req: '' }],
    ['a method of payment that is none', { pmi: 'Bitcoin Lightning' }],
    ['a method of payment that is too long', { pmi: 'a'.repeat(65) }],
  ])('cannot be paid with %s', (_, change) => {
    expect(readPaymentRequest({ ...invoice, ...change })).toBeUndefined();
  });

  it.each([undefined, null, [], 'invoice', 21])('is not %j', (value) => {
    expect(readPaymentRequest(value)).toBeUndefined();
  });
});

describe('news of a payment', () => {
  it('are required, accepted and rejected', () => {
    expect(readPaymentNews(notification('required', invoice))).toEqual({ kind: 'required', payment });
    const accepted = { pmi: 'fake', amount: 21 };
    expect(readPaymentNews(notification('accepted', accepted))).toEqual({ kind: 'accepted', ...accepted });
    const rejected = { pmi: 'fake', amount: 21, message: 'too late' };
    expect(readPaymentNews(notification('rejected', rejected))).toEqual({ kind: 'rejected', ...rejected });
  });

  it('say that something is to be paid where it cannot be read what', () => {
    expect(readPaymentNews(notification('required', { amount: 21 }))).toEqual({ kind: 'required' });
  });

  it('are no other message, and no request', () => {
    expect(readPaymentNews(notification('refunded', invoice))).toBeUndefined();
    expect(readPaymentNews({ ...notification('required', invoice), id: 1 })).toBeUndefined();
    expect(readPaymentNews({ jsonrpc: '2.0', id: 1, result: {} })).toBeUndefined();
  });
});

describe('an error', () => {
  it('says what to pay', () => {
    const data = { instructions: 'pay', payment_options: [invoice, { amount: 1 }] };
    expect(readPaymentError({ code: -32_042, message: 'Payment Required', data })).toEqual({
      kind: 'required',
      options: [payment],
      instructions: 'pay',
    });
  });

  it('is not taken for one where MCP has the same number for what a person has to open in a browser', () => {
    const data = { elicitations: [{ mode: 'url', url: 'https://example.org' }] };
    expect(readPaymentError({ code: -32_042, message: 'URL required', data })).toBeUndefined();
  });

  it('says that a payment is on its way', () => {
    const error = { code: -32_043, message: 'Payment Pending', data: { retry_after: 2 } };
    expect(readPaymentError(error)).toEqual({ kind: 'pending', retryAfterSeconds: 2 });
  });

  it('of our own client is read by the same means', () => {
    const { error } = failureResponse(1, 'payment_required', 'pay first', { payment: invoice });
    expect(readPaymentError(error)).toEqual({ kind: 'required', options: [payment] });
  });

  it.each([undefined, new Error('no'), { code: -32_602, message: 'bad', data: {} }])(
    'says nothing of it otherwise: %s',
    (error) => {
      expect(readPaymentError(error)).toBeUndefined();
    },
  );
});
