import { noSupport, parseStreamFrame, type PeerSupport } from '@mcp-nostr/core/contextvm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { BareRequest } from './bare-request.ts';
import { streamLimits } from './stream-limits.ts';
import { StreamTerms } from './stream-terms.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const writes: PeerSupport = { ...noSupport, openStream: true };

/** A request with this token, on its way to a server that says this of itself. */
function send(
  support: PeerSupport | undefined,
  progressToken: string | number | undefined,
  wireToken = 'w-1',
) {
  const said: string[] = [];
  let isPending = true;
  const terms = new StreamTerms({ isPending: () => isPending, say: (text) => said.push(text) });
  const params = { _meta: { progressToken } };
  const request = new BareRequest({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }, () => {});
  request.rename('w-1', wireToken);
  terms.left(request, support);
  return { terms, said, answer: () => (isPending = false) };
}

describe('a request with a token, of a server that may hold its answer back for a stream', () => {
  it.each([
    ['that writes streams', writes],
    ['that has said nothing of itself', undefined],
  ])('is followed by the word that none is wanted, until it is answered: %s', async (_, support) => {
    const { said, answer } = send(support, 1);
    await vi.advanceTimersByTimeAsync(5 * streamLimits.declineMs);
    const frames = said.map((text) => parseStreamFrame(JSON.parse(text)));
    expect(frames).toMatchObject([1, 2].map(() => ({ token: 'w-1', frameType: 'abort' })));
    answer();
    await vi.runAllTimersAsync();
    expect(said).toHaveLength(2);
  });

  it('is not where the server writes none, or where one is wanted', async () => {
    for (const [support, token] of [
      [noSupport, 1],
      [writes, 'stream-0123456789abcdef'],
    ] as const) {
      const { said } = send(support, token);
      await vi.runAllTimersAsync();
      expect(said).toEqual([]);
    }
  });

  it('leaves nothing behind at the end', () => {
    const { terms } = send(writes, undefined);
    expect(vi.getTimerCount()).toBe(1);
    terms.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
