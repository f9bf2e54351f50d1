import { Command, CommanderError } from 'commander';

import { aliasCommand } from './address-book/alias.ts';
import { accessCommand } from './access/access.ts';
import { allowCommand, denyCommand } from './access/allow.ts';
import { inviteCommand } from './access/invite.ts';
import { callCommand } from './call/call.ts';
import { completionCommand } from './completion/completion.ts';
import { connectCommand } from './connect/connect.ts';
import { discoverCommand } from './discover/discover.ts';
import { infoCommand } from './discover/info.ts';
import { doctorCommand } from './doctor/doctor.ts';
import { CliError, describeError, type ErrorReport, exitCodes, usageError } from './errors.ts';
import { installCommand } from './install/install.ts';
import { uninstallCommand } from './install/uninstall.ts';
import { keyCommand } from './keys/command/key.ts';
import { takeSecretVariables } from './keys/secret-variables.ts';
import { redact } from './log/redact.ts';
import { pairCommand } from './pair/pair.ts';
import { pinsCommand } from './pins/pins-command.ts';
import { relayCommand } from './relay.ts';
import { containsSecretKey } from './secret-key.ts';
import { serveCommand } from './serve/serve.ts';
import { unannounceCommand } from './announce/unannounce.ts';
import { followCommand } from './successors/follow-command.ts';
import { revokeCommand } from './sessions/revoke-command.ts';
import { serviceCommand } from './service/service.ts';
import { paintFor } from './terminal.ts';
import { packageVersion } from './version.ts';

const examples = `
Examples:
  mcp-nostr serve --public -- npx -y @modelcontextprotocol/server-everything
  mcp-nostr serve --relay wss://relay.example -- node server.js
  mcp-nostr invite                                  lets one person call what serve serves
  mcp-nostr serve https://host/mcp --public --header 'Authorization: Bearer \${TOKEN}'
  mcp-nostr call nprofile1…                         what the server offers
  mcp-nostr call nprofile1… echo message=hello      one call
  mcp-nostr discover weather                        servers that announce themselves
  mcp-nostr connect nprofile1…                      stdio, for the configuration of an MCP host
  mcp-nostr connect nprofile1… --http               the same on http://127.0.0.1:7788/mcp
  mcp-nostr connect nprofile1… --sse --ws           for clients of HTTP+SSE and WebSocket
  mcp-nostr doctor nprofile1…                       what is wrong, and what to do
  mcp-nostr pair                                    redeem an invite; then the server has a name
  mcp-nostr install nprofile1…                      into Claude, Cursor, VS Code, Codex, …
  mcp-nostr relay                                   a relay on ws://127.0.0.1:7777

Exit codes:
  0 done   1 unexpected   2 usage   3 not allowed   4 unreachable   5 tool failed   6 timed out   7 not verified   8 not paid
`;

/**
 * Runs one command line, without the two words of Node in front, and resolves with its exit code. Errors are
 * printed here.
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    takeSecretVariables();
    refuseSecretKeys(args);
    await program().parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    // Help and version, which commander has printed.
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
    if (error instanceof CommanderError && error.code === 'commander.help') return exitCodes.usage;
    const report = describeError(error instanceof CommanderError ? fromCommander(error, args) : error);
    process.stderr.write(formatReport(report, wantsJson(args)));
    return report.exitCode;
  }
}

function program(): Command {
  const root = new Command('mcp-nostr')
    .description('MCP servers over Nostr: serve one, connect a host to one, call one, run a relay.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .addHelpText('after', examples)
    .addCommand(serveCommand())
    .addCommand(connectCommand())
    .addCommand(callCommand())
    .addCommand(discoverCommand())
    .addCommand(infoCommand())
    .addCommand(relayCommand())
    .addCommand(inviteCommand())
    .addCommand(allowCommand())
    .addCommand(denyCommand())
    .addCommand(accessCommand())
    .addCommand(unannounceCommand())
    .addCommand(installCommand())
    .addCommand(uninstallCommand())
    .addCommand(keyCommand())
    .addCommand(doctorCommand())
    .addCommand(pairCommand())
    .addCommand(aliasCommand())
    .addCommand(pinsCommand())
    .addCommand(followCommand())
    .addCommand(revokeCommand())
    .addCommand(serviceCommand())
    .addCommand(completionCommand());
  // Commander's own errors are thrown, and printed once, by main.
  quiet(root);
  return root;
}

function quiet(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => undefined });
  command.helpOption('--help', 'print this help');
  for (const below of command.commands) quiet(below);
}

/** Before anything else: whoever can list this machine's processes has read it. The text is not repeated. */
function refuseSecretKeys(args: readonly string[]): void {
  if (!args.some((arg) => containsSecretKey(arg))) return;
  throw new CliError(
    'secret_key_given',
    exitCodes.usage,
    'a secret key (nsec) was given on the command line',
    {
      hint:
        'it is in the history of your shell and in the list of processes: replace it by a new one. ' +
        'mcp-nostr key import reads one where nobody sees it, and --key <name> means it',
    },
  );
}

/** `error: unknown command 'cal'` and, on a line of its own, `(Did you mean call?)` */
function fromCommander(error: CommanderError, args: readonly string[]): CliError {
  const [message = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = rest
    .join(' ')
    .trim()
    .replace(/^\((.*)\)$/, '$1');
  const command = program().commands.find((each) => each.name() === args[0]);
  const help = command === undefined ? 'mcp-nostr --help' : `mcp-nostr ${command.name()} --help`;
  return usageError(message, suggestion === '' ? help : suggestion);
}

function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? undefined : end).includes('--json');
}

function formatReport({ message, hint, ...rest }: ErrorReport, json: boolean): string {
  // A message may repeat what was given, whatever that was.
  const shownHint = hint === undefined ? {} : { hint: redact(hint) };
  const error: ErrorReport = { ...rest, message: redact(message), ...shownHint };
  if (json) return `${JSON.stringify({ error: { ...error, exitCode: undefined } })}\n`;
  const paint = paintFor(process.stderr);
  const below = error.hint === undefined ? '' : `  ${paint('dim', error.hint)}\n`;
  return `${paint('red', 'error:')} ${error.message}\n${below}`;
}
