import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Program } from '../processes.ts';

export const SUITE_VERSION = '0.2.0-alpha.12';
/** The suite does not start on Node 20, for which everything else here is made. */
const NODE_VERSION = '22.23.3';

export interface Suite {
  /** The program and the words before the arguments that run the suite. */
  readonly words: readonly [string, ...string[]];
}

/** The official suite and its Node, from npm, beside what is installed anyway; the next run finds them there. */
export async function installSuite(onprogress: (line: string) => void): Promise<Suite> {
  const name = `.cache/mcp-conformance/${SUITE_VERSION}-node-${NODE_VERSION}`;
  const folder = fileURLToPath(new URL(`../../../node_modules/${name}`, import.meta.url));
  const node = join(folder, 'node_modules/node/bin/node');
  const script = join(folder, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
  if (!existsSync(node) || !existsSync(script)) {
    onprogress(`installing @modelcontextprotocol/conformance@${SUITE_VERSION} and node@${NODE_VERSION}`);
    await mkdir(folder, { recursive: true });
    const packages = [`@modelcontextprotocol/conformance@${SUITE_VERSION}`, `node@${NODE_VERSION}`];
    const words = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', ...packages];
    const { exitCode, stderr } = await new Program('npm', words).ended;
    if (exitCode !== 0) throw new Error(`npm could not install the suite: ${stderr}`);
    if (!existsSync(node))
      throw new Error(`npm did not run the install script of node@${NODE_VERSION}: ${stderr}`);
  }
  return { words: [node, script] };
}
