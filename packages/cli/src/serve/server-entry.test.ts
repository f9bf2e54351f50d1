import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, it } from 'vitest';

import { checkEntry, type CommandEntry } from './server-entry.ts';

const home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
afterAll(() => rmSync(home, { recursive: true }));
writeFileSync(join(home, 'program'), '', { mode: 0o755 });

const check = (entry: Partial<CommandEntry>) => () =>
  checkEntry({ kind: 'command', command: 'node', args: [], env: {}, cwd: undefined, ...entry });

it('knows before somebody calls whether a program can be started', () => {
  expect(check({})).not.toThrow();
  expect(check({ command: 'no-such' })).toThrow('its command no-such was not found');
  expect(check({ cwd: join(home, 'none') })).toThrow(`its folder ${home}/none is not there`);
  expect(check({ cwd: join(home, 'program') })).toThrow('is not there');
});

it('looks where the program will be looked for: in its own folder, and on its own PATH', () => {
  expect(check({ command: './program', cwd: home })).not.toThrow();
  expect(check({ command: './program' })).toThrow('was not found');
  expect(check({ command: 'program', env: { PATH: home } })).not.toThrow();
  expect(check({ command: 'node', env: { PATH: home } })).toThrow('was not found');
});
