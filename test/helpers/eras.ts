import type { NostrClientTransport, NostrClientTransportOptions } from '@mcp-nostr/client';
import type { JsonRpcErrorResponse, JsonRpcResultResponse, RequestId } from '@mcp-nostr/core';
import type { ServeStdio } from '@mcp-nostr/server';
import { Client, type ClientOptions, type ConnectOptions } from '@modelcontextprotocol/client';
import type { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

import { RawClient } from './raw-client.ts';
import { Recorder } from './recorder.ts';
import type { World } from './world.ts';

/** Serves no client of MCP 2025-11-25 or earlier. */
export const modernOnly: ServeStdio<McpServer> = (factory, options) =>
  serveStdio(factory, { ...options, legacy: 'reject' });

export type Mode = 'legacy' | 'auto' | { pin: string };

export interface Connect2Options extends Partial<NostrClientTransportOptions> {
  mode?: Mode;
  prior?: ConnectOptions['prior'];
  client?: ClientOptions;
  /** Sets handlers before the client connects. */
  prepare?: (client: Client) => void;
}

export interface Connected2 {
  readonly client: Client;
  readonly transport: NostrClientTransport;
  readonly errors: Recorder<Error>;
  /** Once for each time that `onclose` came. */
  readonly closes: Recorder<string>;
}

/** A client of SDK 2.x that is connected; the world closes it. */
export async function connect2(world: World, options: Connect2Options = {}): Promise<Connected2> {
  const { mode = 'auto', prior, client: clientOptions, prepare, ...rest } = options;
  const errors = new Recorder<Error>('an error of the client');
  const closes = new Recorder<string>('the close of a client');
  const transport = world.transport(rest);
  const client = new Client(
    { name: 'test-client-2', version: '4.5.6' },
    { versionNegotiation: { mode }, ...clientOptions },
  );
  client.onerror = errors.add;
  client.onclose = () => closes.add('closed');
  prepare?.(client);
  await client.connect(transport, prior === undefined ? {} : { prior });
  return { client, transport, errors, closes };
}

/** What a request of the modern era carries. */
export const modernMeta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '0' },
  'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
};

/** A client without an SDK on a transport that is started. */
export async function rawClient(
  world: World,
  options: Partial<NostrClientTransportOptions> = {},
): Promise<RawClient> {
  const transport = world.transport(options);
  const raw = new RawClient(transport);
  await transport.start();
  return raw;
}

/** One request of the modern era. */
export function ask(
  raw: RawClient,
  id: RequestId,
  method: string,
  params: Record<string, unknown> = {},
): Promise<JsonRpcResultResponse | JsonRpcErrorResponse> {
  return raw.request(id, method, { ...params, _meta: modernMeta });
}
