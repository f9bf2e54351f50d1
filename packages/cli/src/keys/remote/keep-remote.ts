import type { RemoteSigner } from '@mcp-nostr/client/remote-signer';
import { formatNpub } from '@mcp-nostr/core';

import { writeNewKeyFile } from '../../key-file.ts';
import { type Kept, requireFreeName } from '../keep-key.ts';
import { keyPath } from '../key-folder.ts';
import { formatBunkerRecord } from './bunker-record.ts';

/** Keeps the way to a remote signer under a name: from then on it is a key as any other. @throws {CliError} */
export async function keepRemote(
  name: string,
  signer: RemoteSigner,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Kept> {
  signer.close();
  const path = keyPath(name, 'bunker', env);
  if (!(await writeNewKeyFile(path, formatBunkerRecord(signer.record)))) requireFreeName(name, env);
  return { name, npub: formatNpub(signer.pubkey), store: 'bunker', path };
}
