import { Command } from 'commander';

import { collectRelays } from '../relay-options.ts';
import { clientOption } from './client-option.ts';
import type { InstallOptions } from './run-install.ts';

export function installCommand(): Command {
  return new Command('install')
    .description('Put a server into the configuration of the MCP hosts of this machine, and try it.')
    .argument('<address>', 'name, nprofile, npub, hex, name@domain or an invite link')
    .argument('[options...]', 'after --: further options of connect, for the entry')
    .addOption(clientOption('only into these hosts'))
    .option('--name <name>', 'what the hosts call the server; else what it calls itself')
    .option('--relay <url>', 'for the entry, as connect takes it; can be repeated', collectRelays)
    .option('--key <key>', 'for the entry: key to connect as, its name or its file')
    .option('--dry-run', 'show what would be changed')
    .option('--print', 'print what belongs into the configurations, and links, and change nothing')
    .option('--mcpb <file>', 'write a bundle for Claude Desktop instead, for this or another machine')
    .option('--yes', 'change without asking')
    .option('--json', 'print one JSON document')
    .action(async (address: string, more: string[], options: InstallOptions) => {
      // What edits files is loaded here and for no other command.
      const { runInstall } = await import('./run-install.ts');
      await runInstall(address, more, options);
    });
}
