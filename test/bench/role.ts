import type { Client } from '@modelcontextprotocol/sdk/client/index.js';

import { fetchAll, type FetchPlan } from './fetch-all.ts';
import { type Memory, MemoryWatch } from './memory.ts';
import { callInTurn, measureQuickCalls, medianMs, type Plan, type QuickCalls } from './quick-calls.ts';
import { echoCall, fetchLarge } from './tools.ts';

/** What the parent can have done, by name: what it gives, and what it gets when it is done. */
export interface Tasks {
  quickCalls: (plan: Plan) => Promise<QuickCalls>;
  /** That many, one after the other. */
  callInTurn: (calls: number) => Promise<void>;
  /** The median of one after the other, in milliseconds. */
  largeResults: (plan: { bytes: number; forMs: number }) => Promise<number>;
  /** Milliseconds until every client has all of its results. */
  fetchAll: (plan: FetchPlan) => Promise<number>;
  watchMemory: (_: undefined) => Promise<void>;
  memory: (_: undefined) => Promise<Memory>;
  /** Since the relay's start. */
  eventsTaken: (_: undefined) => Promise<number>;
}

export interface RoleRequest {
  task: keyof Tasks;
  input: unknown;
}

/** What a child process says to the parent. */
export type RoleMessage =
  | { type: 'ready'; where: string }
  | { type: 'done'; output: unknown }
  | { type: 'failed'; reason: string };

// However the parent ends, its end of the channel closes; there is no process that it leaves behind.
process.on('disconnect', () => process.exit());

/** What the process was started with. */
export function argument(index: number): string {
  const value = process.argv[2 + index];
  if (value === undefined) throw new Error(`argument ${index} is missing`);
  return value;
}

/** A server is up; `where` is its address. It lives until the parent goes. */
export function serving(where: string): void {
  let watch: MemoryWatch | undefined;
  working(where, {
    watchMemory: async () => {
      watch = new MemoryWatch();
    },
    memory: async () => {
      if (watch === undefined) throw new Error('nobody has watched the memory');
      return watch.stop();
    },
  });
}

/** Clients are connected; the first of them makes the calls that one makes alone. */
export function calling(clients: readonly Client[]): void {
  const [client] = clients;
  if (client === undefined) throw new Error('no client');
  const call = echoCall(client);
  working('', {
    quickCalls: (plan) => measureQuickCalls(call, plan),
    callInTurn: (calls) => callInTurn(call, calls),
    largeResults: ({ bytes, forMs }) => medianMs(() => fetchLarge(client, bytes), forMs),
    fetchAll: (plan) => fetchAll(clients, plan),
  });
}

/** Does what the parent says, whenever it says so. */
export function working(where: string, tasks: Partial<Tasks>): void {
  process.on('message', ({ task, input }: RoleRequest) => {
    const work = tasks[task] as ((input: unknown) => Promise<unknown>) | undefined;
    if (work === undefined) return say({ type: 'failed', reason: `does no ${task}` });
    work(input).then(
      (output) => say({ type: 'done', output }),
      (error: unknown) => say({ type: 'failed', reason: String(error) }),
    );
  });
  say({ type: 'ready', where });
}

function say(message: RoleMessage): void {
  process.send?.(message);
}
