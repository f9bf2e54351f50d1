import { Command, Option } from 'commander';

import { parseCount } from '../count-option.ts';
import { parseDuration } from '../duration-option.ts';
import { collectRelays } from '../relay-options.ts';
import { addRuleOptions } from './rule-options.ts';
import type { InviteCommandOptions } from './run-invite.ts';
import { addWhichServer } from './which-server-options.ts';

const DAY_SECONDS = 86_400;

export function inviteCommand(): Command {
  const command = new Command('invite')
    .description(
      'Draw an invite to a server of this machine: an address that lets in whoever redeems it first, with mcp-nostr pair.',
    )
    .option('--uses <number>', 'how many keys it lets in', parseCount, 1)
    .addOption(
      new Option('--expires <time>', 'until when, as in 30m, 24h or 7d')
        .argParser(parseDuration)
        .default(DAY_SECONDS, '24h'),
    )
    .option('--name <name>', 'what you call whoever comes with it, in lists and logs')
    .option(
      '--relay <url>',
      'where the server listens; can be repeated (default: where it did last)',
      collectRelays,
    )
    .option('--revoke <id>', 'close an invite that is open, by its id');
  return addWhichServer(addRuleOptions(command))
    .option('--no-qr', 'no QR code')
    .option('--json', 'print one JSON document')
    .action(async (options: InviteCommandOptions) => {
      const { runInvite } = await import('./run-invite.ts');
      await runInvite(options);
    });
}
