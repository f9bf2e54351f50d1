import { existsSync } from 'node:fs';

import { formatNpub } from '@mcp-nostr/core';

import { usageError } from '../errors.ts';
import { serverKeyPath } from '../key-file.ts';
import { findKeySource } from '../keys/key-source.ts';
import { whoseKey } from '../keys/whose-key.ts';
import { accessFilePath } from './access-file.ts';
import type { WhichServerOptions } from './which-server-options.ts';

/** The server whose access is meant. */
export interface WhichServer {
  pubkey: string;
  npub: string;
  /** Where it says who may call. */
  file: string;
}

/** It need not run, nor have run. @throws {CliError} for a name that no server has had */
export async function whichServer({ key: given, server: name }: WhichServerOptions): Promise<WhichServer> {
  const pubkey = await whoseKey({ given: name === undefined ? given : keyOf(name, given), role: 'server' });
  return { pubkey, npub: formatNpub(pubkey), file: accessFilePath(pubkey) };
}

/**
 * One that has a key: else nothing is said of it yet, and who has misspelt its file would believe that a caller is kept
 * from it now.
 * @throws {CliError}
 */
export async function knownServer(options: WhichServerOptions): Promise<WhichServer> {
  const source = options.server === undefined && findKeySource({ given: options.key, role: 'server' });
  if (source && source.kind === 'file' && source.isMade && !existsSync(source.path))
    throw usageError(
      `there is no key of a server at ${source.path}`,
      'serve makes it at its first start; --key or --server say which server is meant',
    );
  return whichServer(options);
}

function keyOf(name: string, given: string | undefined): string {
  if (given !== undefined)
    throw usageError('--key and --server both say which server', 'give the one that is meant');
  const path = serverKeyPath(name);
  // A name has no part that leads elsewhere, as the names of a servers file.
  if (/^[^/\\.][^/\\]*$/.test(name) && existsSync(path)) return path;
  throw usageError(
    `no server ${JSON.stringify(name)} was ever served from a file`,
    `serve --config makes its key at the first start; without --server the server of serve is meant`,
  );
}
