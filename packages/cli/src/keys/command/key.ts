import { Argument, Command, Option } from 'commander';

import { collectRelays } from '../../relay-options.ts';
import { ownStores } from '../key-folder.ts';
import { parseKeyName } from '../key-name.ts';
import type {
  ExportOptions,
  ImportOptions,
  JsonOption,
  MakeOptions,
  NewOptions,
  RemoveOptions,
  RotateOptions,
  UseOptions,
} from './options.ts';

const json = ['--json', 'print one JSON document'] as const;

/** What the commands take is loaded when one of them runs. */
const load = (): Promise<typeof import('./run-key.ts')> => import('./run-key.ts');

export function keyCommand(): Command {
  return new Command('key')
    .description(
      'The keys that serve, connect and call act with: make, show, bring in, take out, choose and remove them.',
    )
    .addCommand(newCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(useCommand())
    .addCommand(moveCommand())
    .addCommand(rotateCommand())
    .addCommand(removeCommand());
}

function newCommand(): Command {
  return new Command('new')
    .description('Make a key, or connect a remote signer that has one.')
    .addArgument(clientName('what to call it'))
    .addOption(storeOption())
    .option('--bunker', 'use a key that a remote signer holds (NIP-46): shows a code for it to read')
    .option('--relay <url>', 'with --bunker: where to meet it; can be repeated', collectRelays)
    .addOption(remoteForOption())
    .option(...json)
    .action(async (name: string, options: MakeOptions) => (await load()).newKey(name, options));
}

function listCommand(): Command {
  return new Command('list')
    .description('All keys, and where they are kept.')
    .option(...json)
    .action(async (options: JsonOption) => (await load()).printList(options));
}

function showCommand(): Command {
  return new Command('show')
    .description('One key: its npub, where it is kept, what uses it. Never the secret.')
    .addArgument(new Argument('[name]', 'default: what connect and call use').argParser(parseStoredName))
    .option(...json)
    .action(async (name: string | undefined, options: JsonOption) => (await load()).printOne(name, options));
}

function importCommand(): Command {
  return new Command('import')
    .description(
      'Keep a key that there is: nsec, 64 hex characters, ncryptsec, or the bunker:// of a remote signer, from a hidden prompt or stdin.',
    )
    .addArgument(clientName('what to call it'))
    .option('--file <file>', 'read it from this file')
    .addOption(remoteForOption())
    .addOption(storeOption())
    .option(...json)
    .action(async (name: string, options: ImportOptions) => (await load()).bringIn(name, options));
}

function exportCommand(): Command {
  return new Command('export')
    .description('Print a key for another program, encrypted with a password (NIP-49).')
    .addArgument(clientName('which'))
    .option('--unencrypted', 'print the nsec itself')
    .option('--yes', 'do not ask')
    .option(...json)
    .action(async (name: string, options: ExportOptions) => (await load()).exportKey(name, options));
}

function useCommand(): Command {
  return new Command('use')
    .description('Choose the key that is used when nothing else is said.')
    .addArgument(nameArgument())
    .addOption(
      new Option('--for <role>', 'client: connect and call; server: serve')
        .choices(['client', 'server'])
        .default('client'),
    )
    .option(...json)
    .action(async (name: string, options: UseOptions) => (await load()).useKey(name, options));
}

function moveCommand(): Command {
  return new Command('move')
    .description('Keep a key in another store.')
    .addArgument(nameArgument())
    .addOption(storeOption().makeOptionMandatory())
    .option(...json)
    .action(async (name: string, options: NewOptions) => (await load()).move(name, options));
}

function rotateCommand(): Command {
  return new Command('rotate')
    .description(
      'Give a server another key. Its callers are told by the former key, which is kept, and follow when they have agreed.',
    )
    .addArgument(
      new Argument(
        '[name]',
        'default: the key that serve acts with; with serve --config servers/<name>',
      ).argParser(parseStoredName),
    )
    .addOption(storeOption())
    .option(
      '--relay <url>',
      'where the server listens from now on, if elsewhere; can be repeated',
      collectRelays,
    )
    .option(...json)
    .action(async (name: string | undefined, options: RotateOptions) => (await load()).rotate(name, options));
}

function removeCommand(): Command {
  return new Command('rm')
    .description('Remove a key for good.')
    .addArgument(new Argument('<name>', 'what it is called').argParser(parseStoredName))
    .option('--yes', 'do not ask, even when it is the last copy')
    .option(...json)
    .action(async (name: string, options: RemoveOptions) => (await load()).removeKey(name, options));
}

/** Keys of a servers file are called as their servers are. */
function parseStoredName(text: string): string {
  return /^servers\/[^/\\]+$/.test(text) ? text : parseKeyName(text);
}

function nameArgument(): Argument {
  return new Argument('<name>', 'what it is called').argParser(parseKeyName);
}

function clientName(description: string): Argument {
  return new Argument('[name]', description).default('client').argParser(parseKeyName);
}

function remoteForOption(): Option {
  return new Option(
    '--for <role>',
    'what a remote signer is asked to allow: client: sessions of connect and call; server: each message of serve',
  )
    .choices(['client', 'server'])
    .default('client');
}

function storeOption(): Option {
  return new Option('--store <store>', 'where to keep it (default: the first of them that works)').choices(
    ownStores,
  );
}
