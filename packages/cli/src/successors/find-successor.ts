import { findRelays, NostrClientTransport } from '@mcp-nostr/client';
import { DecodeError, readSuccessor, SUCCESSOR_KIND } from '@mcp-nostr/core';
import { RelayPool } from '@mcp-nostr/transport';

import type { ResolvedServer } from '../address-book/resolve-address.ts';
import { firstAnswerTimeoutMs, type OpenedKey } from '../keys/open-signer.ts';
import { McpRequestError, McpRequests } from '../mcp-requests.ts';
import { clientRelays } from '../relay-options.ts';
import { successorIn } from './moved.ts';
import type { Successor } from './successor-file.ts';

export interface Search {
  server: ResolvedServer;
  key: OpenedKey;
  relay: string[] | undefined;
  encryption: 'required' | 'none';
  timeoutMs: number;
  signal: AbortSignal;
}

/** How long relays are asked for a statement that was published. */
const LOOKUP_TIMEOUT_MS = 3_000;

/**
 * Asks a server whether it has another key, and where nobody answers the relays for what the key has published.
 * Returns undefined when the server answers as itself. @throws why it does not, where nothing else is known
 */
export async function findSuccessor(search: Search): Promise<Successor | undefined> {
  try {
    await ping(search);
    return undefined;
  } catch (error) {
    const told = error instanceof McpRequestError ? successorIn(error.data) : undefined;
    const found = told ?? (await published(search));
    if (found === undefined) throw error;
    return found;
  }
}

/** Both eras answer it without a session. @throws {McpRequestError} */
async function ping({ server, key, relay, encryption, ...limits }: Search): Promise<void> {
  const relays = clientRelays(server, relay);
  const transport = new NostrClientTransport({
    server: server.address,
    signer: key.signer,
    ...key.sessionAt(server.pubkey),
    encryption,
    ...relays,
  });
  const timeoutMs = firstAnswerTimeoutMs(key, limits.timeoutMs);
  const requests = new McpRequests(transport, { ...limits, timeoutMs });
  try {
    await transport.start();
    await requests.request('ping');
  } catch (error) {
    // An answer all the same, if an error: somebody with this key is there.
    if (error instanceof McpRequestError && error.data === undefined) return;
    throw error;
  } finally {
    await transport.close();
  }
}

async function published({ server, relay }: Search): Promise<Successor | undefined> {
  const { relays, lookupRelays } = clientRelays(server, relay);
  const asked = relays ?? (await findRelays(server, lookupRelays).catch(() => []));
  if (asked.length === 0) return undefined;
  const pool = new RelayPool({ relays: asked });
  try {
    const filter = { kinds: [SUCCESSOR_KIND], authors: [server.pubkey], limit: 1 };
    const events = await pool.query(filter, LOOKUP_TIMEOUT_MS);
    const known = events.flatMap((event) => succession(event, server.pubkey));
    return known.sort((a, b) => b.announcedAt - a.announcedAt)[0];
  } finally {
    pool.close();
  }
}

function succession(event: unknown, former: string): Successor[] {
  try {
    const { successor, announcedAt } = readSuccessor(event, former, Math.floor(Date.now() / 1_000));
    return [{ ...successor, announcedAt }];
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}
