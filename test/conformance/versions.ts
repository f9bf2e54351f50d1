import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { SUITE_VERSION } from './suite/install.ts';

const manifest = z.object({ version: z.string() });
const sdks = ['@modelcontextprotocol/sdk', '@modelcontextprotocol/server', '@modelcontextprotocol/client'];

/** The suite and the SDKs that ran. */
export function describeVersions(): string {
  const versions = sdks.map((name) => `${name} ${versionOf(name)}`);
  return [`@modelcontextprotocol/conformance ${SUITE_VERSION}`, ...versions].join(', ');
}

function versionOf(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return manifest.parse(JSON.parse(readFileSync(file, 'utf8'))).version;
}
