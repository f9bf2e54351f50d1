import type { McpServerFactory } from '@mcp-nostr/server';
import { Client as Client2, type ClientOptions as Client2Options } from '@modelcontextprotocol/client';
import { McpServer as McpServer2, type Transport } from '@modelcontextprotocol/server';
import { serveStdio, type StdioServerHandle } from '@modelcontextprotocol/server/stdio';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

import type { FaultRelay } from './fault-relay.ts';
import { HostEnd, type HostOptions, MemoryStore } from './host.ts';
import { Recorder } from './recorder.ts';
import type { World } from './world.ts';

const info = { name: 'offline', version: '1.0.0', title: 'Offline' };

/** Soon enough for a test; the order of the times stays. */
const hostTiming = {
  downPatienceMs: 50,
  minRetryMs: 20,
  maxRetryMs: 100,
  refreshDelayMs: 0,
  saveDelayMs: 0,
};

/** A server with these tools, each of which says its name. */
export function serverOf(...tools: string[]): McpServerFactory {
  return () => {
    const server = new McpServer(info, { instructions: 'Be kind.' });
    for (const name of tools)
      server.registerTool(name, {}, () => ({ content: [{ type: 'text', text: name }] }));
    return server;
  };
}

/** The same of both eras. */
export function serverOf2(...tools: string[]): McpServerFactory {
  return () => {
    let handle: StdioServerHandle | undefined;
    const make = (): McpServer2 => {
      const server = new McpServer2(info, { capabilities: { tools: { listChanged: true } } });
      for (const name of tools)
        server.registerTool(name, {}, () => ({ content: [{ type: 'text', text: name }] }));
      return server;
    };
    return {
      decidesVersion: true,
      connect: async (transport: Transport) => {
        handle = serveStdio(make, { transport });
      },
      close: async () => handle?.close(),
    };
  };
}

export interface Host<Kind> {
  readonly client: Kind;
  readonly end: HostEnd;
  /** Once for each `tools/list_changed`. */
  readonly toolChanges: Recorder<string>;
}

/** A host of SDK 1.x. */
export async function hostOf(world: World, options: HostOptions = {}): Promise<Host<Client>> {
  const end = new HostEnd(world, { ...options, timing: { ...hostTiming, ...options.timing } });
  const client = new Client({ name: 'host', version: '1.0.0' });
  const toolChanges = new Recorder<string>('tools/list_changed');
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => toolChanges.add('changed'));
  await client.connect(end);
  world.onclose(() => client.close());
  return { client, end, toolChanges };
}

/** A host of SDK 2.x that speaks the newest version the server does, and listens for changes. */
export async function hostOf2(
  world: World,
  options: HostOptions = {},
  clientOptions: Client2Options = {},
): Promise<Host<Client2>> {
  const end = new HostEnd(world, { ...options, timing: { ...hostTiming, ...options.timing } });
  const toolChanges = new Recorder<string>('tools/list_changed');
  const client = new Client2(
    { name: 'host', version: '2.0.0' },
    {
      versionNegotiation: { mode: 'auto' },
      listChanged: { tools: { autoRefresh: false, onChanged: () => toolChanges.add('changed') } },
      ...clientOptions,
    },
  );
  await client.connect(end);
  world.onclose(() => client.close());
  return { client, end, toolChanges };
}

export async function toolsOf(client: Client | Client2): Promise<string[]> {
  return (await client.listTools()).tools.map(({ name }) => name);
}

/** What a session with a server leaves in the cache. */
export async function knownFrom(
  connect: (world: World, options: HostOptions) => Promise<Host<Client | Client2>>,
  world: World,
  server: string,
): Promise<MemoryStore> {
  const store = new MemoryStore();
  const { client, end } = await connect(world, { server, store });
  await toolsOf(client);
  await client.close();
  await end.close();
  return store;
}

/** The relay of a world of one. */
export function relayOf(world: World): FaultRelay {
  const [relay] = world.faultRelays;
  if (relay === undefined) throw new Error('the world has no relay that can be stopped');
  return relay;
}
