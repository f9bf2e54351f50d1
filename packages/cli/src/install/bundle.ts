import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { strToU8, zipSync } from 'fflate';

import { usageError } from '../errors.ts';
import { isOneFile } from '../own-command.ts';
import { replaceFile } from '../write-file.ts';

/** @see https://github.com/anthropics/mcpb/blob/main/MANIFEST.md */
const MANIFEST_VERSION = '0.3';

export interface BundledServer {
  /** What the bundle is called, and what a person reads. */
  name: string;
  title: string;
  /** The words for our program. */
  args: readonly string[];
  /** Ours. */
  version: string;
}

/**
 * Writes a `.mcpb` for Claude Desktop: our program, in one file, and how to start it on the Node that Claude Desktop
 * brings along.
 * @throws {CliError} `usage` when the program that runs is not one file
 */
export async function writeBundle(path: string, script: string, server: BundledServer): Promise<number> {
  if (!isOneFile(script)) {
    throw usageError(
      'a bundle needs mcp-nostr as it is published, in one file',
      `run it with npx: npx mcp-nostr@${server.version} install <address> --mcpb <file>`,
    );
  }
  const entryPoint = 'server/mcp-nostr.mjs';
  const manifest = {
    manifest_version: MANIFEST_VERSION,
    name: server.name,
    display_name: server.title,
    version: server.version,
    description: `The MCP server ${server.title}, reached over Nostr with mcp-nostr`,
    author: { name: 'mcp-nostr' },
    license: 'MIT',
    server: {
      type: 'node',
      entry_point: entryPoint,
      mcp_config: { command: 'node', args: [`\${__dirname}/${entryPoint}`, ...server.args] },
    },
    compatibility: { platforms: ['darwin', 'linux', 'win32'], runtimes: { node: '>=20.19' } },
  };
  const notice = await readFile(join(dirname(script), 'THIRD-PARTY.txt')).catch(() => undefined);
  const zip = zipSync(
    {
      'manifest.json': strToU8(`${JSON.stringify(manifest, null, 2)}\n`),
      [entryPoint]: await readFile(script),
      // The licences of what others have written in it go where it goes.
      ...(notice === undefined ? {} : { 'server/THIRD-PARTY.txt': notice }),
    },
    { level: 9 },
  );
  await replaceFile(path, zip, 0o644);
  return zip.length;
}
