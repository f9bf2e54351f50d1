import { formatNpub } from '@mcp-nostr/core';
import { Command, Option } from 'commander';

import { resolveAddress } from '../address-book/resolve-address.ts';
import { openSigner } from '../keys/open-signer.ts';
import { clientRelays, collectRelays } from '../relay-options.ts';

interface RevokeOptions {
  relay?: string[];
  key?: string;
  encryption: 'required' | 'none';
  json?: boolean;
}

export function revokeCommand(): Command {
  return new Command('revoke')
    .description(
      'End all sessions that a key of yours has granted at a server, on whatever machine: as after the loss of one.',
    )
    .argument('<address>', 'of the server: name, nprofile, npub, hex or name@domain')
    .option('--key <key>', 'the key that has granted them: its name, or its file')
    .option('--relay <url>', 'look for the server on this relay; can be repeated', collectRelays)
    .addOption(new Option('--encryption <mode>').choices(['required', 'none']).default('required'))
    .option('--json', 'print one JSON document')
    .action(runRevoke);
}

async function runRevoke(words: string, options: RevokeOptions): Promise<void> {
  const { relay, encryption } = options;
  const server = await resolveAddress(words, { verify: 'later' });
  const key = await openSigner({ given: options.key ?? server.key, role: 'client' });
  try {
    const [{ revokeSessions }, { forgetSession }] = await Promise.all([
      import('@mcp-nostr/client'),
      import('./kept-sessions.ts'),
    ]);
    await revokeSessions(key.signer, server.address, { ...clientRelays(server, relay), encryption });
    await forgetSession({ identity: key.pubkey, server: server.pubkey });
  } finally {
    await key.close();
  }
  const [npub, at] = [formatNpub(key.pubkey), formatNpub(server.pubkey)];
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ npub, server: at, revoked: true })}\n`
      : `no session of ${npub} counts at ${at} any more; the next use of the key is asked for anew\n`,
  );
}
