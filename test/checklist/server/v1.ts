/* oxlint-disable no-underscore-dangle -- _meta is MCP's name */
import type { Caller } from '@mcp-nostr/server';
import { InMemoryTaskStore } from '@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { McpError } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

import { Recorder } from '../../helpers/recorder.ts';
import type { Offer } from '../ground.ts';
import { asParams, handlersOf } from './handlers.ts';
import type { Context } from './context.ts';
import { capabilities, instructions, serverInfo } from './identity.ts';
import type { Instance, Service } from './service.ts';

const anyResult = z.looseObject({});
const taskCapability = { list: {}, cancel: {}, requests: { tools: { call: {} } } };

/** The fixture on `@modelcontextprotocol/sdk`. */
export function offerV1(service: Service): Offer<Server> {
  const taskStore = new InMemoryTaskStore();
  const factory = (caller: Caller): Server => {
    const server = new Server(serverInfo, {
      capabilities: { ...capabilities, tasks: taskCapability },
      instructions,
      taskStore,
    });
    const subscriptions = new Set<string>();
    for (const [method, handler] of Object.entries(handlersOf(service, subscriptions))) {
      const schema = z.object({ method: z.literal(method), params: z.looseObject({}).optional() });
      server.setRequestHandler(schema, async ({ params = {} }, extra) => {
        const task = asParams(params['task']);
        if (params['task'] !== undefined && extra.taskStore !== undefined) {
          const created = await extra.taskStore.createTask({ ttl: Number(task['ttl']) });
          const result = await handler(params, context(extra));
          await extra.taskStore.storeTaskResult(created.taskId, 'completed', result);
          return { task: created };
        }
        return handler(params, context(extra));
      });
    }

    type Extra = Parameters<Parameters<typeof server.setRequestHandler>[1]>[1];
    const context = (extra: Extra): Context => ({
      caller,
      era: 'legacy',
      id: extra.requestId,
      meta: { ...extra._meta },
      signal: extra.signal,
      sessionId: extra.sessionId,
      authInfo: extra.authInfo,
      inputResponses: undefined,
      requestState: undefined,
      notify: (method, params) => extra.sendNotification({ method, params }),
      ask: (method, params) => extra.sendRequest({ method, params }, anyResult),
      log: (level, data) => server.sendLoggingMessage({ level: level as 'info', data }, extra.sessionId),
      error: (code, message, data) => new McpError(code, message, data),
    });

    const closes = new Recorder<string>('the close of a server');
    server.onclose = () => closes.add('closed');
    const instance: Instance = {
      caller,
      era: 'legacy',
      subscriptions,
      clientInfo: () => server.getClientVersion(),
      notify: (method, params) => server.notification({ method, params }),
      ping: () => server.ping(),
      closes,
      close: () => server.close(),
    };
    service.opened.add(instance);
    return server;
  };
  return { factory };
}
