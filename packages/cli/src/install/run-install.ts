import { homedir } from 'node:os';
import { resolve } from 'node:path';

import { parseAddressLink } from '../address-book/address-link.ts';
import { resolveAddress } from '../address-book/resolve-address.ts';
import { readConnectWords } from '../connect/connect.ts';
import { usageError } from '../errors.ts';
import type { Started } from '../host-start/start-as-host.ts';
import { ownCommand, provideProgram, runningProgram } from '../own-command.ts';
import { formatBytes, paintFor } from '../terminal.ts';
import { packageVersion } from '../version.ts';
import { type Changed, changeHosts, type ChangeOptions, throwPartial } from './changes.ts';
import { chooseHosts, requireConsent } from './choose.ts';
import { presentHosts } from './client-option.ts';
import { hostConfig } from './host-configs.ts';
import { type Host, hosts } from './hosts.ts';
import type { HostEntry } from './own-entry.ts';
import { pairFirst } from './pair-first.ts';
import { planInstall } from './plan.ts';
import { formatStarted } from './report.ts';
import { isServerName } from './server-name.ts';
import { printSnippets } from './snippets.ts';
import { lookUpName, type Proof, prove } from './try-server.ts';
import {
  checkEntryOptions,
  connectArgs,
  desktopEnvironment,
  hostEntry,
  shortAddress,
} from './written-entry.ts';

export interface InstallOptions extends ChangeOptions {
  client?: Host[];
  name?: string;
  relay?: string[];
  key?: string | undefined;
  print?: boolean;
  mcpb?: string;
}

export async function runInstall(
  addressText: string,
  more: string[],
  options: InstallOptions,
): Promise<void> {
  if (options.name !== undefined && !isServerName(options.name))
    throw usageError(`"${options.name}" is no name for every host`, 'letters, digits, - and _, 64 at most');
  const mayWrite = options.print !== true && options.mcpb === undefined;
  if (mayWrite) requireConsent(options);
  // What can be wrong here comes before an invite is used up.
  if (readConnectWords(['server', ...more]).listens)
    throw usageError(
      'a host starts connect itself, and speaks to it over stdio: --http, --sse and --ws are not for it',
      'to keep one running for several hosts: mcp-nostr service install -- connect <address> --http',
    );
  if (parseAddressLink(addressText).invite !== undefined) checkEntryOptions({ key: options.key, more });
  const server = await resolveAddress(await pairFirst(addressText, options));
  options.key ??= server.key;
  const machine = { platform: process.platform, env: process.env, home: homedir() };
  const found = mayWrite ? (options.client ?? presentHosts(machine)) : (options.client ?? hosts);

  const args = connectArgs(server.address, { relay: options.relay, key: options.key, more });
  // What is wrong with the rest of them is found here, and not by a host.
  readConnectWords(args.slice(1));
  const version = packageVersion();
  const running = runningProgram();
  const name =
    options.name ??
    server.name ??
    (await lookUpName(
      {
        command: running.execPath,
        args: [...running.execArgv, running.script, ...args],
        env: desktopEnvironment(),
      },
      server.pubkey,
    ));
  // Elsewhere there is no key file of this machine.
  const portable = connectArgs(server.address, { relay: options.relay, more }, {});

  if (options.mcpb !== undefined) {
    const file = resolve(options.mcpb);
    const { writeBundle } = await import('./bundle.ts');
    const bytes = await writeBundle(file, running.script, { name, title: name, args: portable, version });
    const text = `${file}  ${formatBytes(bytes)}: open it with Claude Desktop`;
    process.stdout.write(`${options.json === true ? JSON.stringify({ name, file, bytes }) : text}\n`);
    return;
  }

  const own = ownCommand(version, running, options.print === true ? 'anyone' : 'hosts');
  const entryFor = ({ typed }: Host): HostEntry => hostEntry(own, args, typed);
  if (options.print === true) {
    await provideProgram(own);
    return printSnippets(found, { name, entryFor, portable, version }, options);
  }

  const isChoice = options.client === undefined && options.yes !== true && options.dryRun !== true;
  const chosen = isChoice && found.length > 1 ? await chooseHosts(found) : found;
  const wanted = { pubkey: server.pubkey, name, isNameGiven: options.name !== undefined, entryFor };
  const changed = await changeHosts(
    chosen,
    machine,
    { plan: (host) => planInstall(host, machine, wanted), prepare: () => provideProgram(own) },
    options,
  );
  const proof = options.dryRun === true ? undefined : await proveOne(changed, shortAddress(server));
  if (options.json === true) {
    const document = {
      address: shortAddress(server),
      hosts: changed.outcomes,
      started: shownStart(proof?.started),
    };
    process.stdout.write(`${JSON.stringify(document)}\n`);
  } else if (proof?.started !== undefined) {
    process.stdout.write(`${formatStarted(proof.started, paintFor(process.stdout))}\n`);
  }
  if (proof?.failure !== undefined) throw proof.failure;
  throwPartial(changed);
}

/** The entries of all hosts start the same command: the first that is there stands for all. */
async function proveOne({ outcomes }: Changed, address: string): Promise<Proof | undefined> {
  for (const { client, names, change } of outcomes) {
    const host = hosts.find(({ id }) => id === client);
    if (change === 'failed' || host === undefined) continue;
    const { entries = [] } = hostConfig(host);
    const entry = entries.find(({ name }) => name === names[0]);
    if (entry !== undefined) return prove(entry, address);
  }
  return undefined;
}

/** What of it is for programs to read. */
function shownStart(started: Started | undefined): Partial<Started> | undefined {
  if (started === undefined) return undefined;
  const { serverName, serverTitle, serverVersion, tools, durationMs } = started;
  return { serverName, serverTitle, serverVersion, tools, durationMs };
}
