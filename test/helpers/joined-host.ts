import { type JsonRpcMessage, type JsonRpcRequest, parseJsonRpc, type RequestId } from '@mcp-nostr/core';
import { onTestFinished } from 'vitest';

import { JoinedTransport } from '../../packages/cli/src/connect/joined/joined-transport.ts';
import { Recorder } from './recorder.ts';
import { ScriptedTransport } from './scripted-transport.ts';

export type Script = (request: JsonRpcRequest, self: ScriptedTransport) => object | undefined;

export const hello = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {}, prompts: {}, resources: {}, logging: {}, completions: {} },
  serverInfo: { name: 'scripted', version: '1' },
};

/** A server that answers with what the script returns; errors where that has a `code`. */
export function scripted(script: Script, start?: () => Promise<void>): ScriptedTransport {
  return new ScriptedTransport((request, self) => {
    const { id, method } = request;
    const given = script(request, self);
    const result = method === 'initialize' ? (given ?? hello) : given;
    if (result === undefined) return;
    const body = 'code' in result ? { error: result } : { result };
    self.onmessage?.(parseJsonRpc({ jsonrpc: '2.0', id, ...body }));
  }, start);
}

/** A host in front of scripted servers, each of which may have several connections in turn. */
export class JoinedHost {
  readonly received = new Recorder<JsonRpcMessage>('a message to the host');
  readonly related: [RequestId | undefined, JsonRpcMessage][] = [];
  readonly transport: JoinedTransport;

  constructor(servers: Record<string, ScriptedTransport | ScriptedTransport[]>, waitMs = 50) {
    const upstreams = Object.entries(servers).map(([prefix, given]) => {
      const transports = [given].flat();
      return { prefix, open: () => transports.shift() ?? scripted(() => undefined) };
    });
    this.transport = new JoinedTransport({ upstreams, waitMs, onlog: () => {} });
    this.transport.onmessage = (message, extra) => {
      this.related.push([extra?.relatedRequestId, message]);
      this.received.add(message);
    };
    onTestFinished(() => this.transport.close());
  }

  send(message: object): void {
    void this.transport.send(parseJsonRpc({ jsonrpc: '2.0', ...message }));
  }

  /** The result, or the error. */
  async ask(method: string, params: object = {}, id: RequestId = `${method} ${this.received.count}`) {
    this.send({ id, method, params });
    const answer = await this.received.first(
      (message) => !('method' in message) && 'id' in message && message.id === id,
    );
    if ('error' in answer) return answer.error as unknown as Record<string, unknown>;
    return (answer as unknown as { result: Record<string, unknown> }).result;
  }

  async open(): Promise<Record<string, unknown>> {
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'h', version: '1' },
    };
    const result = await this.ask('initialize', params);
    this.send({ method: 'notifications/initialized' });
    return result;
  }

  notified(method: string): Promise<JsonRpcMessage> {
    return this.received.first((message) => 'method' in message && message.method === method);
  }
}

export const sentTo: (transport: ScriptedTransport, method: string) => JsonRpcMessage[] = (
  transport,
  method,
) => transport.sent.items.filter((message) => 'method' in message && message.method === method);

export const lister =
  (lists: Record<string, object>): Script =>
  ({ method }) =>
    lists[method];
