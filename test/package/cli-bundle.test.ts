import { builtinModules } from 'node:module';
import { gzipSync } from 'node:zlib';

import { beforeAll, describe, expect, it } from 'vitest';

import { type Bundle, bundleCli } from '../../packages/cli/bundle/bundle-cli.ts';

/**
 * 2,123,000 were measured. 1,150,000 of them are the tables of libsecp256k1: random to whoever compresses them, brotli
 * would save 26,000 and cost each start 4 ms. The rest is the MCP SDK, undici and ourselves. A feature may raise this by
 * what it needs.
 */
const MAX_GZIP_BYTES = 2_200_000;

/** What `connect` runs before its first answer: the program, and what it loads when it is that command. */
const connectRoots = ['src/main.ts', '../client/src/index.ts'];

let bundle: Bundle;
let text: string;

beforeAll(async () => {
  bundle = await bundleCli();
  text = new TextDecoder().decode(bundle.script);
});

describe('the command line as one file', () => {
  it(`is at most ${MAX_GZIP_BYTES} bytes, compressed`, () => {
    const gzipBytes = gzipSync(bundle.script, { level: 9 }).byteLength;
    process.stdout.write(`mcp-nostr.js: ${bundle.script.byteLength} bytes, ${gzipBytes} compressed\n`);
    expect(gzipBytes).toBeLessThanOrEqual(MAX_GZIP_BYTES);
  });

  it('imports nothing but Node, and what makes WebSockets faster where it is installed', () => {
    const outside = Object.values(bundle.metafile.outputs).flatMap(({ imports }) =>
      imports.map(({ path }) => path),
    );
    const others = new Set(
      outside.filter((path) => !path.startsWith('node:') && !builtinModules.includes(path)),
    );
    expect([...others].sort()).toEqual(['bufferutil', 'utf-8-validate']);
  });

  it('has no character that makes V8 keep two bytes for each', () => {
    expect(bundle.script.findIndex((byte) => byte > 127)).toBe(-1);
  });

  it('starts as a program, with its version inside', () => {
    expect(text).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(text).not.toContain('MCP_NOSTR_VERSION');
  });

  it('names everybody whose code is in it', () => {
    const names = packagesOf(
      Object.values(bundle.metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs)),
    );
    expect(names).toEqual(expect.arrayContaining(['ws', 'commander', 'tiny-secp256k1', 'undici', 'zod']));
    const unnamed = names.filter((name) => !bundle.notice.includes(`\n${name} `));
    expect(unnamed).toEqual([]);
  });

  it('runs nothing of the MCP SDK, zod, undici or an HTTP framework for connect to start', () => {
    const started = packagesOf([...startedBy(connectRoots)]);
    expect(started).toEqual(expect.arrayContaining(['commander', 'ws']));
    expect(
      started.filter((name) =>
        /^(@modelcontextprotocol|zod|undici|hono|@hono|ajv|jsonc-parser|smol-toml|@clack|diff|fflate|uqr)/.test(
          name,
        ),
      ),
    ).toEqual([]);
  });
});

/** What these files import, and what that imports, without what is loaded later. */
function startedBy(roots: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const waiting = [...roots];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    const input = bundle.metafile.inputs[path];
    if (input === undefined) throw new Error(`${path} is not in the bundle`);
    seen.add(path);
    for (const { path: next, kind, external } of input.imports)
      if (kind !== 'dynamic-import' && external !== true) waiting.push(next);
  }
  return seen;
}

function packagesOf(paths: readonly string[]): string[] {
  const names = paths.map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}
