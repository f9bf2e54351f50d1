import {
  failureResponse,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
} from '@mcp-nostr/core';
import type { PaymentRequest } from '@mcp-nostr/core/contextvm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { BareRequest } from './bare-request.ts';
import type { PaymentOptions, PaymentOutcome } from './payment-options.ts';
import { ownSupportTags } from './own-support.ts';
import { readPaymentError } from './payment-errors.ts';
import { Payments } from './payments.ts';

const asked: JsonRpcRequest = {
  jsonrpc: '2.0',
  id: 7,
  method: 'tools/call',
  params: { name: 'dear', _meta: { progressToken: 'seven' } },
};
const request = new BareRequest(asked, () => {});
const invoice = { amount: 21, pay_req: 'lnbc1', pmi: 'bitcoin-lightning-bolt11', ttl: 100 };

function news(what: string, params: Record<string, unknown> = invoice) {
  return { jsonrpc: '2.0' as const, method: `notifications/payment_${what}`, params };
}

function gated(...options: Record<string, unknown>[]): JsonRpcErrorResponse {
  const error = { code: -32_042, message: 'Payment Required', data: { payment_options: options } };
  return { jsonrpc: '2.0', id: 7, error };
}

function pending(retryAfter: number): JsonRpcErrorResponse {
  const error = { code: -32_043, message: 'Payment Pending', data: { retry_after: retryAfter } };
  return { jsonrpc: '2.0', id: 7, error };
}

/** Payments, what was asked of whoever pays, and what became of it. */
function setting(given?: Partial<PaymentOptions>) {
  const offers: PaymentRequest[] = [];
  const settled: PaymentOutcome[] = [];
  const heard: JsonRpcMessage[] = [];
  const resent: BareRequest[] = [];
  const failed: { of: BareRequest; code: string; reason: string; data: Record<string, unknown> }[] = [];
  const purse: { pay: () => void; decline: (error: Error) => void; signal?: AbortSignal } = {
    pay: () => {},
    decline: () => {},
  };
  const payments = new Payments({
    given: given && {
      pmis: ['bitcoin-lightning-bolt11'],
      onrequired: (payment, { signal }) => {
        offers.push(payment);
        return new Promise<void>((resolve, reject) => {
          Object.assign(purse, { pay: resolve, decline: reject, signal });
        });
      },
      onsettled: (outcome) => settled.push(outcome),
      ...given,
    },
    onmessage: (message) => heard.push(message),
    onerror: () => {},
    resend: (each) => resent.push(each),
    fail: (each, code, reason, data) => failed.push({ of: each, code, reason, data }),
  });
  return { payments, offers, settled, heard, resent, failed, purse };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What follows a promise has happened. */
const soon = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe('a request that is to be paid, where nobody pays,', () => {
  it('fails at once, and says what was to be paid', () => {
    const { payments, failed } = setting();
    expect(payments.notified(news('required'), request)).toBe(true);
    expect(failed).toEqual([
      {
        of: request,
        code: 'payment_required',
        reason: 'the server has not executed the request: it wants 21 by bitcoin-lightning-bolt11 first',
        data: { payment: invoice },
      },
    ]);
  });

  it('has the error of the server as it is', () => {
    const { payments, failed } = setting();
    expect(payments.answered(gated(invoice), request)).toBe(false);
    expect(payments.answered(pending(2), request)).toBe(false);
    expect(failed).toEqual([]);
  });

  it('tells servers nothing of payments', () => {
    expect(ownSupportTags(true).map(([name]) => name)).not.toContain('pmi');
  });
});

describe('a request that is to be paid', () => {
  it('is asked about once, however often the server asks', async () => {
    const { payments, offers, failed, purse } = setting({});
    payments.notified(news('required'), request);
    payments.notified(news('required', { ...invoice, pay_req: 'lnbc2' }), request);
    purse.pay();
    await soon();
    payments.notified(news('required', { ...invoice, pay_req: 'lnbc3' }), request);
    expect(payments.answered(gated({ ...invoice, pay_req: 'lnbc4' }), request)).toBe(false);
    expect(offers.map(({ payRequest }) => payRequest)).toEqual(['lnbc1']);
    expect(failed).toEqual([]);
  });

  it('is kept alive by progress every 30 s as long as the server waits for the payment', async () => {
    const { payments, heard } = setting({});
    payments.notified(news('required'), request);
    await vi.advanceTimersByTimeAsync(99_000);
    expect(heard.map((each) => ('params' in each ? each.params : {}))).toEqual(
      [1, 2, 3, 4].map((count) => ({
        progressToken: 'seven',
        progress: count / 1_000,
        message: 'waiting for the payment of 21 by bitcoin-lightning-bolt11',
      })),
    );
    await vi.advanceTimersByTimeAsync(600_000);
    expect(heard).toHaveLength(4);
  });

  it('is told of no progress that it has not asked for', async () => {
    const { payments, heard } = setting({});
    payments.notified(news('required'), new BareRequest({ ...asked, params: { name: 'dear' } }, () => {}));
    await vi.advanceTimersByTimeAsync(99_000);
    expect(heard).toEqual([]);
    payments.close();
  });

  it('waits an hour at most, and five minutes where the server does not say', async () => {
    const { payments, heard } = setting({});
    payments.notified(news('required', { ...invoice, ttl: 1e9 }), request);
    await vi.advanceTimersByTimeAsync(10_000_000);
    expect(heard).toHaveLength(120);
    payments.forget(request);
    payments.notified(news('required', { ...invoice, ttl: undefined }), request);
    await vi.advanceTimersByTimeAsync(10_000_000);
    expect(heard).toHaveLength(130);
  });

  it('fails when whoever pays declines, with the words', async () => {
    const { payments, failed, purse } = setting({});
    payments.notified(news('required'), request);
    purse.decline(new Error('too dear'));
    await soon();
    expect(failed).toMatchObject([{ code: 'payment_required', data: { payment: invoice } }]);
    expect(failed[0]?.reason).toMatch(/21 by bitcoin-lightning-bolt11, which was declined: too dear$/);
  });

  it('fails where it can be paid only by what there is not, and where nobody can read what', () => {
    const { payments, offers, failed } = setting({});
    payments.notified(news('required', { ...invoice, pmi: 'gold' }), request);
    payments.notified(news('required', { amount: 21 }), request);
    expect(failed.map(({ reason }) => reason)).toEqual([
      'the server has not executed the request: it wants 21 by gold, and there is only bitcoin-lightning-bolt11',
      'the server has not executed the request: it asks for a payment in a way that cannot be read',
    ]);
    expect(offers).toEqual([]);
  });

  it('ends when the server rejects the payment, with its words', async () => {
    const { payments, settled, failed, purse } = setting({});
    payments.notified(news('required'), request);
    purse.pay();
    await soon();
    payments.notified(news('accepted', { amount: 21, pmi: 'bitcoin-lightning-bolt11' }), request);
    payments.notified(news('rejected', { pmi: 'bitcoin-lightning-bolt11', message: 'expired' }), request);
    expect(settled.map(({ outcome, amount, reason }) => [outcome, amount, reason])).toEqual([
      ['accepted', 21, undefined],
      ['rejected', undefined, 'expired'],
    ]);
    expect(failed).toMatchObject([
      { code: 'payment_rejected', reason: 'the server does not go on with the request: expired' },
    ]);
  });

  it('may be given up: whoever pays is told, and neither failure nor repetition follows', async () => {
    const { payments, resent, failed, purse } = setting({});
    payments.answered(gated(invoice), request);
    payments.forget(request);
    expect(purse.signal?.aborted).toBe(true);
    purse.decline(new Error('given up'));
    await soon();
    payments.answered(gated(invoice), request);
    payments.close();
    purse.pay();
    await vi.advanceTimersByTimeAsync(99_000);
    expect([resent, failed]).toEqual([[], []]);
  });
});

describe('with explicit gating', () => {
  it('the mode is named in each request, beside what can be paid with', () => {
    const options = { pmis: ['fake', 'gold'], onrequired: () => Promise.resolve() };
    const tags = ownSupportTags(true, { ...options, interaction: 'explicit_gating' });
    expect(tags.slice(-3)).toEqual([
      ['pmi', 'fake'],
      ['pmi', 'gold'],
      ['payment_interaction', 'explicit_gating'],
    ]);
    expect(ownSupportTags(true, { ...options, interaction: 'transparent' })).toEqual(tags.slice(0, -1));
  });

  it('a request is sent again when it is paid, by what is preferred', async () => {
    const { payments, offers, resent, purse } = setting({ pmis: ['gold', 'fake'] });
    const options = [{ ...invoice, pmi: 'fake' }, invoice, { ...invoice, pmi: 'gold' }];
    expect(payments.answered(gated(...options), request)).toBe(true);
    expect(offers.map(({ pmi }) => pmi)).toEqual(['gold']);
    expect(resent).toEqual([]);
    purse.pay();
    await soon();
    expect(resent).toEqual([request]);
  });

  it('a request is sent once more when the server asks for patience, after the time that it names, within bounds', async () => {
    const { payments, resent, purse } = setting({});
    payments.answered(gated({ ...invoice, ttl: 50 }), request);
    purse.pay();
    await soon();
    expect(payments.answered(pending(2), request)).toBe(true);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(resent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(resent).toHaveLength(2);
    expect(payments.answered(pending(0), request)).toBe(true);
    await vi.advanceTimersByTimeAsync(999);
    expect(resent).toHaveLength(2);
    expect(payments.answered(pending(1e6), request)).toBe(true);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(resent).toHaveLength(3);
    // The server would not wait for so long: its error is the answer.
    expect(payments.answered(pending(1e6), request)).toBe(false);
  });

  it('an error that offers nothing to pay with is passed on', () => {
    const { payments, offers } = setting({});
    expect(payments.answered(gated(), request)).toBe(false);
    expect(payments.answered(gated({ ...invoice, pmi: 'gold' }), request)).toBe(false);
    expect(payments.answered(pending(2), request)).toBe(false);
    expect(offers).toEqual([]);
  });
});

describe('an error', () => {
  it('of this client and of a server is read by the same means, and any other says nothing', () => {
    const { error } = failureResponse(1, 'payment_required', 'pay first', { payment: invoice });
    const options = [{ amount: 21, payRequest: 'lnbc1', pmi: 'bitcoin-lightning-bolt11', ttlSeconds: 100 }];
    expect(readPaymentError(error)).toMatchObject({ type: 'required', options });
    expect(readPaymentError(gated(invoice).error)).toMatchObject({ type: 'required', options });
    expect(readPaymentError(pending(2).error)).toMatchObject({ type: 'pending', retryAfterSeconds: 2 });
    // MCP has the number for a page that a person has to open, too.
    const page = { code: -32_042, message: 'URL required', data: { elicitations: [{ mode: 'url' }] } };
    for (const other of [undefined, new Error('no'), page]) expect(readPaymentError(other)).toBeUndefined();
  });
});
