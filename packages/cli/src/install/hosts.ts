import { existsSync } from 'node:fs';
import { posix, win32 } from 'node:path';

import { findCommand } from '../serve/find-command.ts';

/** Where programs keep their files depends on these three. */
export interface Machine {
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
  home: string;
}

/** An MCP host whose configuration file is known. */
export interface Host {
  /** What `--client` takes. */
  id: string;
  title: string;
  format: 'jsonc' | 'toml';
  /** The key under which the host lists its servers by name. */
  container: string;
  /** Whether an entry says `"type": "stdio"`. */
  typed: boolean;
  /** The user's own configuration file. */
  file(machine: Machine): string;
  /** A folder or file that is there when the host has been started once. */
  trace(machine: Machine): string;
  /** Its command, for hosts that are one. */
  command?: string;
  /** What makes it read its configuration again. */
  next(name: string): string;
}

export const hosts: readonly Host[] = [
  {
    id: 'claude-desktop',
    title: 'Claude Desktop',
    format: 'jsonc',
    container: 'mcpServers',
    typed: false,
    file: (machine) => applicationFile(machine, 'Claude', 'claude_desktop_config.json'),
    trace: (machine) => applicationFile(machine, 'Claude'),
    next: () => 'quit it and open it again',
  },
  {
    id: 'claude-code',
    title: 'Claude Code',
    format: 'jsonc',
    container: 'mcpServers',
    typed: true,
    // With CLAUDE_CONFIG_DIR the file lies in that folder, without it beside the folder ~/.claude.
    file: (machine) => join(machine, machine.env['CLAUDE_CONFIG_DIR'] || machine.home, '.claude.json'),
    trace: (machine) => machine.env['CLAUDE_CONFIG_DIR'] || join(machine, machine.home, '.claude'),
    command: 'claude',
    next: (name) => `new sessions have it; claude mcp get ${name}`,
  },
  {
    id: 'cursor',
    title: 'Cursor',
    format: 'jsonc',
    container: 'mcpServers',
    typed: false,
    file: (machine) => join(machine, machine.home, '.cursor', 'mcp.json'),
    trace: (machine) => join(machine, machine.home, '.cursor'),
    next: () => 'it is under Settings > MCP, where it can be switched on',
  },
  {
    id: 'vscode',
    title: 'VS Code',
    format: 'jsonc',
    container: 'servers',
    typed: true,
    file: (machine) => applicationFile(machine, 'Code', 'User', 'mcp.json'),
    trace: (machine) => applicationFile(machine, 'Code', 'User'),
    next: () => 'start it with the command "MCP: List Servers"',
  },
  {
    id: 'codex',
    title: 'Codex',
    format: 'toml',
    container: 'mcp_servers',
    typed: false,
    file: (machine) => join(machine, codexHome(machine), 'config.toml'),
    trace: codexHome,
    command: 'codex',
    next: (name) => `new sessions have it; codex mcp get ${name}`,
  },
  {
    id: 'gemini',
    title: 'Gemini CLI',
    format: 'jsonc',
    container: 'mcpServers',
    typed: false,
    file: (machine) => join(machine, geminiHome(machine), '.gemini', 'settings.json'),
    trace: (machine) => join(machine, geminiHome(machine), '.gemini'),
    command: 'gemini',
    next: () => 'new sessions in trusted folders have it; gemini mcp list',
  },
  {
    id: 'windsurf',
    title: 'Windsurf',
    format: 'jsonc',
    container: 'mcpServers',
    typed: false,
    file: (machine) => join(machine, machine.home, '.codeium', 'windsurf', 'mcp_config.json'),
    trace: (machine) => join(machine, machine.home, '.codeium', 'windsurf'),
    next: () => 'refresh the list of MCP servers in Cascade',
  },
];

/** The hosts of this machine: those that have left a trace, or whose command is on the PATH. */
export function findHosts(machine: Machine, exists: (path: string) => boolean = existsSync): Host[] {
  return hosts.filter(
    (host) =>
      exists(host.file(machine)) ||
      exists(host.trace(machine)) ||
      (host.command !== undefined && hasCommand(host.command, machine)),
  );
}

function hasCommand(command: string, { platform, env }: Machine): boolean {
  const names = platform === 'win32' ? [`${command}.cmd`, `${command}.exe`] : [command];
  return names.some((name) => findCommand(name, env) !== undefined);
}

/** The folder in which applications with a window keep what belongs to a user. */
function applicationFile({ platform, env, home }: Machine, ...names: string[]): string {
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', ...names);
  if (platform === 'win32')
    return win32.join(env['APPDATA'] || win32.join(home, 'AppData', 'Roaming'), ...names);
  const given = env['XDG_CONFIG_HOME'] ?? '';
  return posix.join(posix.isAbsolute(given) ? given : posix.join(home, '.config'), ...names);
}

function codexHome({ env, home, platform }: Machine): string {
  return env['CODEX_HOME'] || join({ platform }, home, '.codex');
}

function geminiHome({ env, home }: Machine): string {
  return env['GEMINI_CLI_HOME'] || home;
}

function join({ platform }: Pick<Machine, 'platform'>, ...paths: string[]): string {
  return platform === 'win32' ? win32.join(...paths) : posix.join(...paths);
}
