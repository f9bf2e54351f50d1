import { Command } from 'commander';

import { type AliasOptions, runAccept, runAdd, runList, runRemove } from './run-alias.ts';

export function aliasCommand(): Command {
  const list = new Command('list')
    .description('The names of servers, and the keys behind them.')
    .option('--json', 'print one JSON document')
    .action((options: AliasOptions) => runList(options));
  const add = new Command('add')
    .description('Give a server a name that every command takes for its address.')
    .argument('<name>', 'small letters, digits and hyphens')
    .argument('<address>', 'nprofile, npub, hex, name@domain, or another name')
    .option('--json', 'print one JSON document')
    .action((name: string, address: string, options: AliasOptions) => runAdd(name, address, options));
  const remove = new Command('rm')
    .description('Forget a name, and the key that was seen behind it.')
    .argument('<name>', 'of the list')
    .option('--json', 'print one JSON document')
    .action((name: string, options: AliasOptions) => runRemove(name, options));
  const accept = new Command('accept')
    .description('Follow a name@domain to another key, after it was looked at.')
    .argument('<name>', 'of the list')
    .argument('[npub]', 'the key that was looked at: no other is accepted')
    .option('--json', 'print one JSON document')
    .action((name: string, npub: string | undefined, options: AliasOptions) =>
      runAccept(name, npub, options),
    );
  return new Command('alias')
    .description('Names for servers, kept on this machine with the keys that were seen first behind them.')
    .addCommand(list, { isDefault: true })
    .addCommand(add)
    .addCommand(remove)
    .addCommand(accept);
}
