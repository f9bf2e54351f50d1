import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Argument, Command, Option } from 'commander';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { doctorCommand } from '../doctor/doctor.ts';
import { hosts } from '../install/hosts.ts';
import { installCommand } from '../install/install.ts';
import { uninstallCommand } from '../install/uninstall.ts';
import { bashScript } from './bash.ts';
import { shapeOf } from './command-shape.ts';
import { fishScript } from './fish.ts';
import { powershellScript } from './powershell.ts';
import { zshScript } from './zsh.ts';

const root = shapeOf(
  new Command('mcp-nostr')
    .version('1')
    .addCommand(
      new Command('serve')
        .description("Serves: it's a server. And more.")
        .argument('<server...>')
        .option('--key <file>', 'a file')
        .option('--relay <url>', 'a relay')
        .option('--http [port]', 'a port')
        .addOption(new Option('--encryption <mode>', 'which').choices(['required', 'none']))
        .addOption(new Option('--secret').hideHelp()),
    )
    .addCommand(new Command('completion').addArgument(new Argument('<shell>').choices(['bash', 'zsh'])))
    .addCommand(
      new Command('service')
        .addCommand(new Command('install').option('--json', 'for programs'))
        .addCommand(new Command('status')),
    ),
);

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
  for (const name of ['my key', 'mine', 'other']) writeFileSync(join(folder, name), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What bash offers for the last of these words, split as bash splits a line. */
function complete(...words: string[]): string[] {
  const script = `${bashScript(root)}
COMP_WORDS=(mcp-nostr "$@"); COMP_CWORD=$#; _mcp_nostr; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', script, 'bash', ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.split('\n').filter((line) => line !== '');
}

it.each([
  ['commands', [''], ['serve', 'completion', 'service']],
  ['commands that begin so', ['ser'], ['serve', 'service']],
  ['options of the program', ['--'], ['--version', '--help']],
  ['options of a command', ['serve', '--'], ['--key', '--relay', '--http', '--encryption', '--help']],
  ['options after one with its value', ['serve', '--relay', 'wss://x', '--k'], ['--key']],
  ['options after one that may stand alone', ['serve', '--http', '--k'], ['--key']],
  ['the choices of an option', ['serve', '--encryption', ''], ['required', 'none']],
  ['the choices behind =', ['serve', '--encryption', '=', 'no'], ['none']],
  ['files where one is asked for', ['serve', '--key', 'm'], ['mine', 'my key']],
  ['files behind =', ['serve', '--key', '=', 'my'], ['my key']],
  ['nothing where anything can stand', ['serve', '--relay', ''], []],
  ['the choices of an argument', ['completion', 'z'], ['zsh']],
  ['commands of a command', ['service', ''], ['install', 'status']],
  ['options of a command of a command', ['service', 'install', '--'], ['--json', '--help']],
  ['files for a program behind --', ['serve', '--', 'node', 'ot'], ['other']],
])('completes %s in bash', (_, words, offered) => {
  expect(complete(...words).sort()).toEqual(offered.toSorted());
});

it('offers programs behind --', () => {
  expect(complete('serve', '--', 'bas')).toContain('bash');
});

it('offers the hosts that are known, where one can be named', () => {
  const words = hosts.map(({ id }) => id);
  expect(shapeOf(doctorCommand()).argument).toEqual({ kind: 'words', words });
  for (const command of [installCommand(), uninstallCommand()]) {
    const client = shapeOf(command).options.find(({ names }) => names.includes('--client'));
    expect(client?.value).toEqual({ kind: 'words', words });
  }
});

const hasShell = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

it.skipIf(!hasShell('zsh'))('is a script that zsh can read', () => {
  expect(spawnSync('zsh', ['-n'], { input: zshScript(root) })).toMatchObject({ status: 0 });
});

const fish = 'fish';

it.skipIf(!hasShell(fish))('completes in fish', () => {
  const ask = (line: string): string =>
    spawnSync(fish, ['-c', `${fishScript(root)}\ncomplete -C '${line}'`], { cwd: folder, encoding: 'utf8' })
      .stdout;
  expect(ask('mcp-nostr ser')).toMatch(/^serve\tServes.*\nservice/);
  expect(ask('mcp-nostr serve --encryption ')).toMatch(/none[^]*required/);
  expect(ask('mcp-nostr serve --key m')).toContain('mine');
});

// Neither need be installed here; what they say of each word is held to what bash is told.
it('says the same to every shell, quoted by its own rules', () => {
  const zsh = zshScript(root);
  expect(zsh).toContain(String.raw`'serve:Serves'`);
  expect(zsh).toContain("' serve --key') _files; return ;;");
  expect(zsh).toContain("' service install') offered=('--json:for programs' '--help:");
  const fishes = fishScript(root);
  expect(fishes).toContain(
    "-n '__fish_seen_subcommand_from serve' -l encryption -x -a 'required none' -d 'which'",
  );
  expect(fishes).toContain(
    "-n '__fish_seen_subcommand_from service; and not __fish_seen_subcommand_from install status' -a 'status'",
  );
  const powershell = powershellScript(root);
  expect(powershell).toContain("' serve --encryption' = @(,@('required', 'required'); ,@('none', 'none'))");
  expect(powershell).toContain("' serve --key' = @()");
  for (const script of [zsh, fishes, powershell, bashScript(root)]) expect(script).not.toContain('--secret');
});
