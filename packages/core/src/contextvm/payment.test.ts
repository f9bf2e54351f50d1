import { describe, expect, it } from 'vitest';

import { parseMessage } from '../frame.ts';
import type { JsonRpcErrorResponse } from '../json-rpc.ts';
import { readPaymentError, readPaymentNotice, readPrices } from './payment.ts';

const notice = (type: string, params?: object) =>
  parseMessage(JSON.stringify({ jsonrpc: '2.0', method: `notifications/payment_${type}`, params }));
const asked = {
  amount: 21,
  pay_req: 'lnbc',
  pmi: 'bitcoin-lightning-bolt11',
  description: 'echo',
  ttl: 600,
  _meta: { a: 1 },
};
const read = {
  amount: 21,
  payRequest: 'lnbc',
  pmi: asked.pmi,
  description: 'echo',
  ttlSeconds: 600,
  meta: { a: 1 },
};

describe('a notice of a payment', () => {
  it('asks for it, with what a wallet needs', () => {
    expect(readPaymentNotice(notice('required', asked))).toEqual({ type: 'required', ...read });
    const least = { amount: 0.5, pay_req: 'x', pmi: 'cashu' };
    expect(readPaymentNotice(notice('required', least))).toEqual({
      type: 'required',
      amount: 0.5,
      payRequest: 'x',
      pmi: 'cashu',
    });
  });

  it('says that it was seen, or why not', () => {
    expect(readPaymentNotice(notice('accepted', { amount: 21, pmi: asked.pmi, _meta: {} }))).toEqual({
      type: 'accepted',
      amount: 21,
      pmi: asked.pmi,
      meta: {},
    });
    expect(readPaymentNotice(notice('rejected', { pmi: 'Not One', message: 'too dear' }))).toEqual({
      type: 'rejected',
      reason: 'too dear',
    });
    expect(readPaymentNotice(notice('rejected'))).toEqual({ type: 'rejected' });
  });

  it('cannot set a timer for years, nor give a reason without end', () => {
    expect(readPaymentNotice(notice('required', { ...asked, ttl: 1e12 }))).toMatchObject({
      ttlSeconds: 86_400,
    });
    const rejected = readPaymentNotice(notice('rejected', { message: 'x'.repeat(9_999) }));
    expect(rejected).toMatchObject({ reason: 'x'.repeat(1_024) });
  });

  it.each([
    [notice('required')],
    [notice('required', { ...asked, amount: '21' })],
    [notice('required', { ...asked, amount: -1 })],
    [notice('required', { ...asked, pmi: 'Bitcoin' })],
    [notice('required', { ...asked, pay_req: '' })],
    [notice('required', { ...asked, pay_req: 'x'.repeat(16_385) })],
    [notice('pending', asked)],
    [
      parseMessage(
        JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'notifications/payment_required', params: asked }),
      ),
    ],
    [parseMessage('{"jsonrpc":"2.0","id":1,"result":{}}')],
  ])('is none: %j', (message) => {
    expect(readPaymentNotice(message)).toBeUndefined();
  });
});

describe('an error for a payment', () => {
  const error = (code: number, data?: unknown): JsonRpcErrorResponse => ({
    jsonrpc: '2.0',
    id: 1,
    error: { code, message: 'Payment', data },
  });

  it('asks for it, in one of several ways; those that make no sense are left out', () => {
    const data = { instructions: 'pay', payment_options: [asked, { ...asked, pmi: '' }, null] };
    expect(readPaymentError(error(-32_042, data))).toEqual({
      type: 'required',
      instructions: 'pay',
      options: [read],
    });
  });

  it('says that it has not been seen yet', () => {
    expect(readPaymentError(error(-32_043, { instructions: 'wait', retry_after: 2 }))).toEqual({
      type: 'pending',
      instructions: 'wait',
      retryAfterSeconds: 2,
    });
    expect(readPaymentError(error(-32_043))).toEqual({ type: 'pending' });
  });

  it.each([
    [error(-32_042)],
    [error(-32_042, { payment_options: [{ ...asked, amount: NaN }] })],
    [error(-32_042, { payment_options: {} })],
    [error(-32_602, { payment_options: [asked] })],
  ])('is none: %j', (other) => {
    expect(readPaymentError(other)).toBeUndefined();
  });
});

describe('a price', () => {
  it('is an amount or a range, of a tool, a prompt or a resource', () => {
    expect(
      readPrices([
        ['cap', 'tool:echo', '10', 'sats'],
        ['cap', 'resource:file:///a', '10-50.5', 'sats'],
        ['cap', 'prompt:greet', '0', ''],
        ['cap', 'tool:', '10', 'sats'],
        ['cap', 'other:echo', '10', 'sats'],
        ['cap', 'tool:echo', '10-', 'sats'],
        ['cap', 'tool:echo'],
        ['pmi', 'tool:echo', '10', 'sats'],
      ]),
    ).toEqual([
      { capability: 'tool:echo', price: '10', unit: 'sats' },
      { capability: 'resource:file:///a', price: '10-50.5', unit: 'sats' },
      { capability: 'prompt:greet', price: '0', unit: '' },
    ]);
  });
});
