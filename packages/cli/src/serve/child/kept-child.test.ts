import { failureResponse, type JsonRpcMessage } from '@mcp-nostr/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { Child, ChildEvents } from './child.ts';
import { KeptChild, type KeptChildOptions } from './kept-child.ts';
import { limits } from './limits.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const request = (id: number): JsonRpcMessage => ({ jsonrpc: '2.0', id, method: 'ping' });

interface Kept {
  kept: KeptChild;
  log: string[];
  downs: string[];
  /** When a program was started, in milliseconds since the first. */
  starts: number[];
  written: JsonRpcMessage[];
  /** Of the program that was started last. */
  events: ChildEvents | undefined;
}

function keep(options: Partial<KeptChildOptions> = {}, child: Partial<Child> = {}): Kept {
  const startedAt = performance.now();
  const made: Kept = {
    log: [],
    downs: [],
    starts: [],
    written: [],
    events: undefined,
    kept: new KeptChild({
      start: async (events) => {
        made.starts.push(performance.now() - startedAt);
        made.events = events;
        const write = (message: JsonRpcMessage): boolean => made.written.push(message) > 0;
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all that is used of it
        return { hasSpoken: true, write, ...child } as Child;
      },
      stop: async () => undefined,
      greet: async () => undefined,
      isNeeded: () => true,
      isBusy: () => false,
      onmessage: () => undefined,
      ondown: (reason) => made.downs.push(reason),
      onlog: (line) => made.log.push(line),
      idleMs: 0,
      ...options,
    }),
  };
  return made;
}

it('a program that cannot be started is tried again ever more seldom, and the log is not filled with it', async () => {
  const starts: number[] = [];
  const { kept, log } = keep({
    start: async () => {
      starts.push(performance.now());
      throw new Error("the server's program x was not found");
    },
  });
  expect(kept.send(request(1))).toBeUndefined();
  await vi.advanceTimersByTimeAsync(600_000);
  const waits = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
  expect(waits.slice(0, 9)).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  expect(log).toHaveLength(5);
  expect(log[0]).toBe('the program x was not found; it is tried again in 250 ms');
  expect(log[4]).toMatch(/in 4\.0 s; nothing more is said until it runs again$/);
  await kept.close();
  const count = starts.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(starts).toHaveLength(count);
});

it('what a program writes that fails again and again is not logged, until it has run for a minute', async () => {
  const made = keep();
  made.kept.send(request(1));
  await vi.advanceTimersByTimeAsync(0);
  for (let failure = 1; failure <= 8; failure++) {
    made.events?.onlog('Error: no disk');
    made.events?.onended('ended with exit code 1: Error: no disk');
    await vi.advanceTimersByTimeAsync(limits.maxDelayMs);
  }
  expect(made.log.filter((line) => line === 'Error: no disk')).toHaveLength(5);
  expect(made.log).toHaveLength(10);
  await vi.advanceTimersByTimeAsync(limits.healthyMs);
  expect(made.log.slice(10)).toEqual(['the program runs again']);
  // It is healthy: its next end is a first one.
  made.events?.onended('was ended by SIGKILL');
  expect(made.log.at(-1)).toBe('the program was ended by SIGKILL; it is tried again at once');
});

it('a program that does not take up the session in time is ended, and what waits for it is refused', async () => {
  const greet: KeptChildOptions['greet'] = async (child) =>
    void (await child.ask({ jsonrpc: '2.0', id: 'x', method: 'initialize' }));
  const made = keep({ greet }, { hasSpoken: false });
  made.kept.send(request(1));
  await vi.advanceTimersByTimeAsync(limits.greetingMs);
  expect(made.downs).toEqual(["the server's program did not take up the session within 30.0 s"]);
  expect(made.written).toEqual([{ jsonrpc: '2.0', id: 'x', method: 'initialize' }]);
  await vi.advanceTimersByTimeAsync(limits.maxDelayMs);
  expect(made.starts).toHaveLength(2);
  await made.kept.close();
});

it('an answer to the greeting reaches nobody else, and what waits is sent after it, in order', async () => {
  const passed: JsonRpcMessage[] = [];
  const made = keep({
    greet: async (child) => void (await child.ask({ jsonrpc: '2.0', id: 'x', method: 'initialize' })),
    onmessage: (message) => passed.push(message),
  });
  made.kept.send(request(1));
  made.kept.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  await vi.advanceTimersByTimeAsync(0);
  made.events?.onmessage({ jsonrpc: '2.0', id: 'x', result: {} });
  await vi.advanceTimersByTimeAsync(0);
  expect(passed).toEqual([]);
  expect(made.written.slice(1)).toEqual([
    request(1),
    { jsonrpc: '2.0', method: 'notifications/initialized' },
  ]);
});

it('a program on which nobody relies is started again by the next request alone', async () => {
  const made = keep({ isNeeded: () => false });
  made.kept.send(request(1));
  await vi.advanceTimersByTimeAsync(0);
  made.events?.onended('ended with exit code 0');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made.starts).toHaveLength(1);
  made.kept.send(failureResponse(7, 'busy', 'an answer wakes nobody'));
  made.kept.send({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' });
  expect(made.starts).toHaveLength(1);
  made.kept.send(request(2));
  await vi.advanceTimersByTimeAsync(0);
  expect(made.starts).toHaveLength(2);
  expect(made.written).toEqual([request(1), request(2)]);
});

it('the next program waits until all of the one before is gone: it may hold a port', async () => {
  let gone: (() => void) | undefined;
  const made = keep({ stop: () => new Promise((resolve) => (gone = resolve)) });
  made.kept.send(request(1));
  await vi.advanceTimersByTimeAsync(0);
  made.events?.onended('ended with exit code 0');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(made.starts).toHaveLength(1);
  gone?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(made.starts).toHaveLength(2);
});

it('more than a program can be told when it is there is refused', async () => {
  const { kept } = keep({ start: () => new Promise(() => undefined) });
  for (let id = 0; id < limits.maxWaiting; id++) expect(kept.send(request(id))).toBeUndefined();
  expect(kept.send(request(-1))).toMatchObject({ code: 'busy' });
});
