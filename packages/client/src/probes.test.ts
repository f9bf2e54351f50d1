import { type FailureCode, failureCodes, failureResponse, type JsonRpcMessage } from '@mcp-nostr/core';
import { describe, expect, it } from 'vitest';

import { isProbe, Probes } from './probes.ts';

const answer: JsonRpcMessage = { jsonrpc: '2.0', id: 1, result: {} };
const names = Object.keys(failureCodes) as FailureCode[];

/** What becomes of a probe with the id 1 when this comes: whether it is taken away, and the outcome. */
async function outcomeOf(message: JsonRpcMessage): Promise<[boolean, unknown]> {
  const probes = new Probes();
  const answered = probes.answered(1).then(
    () => 'answered',
    (error: unknown) => error,
  );
  return [probes.takes(message), await answered];
}

describe('a probe', () => {
  it.each(names)('whose answer is %s rejects with it, and is not answered', async (code) => {
    const failure = failureResponse(1, code, 'in words', { relays: 'wss://one' });
    expect(await outcomeOf(failure)).toEqual([
      true,
      expect.objectContaining({
        name: 'TransportError',
        code,
        message: 'in words',
        data: { code, relays: 'wss://one' },
      }),
    ]);
  });

  it.each<[string, number, unknown]>([
    ['names nothing', -32_601, undefined],
    ['names a version', -32_022, { supported: ['2025-11-25'] }],
    ['names a failure by another number', -32_000, { code: 'busy' }],
    ['has a number of ours with another name', failureCodes.busy, { code: 'toString' }],
    ['has a number of ours with none', failureCodes.busy, 'busy'],
  ])('whose error %s is answered with it', async (_, code, data) => {
    const error = { code, message: 'no', data };
    expect(await outcomeOf({ jsonrpc: '2.0', id: 1, error })).toEqual([false, 'answered']);
  });

  it('is answered by a result', async () => {
    expect(await outcomeOf(answer)).toEqual([false, 'answered']);
  });

  it('does not take what is for others', () => {
    const probes = new Probes();
    void probes.answered(1);
    expect(probes.takes(failureResponse(2, 'busy', ''))).toBe(false);
    expect(probes.takes(failureResponse('1', 'busy', ''))).toBe(false);
    expect(probes.takes(failureResponse(undefined, 'busy', ''))).toBe(false);
    probes.forget(1);
    expect(probes.takes(failureResponse(1, 'busy', ''))).toBe(false);
  });

  it('is `server/discover`, as a request', () => {
    expect(isProbe({ jsonrpc: '2.0', id: 1, method: 'server/discover' })).toBe(true);
    expect(isProbe({ jsonrpc: '2.0', method: 'server/discover' })).toBe(false);
    expect(isProbe({ jsonrpc: '2.0', id: 1, method: 'initialize' })).toBe(false);
    expect(isProbe(answer)).toBe(false);
  });
});
