import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

import { isRecord } from '@mcp-nostr/core';
import { type ParseError, parse as parseJsonc, printParseErrorCode } from 'jsonc-parser';
import { parse as parseToml } from 'smol-toml';

export const hostNames = [
  'claude-desktop',
  'claude-code',
  'cursor',
  'vscode',
  'codex',
  'gemini',
  'windsurf',
] as const;

/** An MCP host, as `install --client` names it. */
export type HostName = (typeof hostNames)[number];

export function isHostName(text: string): text is HostName {
  return hostNames.some((name) => name === text);
}

/** One of our entries in a host's configuration. */
export interface HostEntry {
  name: string;
  command: string;
  args: string[];
  env: Record<string, string>;
}

/** What a host has in its configuration. */
export interface HostConfig {
  host: HostName;
  file: string;
  /** Undefined when there is no such file. */
  entries: HostEntry[] | undefined;
  /** Why it cannot be read. */
  problem?: string;
}

interface Place {
  file: string;
  /** Under which its servers stand. */
  container: string;
}

/** What the hosts of this machine have of us. Never throws: what is wrong with a file is its `problem`. */
export function hostConfigs(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): HostConfig[] {
  return hostNames.map((host) => readConfig(host, placeOf(host, env, home)));
}

function readConfig(host: HostName, { file, container }: Place): HostConfig {
  if (!existsSync(file)) return { host, file, entries: undefined };
  try {
    const text = readFileSync(file, 'utf8');
    const config = file.endsWith('.toml') ? parseToml(text) : parseJson(text);
    const servers = isRecord(config) && isRecord(config[container]) ? config[container] : {};
    const entries = Object.entries(servers).flatMap(([name, entry]) => ownEntry(name, entry));
    return { host, file, entries };
  } catch (error) {
    const problem = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return { host, file, entries: [], problem };
  }
}

function parseJson(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parseJsonc(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const [first] = errors;
  if (first === undefined) return value;
  const line = text.slice(0, first.offset).split('\n').length;
  throw new SyntaxError(`${printParseErrorCode(first.error)} in line ${line}`);
}

/** An entry that starts `mcp-nostr connect`, however it is written; nothing for somebody else's. */
function ownEntry(name: string, entry: unknown): HostEntry[] {
  if (!isRecord(entry) || typeof entry['command'] !== 'string') return [];
  const args = Array.isArray(entry['args']) ? entry['args'].map(String) : [];
  const words = [entry['command'], ...args];
  const before = words[words.indexOf('connect') - 1];
  if (before === undefined || !/mcp-nostr|[/\\]main\.[jt]s$/.test(before)) return [];
  const env = isRecord(entry['env'])
    ? Object.fromEntries(Object.entries(entry['env']).map(([key, value]) => [key, String(value)]))
    : {};
  return [{ name, command: entry['command'], args, env }];
}

function placeOf(host: HostName, env: NodeJS.ProcessEnv, home: string): Place {
  return { file: fileOf[host](env, home), container: containers[host] ?? 'mcpServers' };
}

const containers: Partial<Record<HostName, string>> = { vscode: 'servers', codex: 'mcp_servers' };

const fileOf: Record<HostName, (env: NodeJS.ProcessEnv, home: string) => string> = {
  'claude-desktop': (env, home) => join(applications(env, home), 'Claude', 'claude_desktop_config.json'),
  'claude-code': (env, home) => join(env['CLAUDE_CONFIG_DIR'] || home, '.claude.json'),
  cursor: (_env, home) => join(home, '.cursor', 'mcp.json'),
  vscode: (env, home) => join(applications(env, home), 'Code', 'User', 'mcp.json'),
  codex: (env, home) => join(env['CODEX_HOME'] || join(home, '.codex'), 'config.toml'),
  gemini: (env, home) => join(env['GEMINI_CLI_HOME'] || home, '.gemini', 'settings.json'),
  windsurf: (_env, home) => join(home, '.codeium', 'windsurf', 'mcp_config.json'),
};

/** Where applications with a window keep what belongs to a user. */
function applications(env: NodeJS.ProcessEnv, home: string): string {
  if (process.platform === 'darwin') return join(home, 'Library', 'Application Support');
  if (process.platform === 'win32') return env['APPDATA'] || join(home, 'AppData', 'Roaming');
  const given = env['XDG_CONFIG_HOME'] ?? '';
  return isAbsolute(given) ? given : join(home, '.config');
}
