import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { TaskQueue } from './task.ts';

function open(onerror: (error: unknown) => void = vi.fn<() => void>()): TaskQueue {
  const queue = new TaskQueue(onerror);
  onTestFinished(() => queue.close());
  return queue;
}

const run = (queue: TaskQueue) => new Promise<void>((resolve) => queue.add(resolve));

describe.each(['setImmediate', 'MessageChannel'])('TaskQueue over %s', (mechanism) => {
  const begin = () => {
    if (mechanism === 'setImmediate') return;
    const given = Object.getOwnPropertyDescriptor(globalThis, 'setImmediate');
    Reflect.deleteProperty(globalThis, 'setImmediate');
    onTestFinished(() => void Object.defineProperty(globalThis, 'setImmediate', given ?? {}));
  };

  it('runs each function in its own task, in order', async () => {
    begin();
    const queue = open();
    const log: string[] = [];
    queue.add(() => {
      log.push('first');
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => log.push('what the first began'));
    });
    queue.add(() => log.push('second'));
    log.push('now');
    await run(queue);
    expect(log).toEqual(['now', 'first', 'what the first began', 'second']);
  });

  it('reports what a task throws and goes on', async () => {
    begin();
    const onerror = vi.fn<(error: unknown) => void>();
    const queue = open(onerror);
    queue.add(() => {
      throw new Error('boom');
    });
    await run(queue);
    expect(onerror).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'boom' }));
  });

  it('runs nothing after it was closed', async () => {
    begin();
    const [queue, other] = [open(), open()];
    const task = vi.fn<() => void>();
    queue.add(() => queue.close());
    queue.add(task);
    await run(other);
    await run(other);
    queue.add(task);
    await run(other);
    expect(task).not.toHaveBeenCalled();
    queue.close();
  });
});
