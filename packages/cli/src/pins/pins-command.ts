import { Argument, Command } from 'commander';

import { shellWord } from '../shell-word.ts';
import { paintFor } from '../terminal.ts';
import { acceptOffered, forgetPins } from './change-pins.ts';
import { allPins, pinsOf } from './read-pins.ts';

/** Loaded late: every command would wait for it. */
const printing = (): Promise<typeof import('./print-pins.ts')> => import('./print-pins.ts');

interface PinsOptions {
  json?: boolean;
}

export function pinsCommand(): Command {
  return new Command('pins')
    .description(
      'What servers showed when they were used first: their tools and instructions are held against that ever after.',
    )
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(showCommand())
    .addCommand(acceptCommand())
    .addCommand(resetCommand());
}

function listCommand(): Command {
  return withJson(new Command('list').description('The servers of which something is pinned.')).action(
    async ({ json }: PinsOptions) => {
      const { formatServers, serverJson } = await printing();
      const servers = await allPins();
      if (json === true) printJson({ servers: servers.map(serverJson) });
      else process.stdout.write(formatServers(servers, paintFor(process.stdout)));
    },
  );
}

function showCommand(): Command {
  return withJson(
    new Command('show').description('What a server shows now and what is pinned, where they differ.'),
  )
    .addArgument(addressArgument())
    .argument('[tools...]', 'only these')
    .action(async (address: string, tools: string[], { json }: PinsOptions) => {
      const { formatShown, formatShownJson } = await printing();
      const server = await pinsOf(address, tools);
      if (json === true) printJson(formatShownJson(server));
      else process.stdout.write(formatShown(server, shellWord(address), paintFor(process.stdout)));
    });
}

function acceptCommand(): Command {
  return withJson(
    new Command('accept').description(
      'Pin what the server has shown last, as `pins show` shows it, instead of what is pinned.',
    ),
  )
    .addArgument(addressArgument())
    .argument('[tools...]', 'only these; without any everything that has changed')
    .action(async (address: string, tools: string[], { json }: PinsOptions) => {
      const accepted = await acceptOffered(address, tools);
      if (json === true) return printJson({ accepted });
      const line =
        accepted.length === 0 ? 'everything is as it is pinned' : `accepted: ${accepted.join(', ')}`;
      process.stdout.write(`${line}\n`);
    });
}

function resetCommand(): Command {
  return withJson(
    new Command('reset').description('Forget what was pinned: what the server shows next is pinned anew.'),
  )
    .addArgument(addressArgument())
    .action(async (address: string, { json }: PinsOptions) => {
      const isForgotten = await forgetPins(address);
      if (json === true) return printJson({ forgotten: isForgotten });
      process.stdout.write(isForgotten ? 'forgotten\n' : 'nothing was pinned of this server\n');
    });
}

function addressArgument(): Argument {
  return new Argument('<address>', 'of the server: name, nprofile, npub, hex or name@domain');
}

function withJson(command: Command): Command {
  return command.option('--json', 'print one JSON document');
}

function printJson(document: object): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}
