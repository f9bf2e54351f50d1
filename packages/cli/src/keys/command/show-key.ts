import { parseAddress } from '@mcp-nostr/core';

import { findKeySource } from '../key-source.ts';
import { requireKey } from '../key-folder.ts';
import { describeKey, type ListedKey } from '../list-keys.ts';
import { readStoredKey } from '../read-secret-key.ts';

/** What `key show` says. */
export interface ShownKey extends Partial<ListedKey> {
  /** Where it comes from. */
  from: string;
  /** The same as the npub, in hex. */
  pubkey?: string;
}

/** The key of this name, else the one that connect and call take now, wherever it is. Nothing is made. */
export async function showKey(
  name: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ShownKey> {
  const source = name === undefined ? findKeySource({ role: 'client', env }) : undefined;
  const known = name ?? (source?.kind === 'file' ? source.name : undefined);
  if (source === undefined || known !== undefined) {
    const path = requireKey(known ?? '', env);
    const key = await describeKey(known ?? '', path, env);
    return { ...key, from: path, ...hexOf(key.npub) };
  }
  const npub = (await readStoredKey(source))?.npub;
  return { from: source.shown, usedFor: ['client'], ...(npub === undefined ? {} : { npub }), ...hexOf(npub) };
}

function hexOf(npub: string | undefined): { pubkey?: string } {
  return npub === undefined ? {} : { pubkey: parseAddress(npub).pubkey };
}
