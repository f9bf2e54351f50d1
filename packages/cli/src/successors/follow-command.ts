import { formatNpub } from '@mcp-nostr/core';
import { Command, Option } from 'commander';

import { resolveAddress } from '../address-book/resolve-address.ts';
import { openSigner } from '../keys/open-signer.ts';
import { collectRelays } from '../relay-options.ts';
import { parseSeconds } from '../seconds-option.ts';
import { shellWord } from '../shell-word.ts';
import { follow } from './follow.ts';

export interface FollowOptions {
  relay?: string[];
  key?: string | undefined;
  encryption: 'required' | 'none';
  timeout: number;
  json?: boolean;
}

export function followCommand(): Command {
  return new Command('follow')
    .description(
      'Use the key that a server has now, by the word of its former one. What names the former key leads to the new one ' +
        'from then on: names, entries of hosts, pins.',
    )
    .argument('<address>', 'of the former key: name, nprofile, npub, hex or name@domain')
    .argument('[npub]', 'the new key, that was looked at: nobody is asked then, and no other is taken')
    .option('--relay <url>', 'look for the server on this relay; can be repeated', collectRelays)
    .option('--key <key>', 'key to ask as: its name, or its file')
    .addOption(new Option('--encryption <mode>').choices(['required', 'none']).default('required'))
    .option('--timeout <seconds>', 'for an answer', parseSeconds, 15)
    .option('--json', 'print one JSON document')
    .action(runFollow);
}

/** Asks the server, and then a person. */
export async function runFollow(
  words: string,
  npub: string | undefined,
  options: FollowOptions,
): Promise<void> {
  const server = await resolveAddress(words, { verify: 'later' });
  const key = await openSigner({ given: options.key ?? server.key, role: 'client' });
  const aborter = new AbortController();
  try {
    const { findSuccessor } = await import('./find-successor.ts');
    const successor = await findSuccessor({
      server,
      key,
      relay: options.relay,
      encryption: options.encryption,
      timeoutMs: options.timeout * 1_000,
      signal: aborter.signal,
    });
    if (successor !== undefined)
      await follow({ former: server.pubkey, successor, words: shellWord(words), npub });
    report(server.pubkey, successor?.pubkey, options.json === true);
  } finally {
    await key.close();
  }
}

function report(former: string, pubkey: string | undefined, isJson: boolean): void {
  const [was, is] = [formatNpub(former), formatNpub(pubkey ?? former)];
  if (isJson)
    process.stdout.write(`${JSON.stringify({ former: was, npub: is, followed: pubkey !== undefined })}\n`);
  else if (pubkey === undefined) process.stdout.write(`${was} answers, and has no other key\n`);
  else process.stdout.write(`${was} leads to ${is} from now on\n`);
}
