import { describe, expect, it, vi } from 'vitest';

import { Inbox } from './inbox.ts';
import { limits } from './limits.ts';

/** Until the tasks that are queued have run. */
async function settled(): Promise<void> {
  for (let n = 0; n < 10; n++) await new Promise((resolve) => setImmediate(resolve));
}

function open(decide: (item: number) => void | Promise<void> = () => {}) {
  const delivered: number[] = [];
  const onerror = vi.fn<(error: unknown) => void>();
  const inbox = new Inbox<{ item: number; bytes: number }>(({ item }) => {
    delivered.push(item);
    return decide(item);
  }, onerror);
  const add = (item: number, bytes = 10): void => inbox.add({ item, bytes });
  return { inbox, add, delivered, onerror };
}

describe('Inbox', () => {
  it('keeps what comes until there is somebody to take it, in its order', async () => {
    const { inbox, add, delivered } = open();
    for (const item of [1, 2]) add(item);
    await settled();
    expect(delivered).toEqual([]);
    inbox.start();
    add(3);
    await settled();
    expect(delivered).toEqual([1, 2, 3]);
  });

  it('delivers nothing while one is being decided, and then goes on in order', async () => {
    let decide = (): void => {};
    const { inbox, add, delivered } = open((item) =>
      item === 2 ? new Promise((resolve) => (decide = resolve)) : undefined,
    );
    inbox.start();
    for (const item of [1, 2, 3]) add(item);
    await settled();
    add(4);
    await settled();
    expect(delivered).toEqual([1, 2]);
    decide();
    add(5);
    await settled();
    expect(delivered).toEqual([1, 2, 3, 4, 5]);
  });

  it('goes on after one that fails', async () => {
    const { inbox, add, delivered, onerror } = open(async (item) => {
      if (item === 1) throw new Error('bad');
    });
    inbox.start();
    for (const item of [1, 2]) add(item);
    await settled();
    expect([delivered, onerror.mock.calls]).toEqual([[1, 2], [[new Error('bad')]]]);
  });

  it('is full by messages and by bytes, of what waits and nothing else', async () => {
    const { inbox, add } = open();
    for (let n = 0; n < limits.maxEarlyMessages; n++) {
      expect(inbox.isFull).toBe(false);
      add(n, 1);
    }
    expect(inbox.isFull).toBe(true);
    inbox.start();
    expect(inbox.isFull).toBe(false);
    const other = open();
    other.add(1, limits.maxEarlyBytes + 1);
    expect(other.inbox.isFull).toBe(true);
  });

  it('delivers nothing any more when it is closed', async () => {
    const { inbox, add, delivered } = open();
    inbox.start();
    add(1);
    inbox.close();
    await settled();
    expect(delivered).toEqual([]);
  });
});
