import { readFileSync } from 'node:fs';

import { formatAddress } from '@mcp-nostr/core';

import type { Start } from './part.ts';
import type { RoleProcess } from './role-process.ts';

/** A server with its client or clients, each side one process. */
export interface Pair {
  server: RoleProcess;
  client: RoleProcess;
}

export const LABELS = {
  ours: 'mcp-nostr',
  contextvm: `@contextvm/sdk ${installedVersion('@contextvm/sdk')}`,
  http: 'Streamable HTTP, no relay',
} as const;

export function startRelay(start: Start): Promise<{ role: RoleProcess; where: string }> {
  return start(new URL('./relay-process.ts', import.meta.url));
}

export async function startOurs(start: Start, relay: string, clients = 1): Promise<Pair> {
  const server = await start(new URL('./ours-server.ts', import.meta.url), relay);
  const client = await start(new URL('./ours-client.ts', import.meta.url), server.where, String(clients));
  return { server: server.role, client: client.role };
}

export async function startContextvm(start: Start, relay: string): Promise<Pair> {
  const server = await start(new URL('./contextvm-server.ts', import.meta.url), relay);
  const client = await start(new URL('./contextvm-client.ts', import.meta.url), server.where, relay);
  return { server: server.role, client: client.role };
}

/** Our client at their server, which is a key. */
export async function startOurClient(start: Start, relay: string): Promise<Pair> {
  const server = await start(new URL('./contextvm-server.ts', import.meta.url), relay);
  const address = formatAddress({ pubkey: server.where, relays: [relay] });
  const client = await start(new URL('./ours-client.ts', import.meta.url), address, '1');
  return { server: server.role, client: client.role };
}

export async function startOurServer(start: Start, relay: string): Promise<Pair> {
  const server = await start(new URL('./ours-server.ts', import.meta.url), relay);
  const client = await start(new URL('./contextvm-client.ts', import.meta.url), server.where, relay);
  return { server: server.role, client: client.role };
}

export async function startHttp(start: Start, clients = 1): Promise<Pair> {
  const server = await start(new URL('./http-server.ts', import.meta.url));
  const client = await start(new URL('./http-client.ts', import.meta.url), server.where, String(clients));
  return { server: server.role, client: client.role };
}

export function installedVersion(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
