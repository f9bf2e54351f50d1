import { defaultLookupRelays } from '@mcp-nostr/client';

import { usageError } from '../../errors.ts';
import { relaysFromEnvironment } from '../../relay-options.ts';
import { linesOfQrCode } from '../../serve/qr-code.ts';
import type { Kept } from '../keep-key.ts';
import { offerToSigner } from '../remote/connect-signer.ts';
import { keepRemote } from '../remote/keep-remote.ts';
import type { MakeOptions } from './options.ts';

/** Shows a code for a remote signer, waits until it has read it, and keeps the way to it. */
export async function offerKey(name: string, { relay, store, for: role }: MakeOptions): Promise<Kept> {
  if (store !== undefined)
    throw usageError('--store is for keys that are here', 'with --bunker the key stays with its signer');
  const relays = relay ?? relaysFromEnvironment() ?? defaultLookupRelays;
  return keepRemote(name, await offerToSigner(relays, { role, show: (uri) => void show(uri) }));
}

async function show(uri: string): Promise<void> {
  const code = await linesOfQrCode(process.stderr, uri);
  const lines = ['Read this with the app that holds your key, or paste it there:', '', ...code, uri, ''];
  process.stderr.write(`${lines.join('\n')}\nwaiting for it…\n`);
}
