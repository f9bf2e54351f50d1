/* oxlint-disable no-underscore-dangle -- _meta is MCP's name */
import type { Caller } from '@mcp-nostr/server';
import { type LoggingLevel, ProtocolError, Server } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

import { Recorder } from '../../helpers/recorder.ts';
import type { Offer } from '../ground.ts';
import type { Context } from './context.ts';
import { handlersOf } from './handlers.ts';
import { capabilities, instructions, serverInfo } from './identity.ts';
import type { Service } from './service.ts';

const anyResult = z.looseObject({});

/** The fixture on `@modelcontextprotocol/server`, in both eras or in the new one alone. */
export function offerV2(service: Service, legacy: 'serve' | 'reject' = 'serve'): Offer<Server> {
  return {
    factory: (caller) => make(service, caller),
    serveStdio: (factory, options) => serveStdio(factory, { ...options, legacy }),
  };
}

function make(service: Service, caller: Caller): Server {
  const { era = 'legacy' } = caller;
  const server = new Server(serverInfo, { capabilities, instructions });
  const subscriptions = new Set<string>();
  type Extra = Parameters<NonNullable<typeof server.fallbackRequestHandler>>[1];
  const context = ({ mcpReq, sessionId, http }: Extra): Context => ({
    caller,
    era,
    id: mcpReq.id,
    meta: { ...mcpReq._meta },
    signal: mcpReq.signal,
    sessionId,
    authInfo: http?.authInfo,
    inputResponses: mcpReq.inputResponses,
    requestState: mcpReq.requestState<string>(),
    notify: (method, params) => mcpReq.notify({ method, params }),
    ask: (method, params) => mcpReq.send({ method, params }, anyResult),
    log: (level, data) => mcpReq.log(level as LoggingLevel, data),
    error: (code, message, data) => new ProtocolError(code, message, data),
  });
  for (const [method, handler] of Object.entries(handlersOf(service, subscriptions))) {
    server.setRequestHandler(method as 'tools/call', async (request, extra) => {
      return (await handler({ ...request.params }, context(extra))) as { content: [] };
    });
  }
  const closes = new Recorder<string>('the close of a server');
  server.onclose = () => closes.add('closed');
  service.opened.add({
    caller,
    era,
    subscriptions,
    clientInfo: () => server.getClientVersion(),
    notify: (method, params) => server.notification({ method, params }),
    ping: () => server.ping(),
    closes,
    close: () => server.close(),
  });
  return server;
}
