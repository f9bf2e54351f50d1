import { expect } from 'vitest';

import type { RequestId } from '@mcp-nostr/core';

import { legacySpec, modernSpec } from '../citations.ts';
import type { Requirement } from '../requirement.ts';
import type { Result } from '../server/context.ts';
import type { End, ServerEnd } from '../stage.ts';
import { relayWays } from '../ways.ts';

/** A server with tasks, each of which belongs to the key that made it; neither SDK has one of the extension. */
class TaskServer {
  readonly #owners: Map<unknown, { owner: string; status: string; input: unknown }> = new Map();

  answer({ caller }: ServerEnd, method: string, params: Result): Result | undefined {
    const task = this.#owners.get(params['taskId']);
    if (method === 'tools/call') {
      const taskId = `task-${this.#owners.size}`;
      this.#owners.set(taskId, { owner: caller.pubkey, status: 'working', input: undefined });
      return { resultType: 'task', taskId, status: 'working', ttlMs: 60_000 };
    }
    if (task?.owner !== caller.pubkey) return undefined;
    if (method === 'tasks/update') task.input = params['inputResponses'];
    if (method === 'tasks/cancel') task.status = 'cancelled';
    return { resultType: 'complete', ...task, taskId: params['taskId'] };
  }

  serve(end: ServerEnd): void {
    end.onmessage = (message) => {
      if (!('method' in message) || !('id' in message)) return;
      const result = this.answer(end, message.method, message.params ?? {});
      const error = { code: -32_602, message: 'no such task' };
      const answer = result === undefined ? { error } : { result };
      end.send({ jsonrpc: '2.0', id: message.id, ...answer }).catch(() => {}); // the client may be gone
    };
  }
}

async function request(
  { send, received }: End,
  id: RequestId,
  method: string,
  params: Result,
): Promise<unknown> {
  const answer = received.next((message) => 'id' in message && message.id === id);
  await send({ jsonrpc: '2.0', id, method, params });
  return answer;
}

export const tasks: readonly Requirement[] = [
  {
    id: 'tasks-of-session',
    item: 'tasks',
    text: 'a call becomes a task, which is looked up, listed and fetched on its connection and found on no other',
    era: 'legacy',
    cites: [legacySpec('basic/utilities/tasks')],
    ways: [...relayWays],
    pairs: ['v1 client, v1 server'],
    run: async (stage) => {
      const { main } = stage;
      const other = await stage.connect({ key: main.key });
      const call = { name: 'echo', arguments: { text: 'as a task' }, task: { ttl: 60_000 } };
      const { task } = (await main.request('tools/call', call)) as { task: { taskId: string } };
      const { taskId } = task;
      expect(await main.request('tasks/get', { taskId })).toMatchObject({ taskId, status: 'completed' });
      expect(await main.request('tasks/list')).toMatchObject({ tasks: [{ taskId }] });
      expect(await main.request('tasks/result', { taskId })).toMatchObject({
        content: [{ text: 'as a task' }],
      });
      await expect(other.request('tasks/get', { taskId })).rejects.toThrow(/not found/i);
    },
  },
  {
    id: 'tasks-of-key',
    item: 'tasks',
    text: 'a task of the extension is reached again from another connection of its key, and from no other key',
    era: 'modern',
    cites: [modernSpec('basic#statelessness'), modernSpec('basic/versioning#extension-negotiation')],
    runBare: async (bare) => {
      const server = new TaskServer();
      const first = await bare.connect();
      server.serve(first.server);
      const created = await request(first.client, 'create', 'tools/call', { name: 'slow' });
      expect(created).toMatchObject({ result: { resultType: 'task', status: 'working' } });
      const { taskId } = (created as { result: { taskId: string } }).result;
      await first.client.close();
      const [again, stranger] = [await bare.connect(first.key), await bare.connect()];
      for (const each of [again, stranger]) server.serve(each.server);
      const inputResponses = { a: { action: 'accept' } };
      for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
        expect(await request(stranger.client, method, method, { taskId })).toMatchObject({
          error: { code: -32_602 },
        });
      }
      expect(await request(again.client, 1, 'tasks/update', { taskId, inputResponses })).toMatchObject({
        result: { taskId, status: 'working', input: inputResponses },
      });
      expect(await request(again.client, 2, 'tasks/cancel', { taskId })).toMatchObject({
        result: { status: 'cancelled' },
      });
      expect(await request(again.client, 3, 'tasks/get', { taskId })).toMatchObject({
        result: { status: 'cancelled' },
      });
    },
  },
];
