import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Program } from '../conformance/processes.ts';

/** Programs that nobody here has written. */
export const versions = {
  '@anthropic-ai/claude-code': '2.1.330',
  '@anthropic-ai/mcpb': '2.1.2',
  '@google/gemini-cli': '0.61.0',
  '@modelcontextprotocol/inspector': '2.12.0',
  '@modelcontextprotocol/server-everything': '2026.8.31',
  '@modelcontextprotocol/server-filesystem': '2026.8.31',
  '@modelcontextprotocol/server-memory': '2026.8.31',
  '@openai/codex': '0.169.0',
  'mcp-remote': '0.15.1',
  supergateway: '4.0.0',
} as const;

/** The file that `node` runs, of each. */
export interface Theirs {
  inspector: string;
  everything: string;
  filesystem: string;
  memory: string;
  mcpRemote: string;
  supergateway: string;
  claude: string;
  codex: string;
  gemini: string;
  mcpb: string;
}

/** From npm, beside what is installed anyway; the next run finds them there. */
export async function installTheirs(onprogress: (line: string) => void): Promise<Theirs> {
  const packages = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
  const folder = fileURLToPath(new URL('../../node_modules/.cache/mcp-programs', import.meta.url));
  const done = join(folder, 'installed.txt');
  const label = packages.join('\n');
  if (!existsSync(done) || (await readFile(done, 'utf8')) !== label) {
    onprogress(`installing ${packages.join(', ')}`);
    await mkdir(folder, { recursive: true });
    const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
    const { exitCode, stderr } = await new Program('npm', [
      'install',
      '--prefix',
      folder,
      ...options,
      ...packages,
    ]).ended;
    if (exitCode !== 0) throw new Error(`npm could not install them: ${stderr}`);
    await writeFile(done, label);
  }
  const at = (path: string): string => join(folder, 'node_modules', path);
  return {
    inspector: at('@modelcontextprotocol/inspector/clients/launcher/build/index.js'),
    everything: at('@modelcontextprotocol/server-everything/dist/index.js'),
    filesystem: at('@modelcontextprotocol/server-filesystem/dist/index.js'),
    memory: at('@modelcontextprotocol/server-memory/dist/index.js'),
    mcpRemote: at('mcp-remote/dist/proxy.js'),
    supergateway: at('supergateway/dist/index.js'),
    // Its own launcher is a script of npm's installation, which does not run here.
    claude: at('@anthropic-ai/claude-code/cli-wrapper.cjs'),
    codex: at('@openai/codex/bin/codex.js'),
    gemini: at('@google/gemini-cli/bundle/gemini.js'),
    mcpb: at('@anthropic-ai/mcpb/dist/cli/cli.js'),
  };
}
