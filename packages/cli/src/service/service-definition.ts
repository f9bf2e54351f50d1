import { join } from 'node:path';

import { readConnectWords } from '../connect/connect.ts';
import { usageError } from '../errors.ts';
import { ourFolder } from '../folders.ts';
import { isSecretOption, redact } from '../log/redact.ts';
import { type OwnCommand, ownCommand, runningProgram } from '../own-command.ts';
import { checkServeWords } from '../serve/serve.ts';
import { oneLine } from '../terminal.ts';
import { packageVersion } from '../version.ts';
import { refuseKeyOfShell } from './service-key.ts';

/** What a service manager is told. */
export interface ServiceDefinition {
  /** As the user calls it. */
  name: string;
  /** This program; where it lies in a cache, a copy has to be made. */
  program: OwnCommand;
  /** The absolute command and its arguments. */
  words: readonly string[];
  /** Where relative paths among the arguments begin. */
  folder: string;
  environment: Readonly<Record<string, string>>;
  /** Lines `NAME=value` for what must not be in the definition; it need not exist. */
  environmentFile: string;
  /** Where what it prints goes, if the service manager keeps no journal. */
  logFile: string;
}

/** Commands that run until they are stopped, without a host in front of them. */
const LASTING_COMMANDS = ['serve', 'relay', 'connect'];

/** What decides where programs and our keys are found, and what is not secret; a service manager has none of it. */
const KEPT_VARIABLES =
  /^(PATH|XDG_(CONFIG|DATA|STATE|CACHE)_HOME|MCP_NOSTR_(HOME|RELAYS|LOG|LOG_FORMAT|LOG_FILE|KEY|SECRET_KEY_FILE|PASSWORD_FILE)|NOSTR_SECRET_KEY_FILE)$/;

/** A part of file names and of the service's label. @throws {CliError} */
export function parseServiceName(name: string): string {
  if (/^[a-z0-9][a-z0-9_-]{0,39}$/.test(name)) return name;
  throw usageError(
    `${JSON.stringify(oneLine(name, 50))} is no name for a service`,
    'it has 1 to 40 lower-case letters, digits, - and _',
  );
}

/** @throws {CliError} for a command that does not last, one that would end at once, or one with a secret in it */
export function defineService(
  name: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ServiceDefinition {
  const [command = ''] = words;
  if (!LASTING_COMMANDS.includes(command)) {
    throw usageError(
      `${command === '' ? 'nothing' : oneLine(command, 50)} cannot be a service`,
      'as in: mcp-nostr service install -- serve --public -- npx -y @modelcontextprotocol/server-everything',
    );
  }
  const environmentFile = join(ourFolder('config', env), 'services', `${name}.env`);
  refuseSecrets(words, environmentFile);
  if (command === 'serve') checkServeWords(words.slice(1));
  if (command === 'connect' && !readConnectWords(words.slice(1)).listens)
    throw usageError(
      'without a host in front of it, connect ends at once',
      'as a service it listens on a port: --http, --sse or --ws',
    );
  refuseKeyOfShell(words, env);
  const broken = words.find((word) => /[\0\n\r]/.test(word));
  if (broken !== undefined) throw usageError(`an argument has a line break in it: ${oneLine(broken, 50)}`);
  const kept = Object.entries(env).filter(([variable]) => KEPT_VARIABLES.test(variable));
  const program = ownCommand(packageVersion(), runningProgram(), 'anyone', env);
  return {
    name,
    program,
    words: [program.command, ...program.args, ...words],
    folder: process.cwd(),
    environment: Object.fromEntries(kept.map(([variable, value]) => [variable, value ?? ''])),
    environmentFile,
    logFile: join(ourFolder('state', env), 'logs', `${name}.log`),
  };
}

/** The definition is a file that backups and other programs read, and arguments are in the list of processes. */
function refuseSecrets(words: readonly string[], environmentFile: string): void {
  const found = words.findIndex(
    (word, index) => redact(word) !== word || isSecretOption(word, words[index + 1]),
  );
  if (found === -1) return;
  const word = words[found] ?? '';
  throw usageError(
    `argument ${found + 1} of the command looks like a secret${/^-[\w-]+$/.test(word) ? `: ${word}` : ''}`,
    `write NAME=value into ${environmentFile} (mode 600): a --header takes it as \${NAME}, and a served program finds it in its environment`,
  );
}
