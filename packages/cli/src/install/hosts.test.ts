import { expect, it } from 'vitest';

import { findHosts, hosts, type Machine } from './hosts.ts';

const linux: Machine = { platform: 'linux', env: {}, home: '/home/me' };
const mac: Machine = { platform: 'darwin', env: {}, home: '/Users/me' };
const windows: Machine = {
  platform: 'win32',
  env: { APPDATA: 'C:\\Users\\me\\AppData\\Roaming' },
  home: 'C:\\Users\\me',
};

const fileOf = (id: string, machine: Machine): string | undefined =>
  hosts.find((host) => host.id === id)?.file(machine);

it.each([
  ['claude-desktop', linux, '/home/me/.config/Claude/claude_desktop_config.json'],
  ['claude-desktop', mac, '/Users/me/Library/Application Support/Claude/claude_desktop_config.json'],
  ['claude-desktop', windows, 'C:\\Users\\me\\AppData\\Roaming\\Claude\\claude_desktop_config.json'],
  ['claude-code', linux, '/home/me/.claude.json'],
  ['claude-code', windows, 'C:\\Users\\me\\.claude.json'],
  ['claude-code', { ...linux, env: { CLAUDE_CONFIG_DIR: '/c' } }, '/c/.claude.json'],
  ['cursor', mac, '/Users/me/.cursor/mcp.json'],
  ['cursor', windows, 'C:\\Users\\me\\.cursor\\mcp.json'],
  ['vscode', linux, '/home/me/.config/Code/User/mcp.json'],
  ['vscode', { ...linux, env: { XDG_CONFIG_HOME: '/x' } }, '/x/Code/User/mcp.json'],
  ['vscode', mac, '/Users/me/Library/Application Support/Code/User/mcp.json'],
  ['vscode', { ...windows, env: {} }, 'C:\\Users\\me\\AppData\\Roaming\\Code\\User\\mcp.json'],
  ['codex', linux, '/home/me/.codex/config.toml'],
  ['codex', { ...mac, env: { CODEX_HOME: '/codex' } }, '/codex/config.toml'],
  ['codex', windows, 'C:\\Users\\me\\.codex\\config.toml'],
  ['gemini', linux, '/home/me/.gemini/settings.json'],
  ['gemini', { ...linux, env: { GEMINI_CLI_HOME: '/g' } }, '/g/.gemini/settings.json'],
  ['windsurf', mac, '/Users/me/.codeium/windsurf/mcp_config.json'],
  ['windsurf', windows, 'C:\\Users\\me\\.codeium\\windsurf\\mcp_config.json'],
] as const)('knows where %s keeps its servers: %o', (id, machine, path) => {
  expect(fileOf(id, machine)).toBe(path);
});

it('finds hosts by their folder or their file', () => {
  const there = new Set(['/home/me/.cursor', '/home/me/.claude.json', '/home/me/.config/Code/User']);
  const found = findHosts({ ...linux, env: { PATH: '/nowhere' } }, (path) => there.has(path));
  expect(found.map(({ id }) => id)).toEqual(['claude-code', 'cursor', 'vscode']);
});
