import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';

import type { Check } from './check.ts';
import type { Scene } from './scene.ts';

/** Hosts with a command line of their own read what `install` has written, and start it. */
export const hosts: readonly Check[] = [
  {
    name: 'install: Claude Code has the server, and reaches it',
    run: async (scene) => {
      const home = await homeWith(scene, { '.claude.json': '{\n  "numStartups": 1\n}\n' });
      await mcpNostr(scene, home, ['install', scene.stage.everything, '--client', 'claude-code']);
      assert.match((await claude(scene, home, 'get', 'everything')).all, /Status: .*Connected/);
      // By now the file is as Claude Code writes it.
      await mcpNostr(scene, home, ['uninstall', 'everything', '--client', 'claude-code']);
      assert.doesNotMatch((await claude(scene, home, 'list')).all, /everything/);
      assert.match(await readFile(join(home, '.claude.json'), 'utf8'), /"numStartups": 1/);
    },
  },
  {
    name: 'install: Codex has the server, beside one that was there',
    run: async (scene) => {
      const before = '# mine\nmodel = "x"\n\n[mcp_servers.other] # theirs\ncommand = "other"\n';
      const home = await homeWith(scene, { '.codex/config.toml': before });
      const codex = (...args: string[]): Promise<Said> => run(scene, home, scene.stage.theirs.codex, args);
      await mcpNostr(scene, home, ['install', scene.stage.everything, '--client', 'codex']);
      const { transport } = JSON.parse((await codex('mcp', 'get', 'everything', '--json')).stdout) as {
        transport: { type: string; command: string; args: string[] };
      };
      assert.equal(transport.type, 'stdio');
      assert.equal(transport.command, process.execPath);
      assert.deepEqual(transport.args, [scene.stage.cli, 'connect', scene.stage.everything]);
      assert.match((await codex('mcp', 'list')).stdout, /other/);
      await mcpNostr(scene, home, ['uninstall', scene.stage.everything, '--client', 'codex']);
      assert.equal(await readFile(join(home, '.codex', 'config.toml'), 'utf8'), before);
    },
  },
  {
    name: 'install: Gemini CLI has the server, and reaches it',
    run: async (scene) => {
      const before = '{\n  // mine\n  "ui": {}\n}\n';
      const home = await homeWith(scene, { '.gemini/settings.json': before });
      const gemini = (...args: string[]): Promise<Said> =>
        run(scene, home, scene.stage.theirs.gemini, args, { GEMINI_CLI_TRUST_WORKSPACE: 'true' });
      await mcpNostr(scene, home, ['install', scene.stage.everything, '--client', 'gemini']);
      assert.match((await gemini('mcp', 'list')).all, /everything: .* - Connected/);
      await mcpNostr(scene, home, ['uninstall', 'everything', '--client', 'gemini']);
      assert.equal(await readFile(join(home, '.gemini', 'settings.json'), 'utf8'), before);
    },
  },
  {
    name: 'install --mcpb: a bundle that the tool for bundles takes, and that runs where it is unpacked',
    run: async (scene) => {
      const home = await homeWith(scene, {});
      const file = join(home, 'everything.mcpb');
      const unpacked = join(home, 'unpacked');
      await mcpNostr(scene, home, ['install', scene.stage.everything, '--mcpb', file]);
      await run(scene, home, scene.stage.theirs.mcpb, ['unpack', file, unpacked]);
      const manifest = join(unpacked, 'manifest.json');
      assert.match((await run(scene, home, scene.stage.theirs.mcpb, ['validate', manifest])).all, /passes/);
      const { server } = JSON.parse(await readFile(manifest, 'utf8')) as {
        server: { mcp_config: { args: string[] } };
      };
      const [script = '', ...args] = server.mcp_config.args.map((word) =>
        word.replace('${__dirname}', unpacked),
      );
      const client = new Client({ name: 'host', version: '1.0.0' });
      try {
        await client.connect(scene.stdio(script, args));
        assert.ok((await client.listTools()).tools.some(({ name }) => name === 'echo'));
      } finally {
        await client.close();
      }
    },
  },
];

/** The home of somebody who has these files. */
async function homeWith(scene: Scene, files: Record<string, string>): Promise<string> {
  const home = await mkdtemp(join(scene.stage.folder, 'home-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(home, name, '..'), { recursive: true });
    await writeFile(join(home, name), text);
  }
  return home;
}

async function mcpNostr(scene: Scene, home: string, words: string[]): Promise<void> {
  const isBundle = words.includes('--mcpb');
  await run(scene, home, scene.stage.cli, isBundle ? words : [...words, '--yes']);
}

function claude(scene: Scene, home: string, ...words: string[]): Promise<Said> {
  return run(scene, home, scene.stage.theirs.claude, ['mcp', ...words]);
}

interface Said {
  stdout: string;
  /** With what it says on stderr. */
  all: string;
}

/** What a program says before it ends, which has to be with 0. */
async function run(
  scene: Scene,
  home: string,
  file: string,
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<Said> {
  assert.ok(existsSync(file), `${file} is missing`);
  // None of the settings of whoever runs this: each host finds its files by its home.
  const settings = {
    XDG_CONFIG_HOME: '',
    XDG_DATA_HOME: '',
    CODEX_HOME: '',
    CLAUDE_CONFIG_DIR: '',
    MCP_NOSTR_HOME: '',
  };
  const program = scene.start(file, words, { ...settings, HOME: home, ...env });
  const { exitCode, stdout, stderr } = await program.ended;
  assert.equal(exitCode, 0, `${words.join(' ')} ended with ${exitCode}: ${stderr}`);
  return { stdout, all: stdout + stderr };
}
