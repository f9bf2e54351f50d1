import { existsSync } from 'node:fs';
import { mkdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

import { Command, Option } from 'commander';

import { usageError } from '../errors.ts';
import { provideProgram } from '../own-command.ts';
import { replaceFile } from '../write-file.ts';
import { launchd } from './launchd.ts';
import { runCommand } from './run-command.ts';
import { defineService, parseServiceName } from './service-definition.ts';
import { adviceOnKey } from './service-key.ts';
import type { ServiceManager } from './service-manager.ts';
import { systemd } from './systemd.ts';

interface ServiceOptions {
  name: string;
  print?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/** A person's words on stderr, and results on stdout. */
const say = (line: string): void => void process.stderr.write(`${line}\n`);

export function serviceCommand(manager: ServiceManager = managerOf(process.platform)): Command {
  const nameOption = new Option('--name <name>', 'to tell several services apart')
    .default('server')
    .argParser(parseServiceName);
  const install = new Command('install')
    .description('Start a command of mcp-nostr now and at each login, and again when it fails.')
    .argument('<command...>', 'after --: serve, relay or connect with its arguments')
    .addOption(nameOption)
    .option('--print', 'print the definition, and do nothing')
    .option('--dry-run', 'say what would be done, and do nothing')
    .action((words: string[], options: ServiceOptions) => installService(manager, words, options));
  const uninstall = new Command('uninstall')
    .description('End a service, and start it no more.')
    .addOption(nameOption)
    .option('--dry-run', 'say what would be done, and do nothing')
    .action((options: ServiceOptions) => uninstallService(manager, options));
  const status = new Command('status')
    .description('Say how a service is.')
    .addOption(nameOption)
    .option('--json', 'print it as JSON')
    .action((options: ServiceOptions) => showStatus(manager, options));
  return new Command('service')
    .description('Keep serve, relay or connect running: as a service of this user, with systemd or launchd.')
    .addCommand(install)
    .addCommand(uninstall)
    .addCommand(status);
}

function managerOf(platform: NodeJS.Platform): ServiceManager {
  return platform === 'darwin' ? launchd : systemd;
}

async function installService(
  manager: ServiceManager,
  words: readonly string[],
  { name, print, dryRun }: ServiceOptions,
): Promise<void> {
  const definition = defineService(name, words);
  const text = manager.text(definition);
  if (print === true) return void process.stdout.write(text);
  refuseElsewhere();
  const path = manager.path(name);
  const commands = manager.start(name);
  if (dryRun === true) {
    say(`would write ${path}:\n\n${text}\nand run:\n${commands.map(shellLine).join('\n')}`);
    return;
  }
  await mkdir(dirname(definition.logFile), { recursive: true, mode: 0o700 });
  await provideProgram(definition.program);
  await replaceFile(path, text);
  say(`wrote ${path}`);
  const reason = await runAll(commands);
  if (reason === undefined) say(`${name} runs, and starts at each login`);
  else
    say(
      `it could not be started (${reason}); when that is put right, run:\n${commands.map(shellLine).join('\n')}`,
    );
  for (const hint of manager.hints(definition)) say(`  ${hint}`);
  say(`  variables for it:           ${definition.environmentFile}`);
  const advice = await adviceOnKey(words);
  if (advice !== undefined) say(`  ${advice}`);
}

async function uninstallService(manager: ServiceManager, { name, dryRun }: ServiceOptions): Promise<void> {
  const path = existingPath(manager, name);
  const [stop, forget] = [manager.stop(name), manager.forget(name)];
  if (dryRun === true) {
    say(['would run:', ...stop.map(shellLine), `remove ${path}`, ...forget.map(shellLine)].join('\n'));
    return;
  }
  const reason = await runAll(stop);
  if (reason !== undefined) say(`it could not be ended (${reason}); it may run until you log out`);
  await unlink(path);
  await runAll(forget);
  say(`removed ${path}; its key is where it was`);
}

async function showStatus(manager: ServiceManager, { name, json }: ServiceOptions): Promise<void> {
  const file = existingPath(manager, name);
  const { stdout, ok, reason } = await runCommand(manager.state(name));
  // systemctl says "inactive" on stdout with an exit code of its own.
  const state = /^\s*state = (.+)$/m.exec(stdout)?.[1] ?? stdout.trim().split('\n')[0] ?? '';
  const shown = state !== '' ? state : ok ? 'unknown' : `unknown: ${reason}`;
  process.stdout.write(
    json === true ? `${JSON.stringify({ name, state: shown, file })}\n` : `${name}  ${shown}\n${file}\n`,
  );
}

function existingPath(manager: ServiceManager, name: string): string {
  refuseElsewhere();
  const path = manager.path(name);
  if (existsSync(path)) return path;
  throw usageError(
    `there is no service ${name}: ${path} is not there`,
    'mcp-nostr service install -- serve …',
  );
}

function refuseElsewhere(platform: NodeJS.Platform = process.platform): void {
  if (platform === 'linux' || platform === 'darwin') return;
  throw usageError(
    `services are made for systemd and launchd, and not for ${platform}`,
    'on Windows the task scheduler starts a command at each login',
  );
}

/** One after the other; returns why the last one failed. An earlier one may have had nothing to do. */
async function runAll(commands: readonly string[][]): Promise<string | undefined> {
  let reason: string | undefined;
  for (const command of commands) {
    const ran = await runCommand(command);
    reason = ran.ok ? undefined : ran.reason;
  }
  return reason;
}

function shellLine(words: readonly string[]): string {
  return `  ${words.map((word) => (/^[\w./:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`)).join(' ')}`;
}
