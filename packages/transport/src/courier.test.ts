import type { NostrEvent } from '@mcp-nostr/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { event, make, PEER, sent } from './courier.test.support.ts';
import { Courier } from './courier.ts';
import type { Endpoint } from './endpoint.ts';
import { TransportError } from './errors.ts';

function unreachable(code: string): TransportError {
  return new TransportError('relays_unreachable', 'no relay', { data: { relays: [{ code }] } });
}
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a courier', () => {
  it('signs and publishes what there is, until there is none', async () => {
    const { queue, endpoint, link, out, frame, run } = make();
    queue.push(out({ frame: frame('1') }), out({ frame: frame('2') }));
    await run();
    expect(endpoint.sign.mock.calls.map(([each]) => each.content)).toEqual(['1', '2']);
    expect(link.signed).toHaveBeenCalledTimes(2);
    expect(link.published.mock.calls).toEqual([
      [sent, 'accepted'],
      [sent, 'accepted'],
    ]);
  });

  it('shows what there is to show, signed with the time at which that was had', async () => {
    const { queue, endpoint, source, out, frame } = make();
    let now = 1_000;
    endpoint.nowSeconds = () => now;
    const courier = new Courier({
      endpoint: endpoint as unknown as Endpoint,
      peer: PEER,
      encrypted: true,
      source,
      credentials: ({ content }) => {
        if (content !== 'opening') return undefined;
        now = 2_000;
        return Promise.resolve({ grant: 'g' });
      },
      onerror: () => {},
    });
    queue.push(out({ frame: frame('opening') }), out({ frame: frame('message') }));
    courier.kick();
    await vi.advanceTimersByTimeAsync(1);
    expect(endpoint.sign.mock.calls).toEqual([
      [{ ...frame('opening'), grant: 'g' }, PEER, 2_000],
      [frame('message'), PEER, 2_000],
    ]);
  });

  it('tells the link when there is nothing to show', async () => {
    const { queue, endpoint, source, link, out } = make();
    const error = new TransportError('grant_expired', 'over');
    const courier = new Courier({
      endpoint: endpoint as unknown as Endpoint,
      peer: PEER,
      encrypted: true,
      source,
      credentials: () => Promise.reject(error),
      onerror: () => {},
    });
    queue.push(out());
    courier.kick();
    await vi.advanceTimersByTimeAsync(1);
    expect(link.unsigned.mock.calls).toEqual([[error]]);
    expect(endpoint.sign).not.toHaveBeenCalled();
  });

  it('waits for a signature before it asks for the next, but not for a relay', async () => {
    const { queue, endpoint, source, out, run } = make();
    endpoint.publish.mockImplementation(() => new Promise(() => {}));
    let sign: (event: NostrEvent) => void = () => {};
    endpoint.sign.mockImplementationOnce(() => new Promise((resolve) => (sign = resolve)));
    queue.push(out(), out());
    await run();
    await run();
    expect(source.poll).toHaveBeenCalledTimes(1);
    sign(event);
    await vi.advanceTimersByTimeAsync(1);
    expect(endpoint.publish).toHaveBeenCalledTimes(2);
  });

  it('does not ask at once when it is kicked: what is sent in one go shares a frame', async () => {
    const { source, courier } = make();
    courier.kick();
    courier.kick();
    expect(source.poll).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(source.poll).toHaveBeenCalledTimes(1);
  });

  it('publishes a signed event again without a signature', async () => {
    const { queue, endpoint, out, run } = make();
    queue.push(out({ event }));
    await run();
    expect(endpoint.sign).not.toHaveBeenCalled();
    expect(endpoint.publish).toHaveBeenCalledWith(event, PEER, 'ephemeral', expect.anything());
  });

  it('does not publish what was given up while it was signed', async () => {
    const { queue, endpoint, link, out, run } = make();
    link.signed.mockReturnValueOnce(false);
    queue.push(out());
    await run();
    expect(endpoint.publish).not.toHaveBeenCalled();
  });

  it('stamps by our clock and its offset, never before the newest time that the peer has used', async () => {
    const { queue, endpoint, source, out, run } = make();
    source.clockOffsetSeconds = -50;
    queue.push(out(), out({ notBefore: 2_000 }));
    await run();
    expect(endpoint.sign.mock.calls.map(([, , createdAt]) => createdAt)).toEqual([950, 2_000]);
  });

  it('answers on the relay by which the peer was heard, and on all where something may be lost', async () => {
    const { queue, endpoint, courier, out, run } = make();
    queue.push(out());
    await run();
    courier.prefer('wss://one');
    queue.push(out(), out({ toAll: true }));
    await run();
    const options = endpoint.publish.mock.calls.map(([, , , each]) => each);
    expect(options.map((each) => each?.relay)).toEqual([undefined, 'wss://one', undefined]);
  });

  it.each(['muted', 'congested', unreachable('restricted')] as const)(
    'does not call in vain what one relay may have passed on, whatever the others say: %s',
    async (word) => {
      const { queue, endpoint, courier, link, out, run } = make();
      courier.prefer('wss://one');
      endpoint.publish.mockResolvedValueOnce('lost');
      if (word instanceof Error) endpoint.publish.mockRejectedValueOnce(word);
      else endpoint.publish.mockResolvedValueOnce(word);
      queue.push(out());
      await run();
      expect(endpoint.publish).toHaveBeenCalledTimes(2);
      expect(link.published.mock.calls).toEqual([[sent, 'lost']]);
      expect(link.refused).not.toHaveBeenCalled();
    },
  );

  it('reports what a source throws, and lives on', async () => {
    const { queue, source, link, onerror, out, run } = make();
    source.poll.mockImplementationOnce(() => queue.shift());
    source.poll.mockImplementationOnce(() => {
      throw new Error('a fault of ours');
    });
    queue.push(out(), out());
    for (let i = 0; i < 2; i++) await run();
    expect([onerror.mock.calls.length, link.published.mock.calls.length]).toEqual([1, 2]);
  });

  it.each([new Error('a person said no'), 'no', new TransportError('signer_failed', 'no')])(
    'tells the link that a signer refused: %s',
    async (reason) => {
      const { queue, endpoint, link, onerror, out, run } = make();
      endpoint.sign.mockRejectedValueOnce(reason);
      queue.push(out());
      await run();
      expect(link.unsigned.mock.calls[0]?.[0]).toMatchObject({ code: 'signer_failed' });
      expect(String(link.unsigned.mock.calls[0]?.[0].message)).toContain('no');
      expect(endpoint.publish).not.toHaveBeenCalled();
      expect(onerror).not.toHaveBeenCalled();
    },
  );

  it.each(['sent', 'muted', 'congested'] as const)(
    'tells the link of `%s`, and asks it again',
    async (outcome) => {
      const { queue, endpoint, link, source, out, run } = make();
      endpoint.publish.mockResolvedValueOnce(outcome);
      queue.push(out());
      await run();
      await vi.advanceTimersByTimeAsync(1);
      expect(link.published).toHaveBeenCalledWith(sent, outcome);
      expect(source.poll).toHaveBeenCalledTimes(3);
    },
  );

  it('asks no more where a relay took everything', async () => {
    const { queue, source, out, run } = make();
    queue.push(out());
    await run();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(source.poll).toHaveBeenCalledTimes(2);
  });

  it('tells a broken way from a refusal', async () => {
    const { queue, endpoint, link, onerror, out, run } = make();
    endpoint.publish.mockRejectedValueOnce(unreachable('unreachable'));
    endpoint.publish.mockRejectedValueOnce(unreachable('invalid'));
    endpoint.publish.mockRejectedValueOnce(new TransportError('relays_unreachable', 'no word of relays'));
    queue.push(out(), out(), out());
    await run();
    expect(link.published.mock.calls).toEqual([[sent, 'failed']]);
    expect(link.refused).toHaveBeenCalledTimes(2);
    expect(onerror).not.toHaveBeenCalled();
  });

  it('reports what befell a control frame: nobody else waits for it', async () => {
    const { queue, endpoint, onerror, out, run } = make();
    const error = unreachable('invalid');
    endpoint.publish.mockRejectedValueOnce(error);
    queue.push(out({ sent: undefined }));
    await run();
    expect(onerror.mock.calls).toEqual([[error]]);
  });

  it('reports what is no error of the way, and goes on', async () => {
    const { queue, endpoint, link, onerror, out, run } = make();
    const error = new Error('a bug');
    endpoint.publish.mockRejectedValueOnce(error);
    queue.push(out(), out());
    await run();
    expect(onerror.mock.calls).toEqual([[error]]);
    expect(link.published).toHaveBeenCalledTimes(1);
  });

  it('says nothing of what ended with the endpoint', async () => {
    const { queue, endpoint, link, onerror, out, run } = make();
    endpoint.publish.mockRejectedValueOnce(new TransportError('closed', 'closed'));
    queue.push(out());
    await run();
    expect([link.published, link.refused, onerror].map(({ mock }) => mock.calls)).toEqual([[], [], []]);
  });
});
