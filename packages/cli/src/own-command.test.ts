import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, it } from 'vitest';

import { ownCommand, provideProgram } from './own-command.ts';

const folder = await mkdtemp(join(tmpdir(), 'mcp-nostr-own-'));
afterAll(() => rm(folder, { recursive: true }));
const env = { MCP_NOSTR_HOME: join(folder, 'home') };
const node = { execPath: '/usr/bin/node', execArgv: [] };

it('is the Node that runs and the file that runs, both absolute', () => {
  const script = '/usr/lib/node_modules/mcp-nostr/dist/mcp-nostr.js';
  expect(ownCommand('1.2.3', { ...node, script }, 'hosts', env)).toEqual({
    command: '/usr/bin/node',
    args: [script],
  });
  const loader = { ...node, execArgv: ['--import', 'tsx'], script };
  expect(ownCommand('1.2.3', loader, 'hosts', env).args).toEqual(['--import', 'tsx', script]);
});

it.each([
  '.npm/_npx/0a1b/node_modules/mcp-nostr/dist/mcp-nostr.js',
  '.cache/pnpm/dlx/0a1b/node_modules/mcp-nostr/dist/mcp-nostr.js',
  'bunx-0-mcp-nostr@1.2.3/node_modules/mcp-nostr/dist/mcp-nostr.js',
])('is a copy, of this version, when it runs from a cache: %s', async (path) => {
  const script = join(folder, path);
  await mkdir(join(script, '..'), { recursive: true });
  await writeFile(script, `// ${path}`);
  const own = ownCommand('1.2.3', { ...node, script }, 'hosts', env);
  const copy = join(folder, 'home', 'programs', 'hosts', 'mcp-nostr-1.2.3.mjs');
  expect(own).toEqual({ command: '/usr/bin/node', args: [copy], copyFrom: script });
  expect(ownCommand('1.2.3', { ...node, script }, 'anyone', env).args).toEqual([
    join(folder, 'home', 'programs', 'mcp-nostr-1.2.3.mjs'),
  ]);
  await provideProgram(own);
  expect(await readFile(copy, 'utf8')).toBe(`// ${path}`);
});

it("names Homebrew's Node by the path that outlives an update, where there is one", async () => {
  const cellar = join(folder, 'brew', 'Cellar', 'node@22', '22.1.0', 'bin', 'node');
  expect(ownCommand('1.2.3', { ...node, execPath: cellar, script: '/m.js' }, 'hosts', env).command).toBe(
    cellar,
  );
  const lasting = join(folder, 'brew', 'opt', 'node@22', 'bin', 'node');
  await mkdir(join(lasting, '..'), { recursive: true });
  await writeFile(lasting, '');
  expect(ownCommand('1.2.3', { ...node, execPath: cellar, script: '/m.js' }, 'hosts', env).command).toBe(
    lasting,
  );
});
