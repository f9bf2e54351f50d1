import type { Command } from 'commander';

import { shellWord } from '../shell-word.ts';

/** As commander names them. */
export interface WhichServerOptions {
  key?: string | undefined;
  server?: string | undefined;
}

export function addWhichServer(command: Command): Command {
  return command
    .option('--key <key>', "the server's key, as serve has it: its name, or its file")
    .option('--server <name>', 'the server of this name, of those that serve --config serves');
}

/** What commands take that mean this server, each word behind a space. */
export function serverWords({ key, server }: WhichServerOptions): string {
  if (server !== undefined) return ` --server ${shellWord(server)}`;
  return key === undefined ? '' : ` --key ${shellWord(key)}`;
}
