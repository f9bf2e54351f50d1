import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { event, make } from './courier.test.support.ts';
import type { PublishOutcome } from './relay-publisher.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the time at which a link wakes', () => {
  it('is kept, also where it comes earlier than it was before', async () => {
    const { source, run } = make();
    source.wakeAt = performance.now() + 1_000;
    await run();
    source.wakeAt = performance.now() + 100;
    await run();
    const polls = source.poll.mock.calls.length;
    await vi.advanceTimersByTimeAsync(98);
    expect(source.poll).toHaveBeenCalledTimes(polls);
    source.wakeAt = Infinity;
    await vi.advanceTimersByTimeAsync(5);
    expect(source.poll).toHaveBeenCalledTimes(polls + 1);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(source.poll).toHaveBeenCalledTimes(polls + 1);
  });

  it('is no reason for a new timer where it comes later', async () => {
    const { source, run } = make();
    source.wakeAt = performance.now() + 100;
    await run();
    source.wakeAt = performance.now() + 200;
    await run();
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(150);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('is nothing after the end: no timer stays', async () => {
    const { source, courier, queue, out, run } = make();
    source.wakeAt = performance.now() + 100;
    await run();
    courier.close();
    expect(vi.getTimerCount()).toBe(0);
    queue.push(out());
    await run();
    expect(queue).toHaveLength(1);
  });
});

describe('the end of a courier', () => {
  it('waits for what is to leave now, relays included', async () => {
    const { queue, endpoint, courier, out } = make();
    let publish: (outcome: PublishOutcome) => void = () => {};
    endpoint.publish.mockImplementationOnce(() => new Promise((resolve) => (publish = resolve)));
    queue.push(out());
    const drained = vi.fn<() => void>();
    void courier.drain().then(drained);
    await vi.advanceTimersByTimeAsync(100);
    expect(drained).not.toHaveBeenCalled();
    publish('accepted');
    await vi.advanceTimersByTimeAsync(1);
    expect(drained).toHaveBeenCalledTimes(1);
  });

  it('has everything leave, also what is to leave in the moment after the last was asked for', async () => {
    const { queue, endpoint, source, courier, out, run } = make();
    source.poll.mockImplementationOnce(() => {
      queueMicrotask(() => {
        queue.push(out());
        void courier.drain();
      });
      return undefined;
    });
    await run();
    expect(endpoint.publish).toHaveBeenCalledTimes(1);
  });

  it('has everything leave where the link ends while it is asked', async () => {
    const { queue, endpoint, source, courier, out, run } = make();
    source.poll.mockImplementationOnce(() => {
      queue.push(out());
      void courier.drain();
      return undefined;
    });
    await run();
    expect(endpoint.publish).toHaveBeenCalledTimes(1);
  });

  it('is not held up by a frame so large that others have their turn', async () => {
    const { queue, courier, out } = make();
    queue.push(out({ event: { ...event, content: 'x'.repeat(20_000) } }), out());
    const drained = vi.fn<() => void>();
    void courier.drain().then(drained);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    courier.close();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(drained).toHaveBeenCalledTimes(1);
    expect(queue).toHaveLength(1);
  });

  it('withdraws what no socket has taken', async () => {
    const { queue, endpoint, courier, out, run } = make();
    let signal: AbortSignal | undefined;
    endpoint.publish.mockImplementationOnce((...[, , , options]) => {
      signal = options?.signal;
      return new Promise(() => {});
    });
    queue.push(out());
    await run();
    expect(signal?.aborted).toBe(false);
    courier.close();
    expect(signal?.aborted).toBe(true);
  });
});
