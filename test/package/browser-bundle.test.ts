import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';

/** 53 092 were measured; this is a little more. A quarter is for servers that know no link. */
const MAX_GZIP_BYTES = 53_800;

let script: Uint8Array;
let inputs: string[];
let outside: string[];

beforeAll(async () => {
  const result = await build({
    stdin: {
      contents: `import { NostrClientTransport } from '@mcp-nostr/client'; globalThis.made = NostrClientTransport;`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
  });
  script = result.outputFiles[0]?.contents ?? new Uint8Array();
  inputs = Object.keys(result.metafile.inputs);
  outside = Object.values(result.metafile.outputs).flatMap((output) =>
    output.imports.map(({ path }) => path),
  );
});

describe('the client transport bundled for browsers', () => {
  it('is made of what ships, not of the sources', () => {
    expect(inputs.filter((path) => /packages\/\w+\/src\//.test(path))).toEqual([]);
    expect(inputs.some((path) => path.endsWith('packages/client/dist/index.js'))).toBe(true);
  });

  it('has nothing of Node, no ws and no WebAssembly in it', () => {
    expect(outside).toEqual([]);
    expect(
      new TextDecoder().decode(script).match(/["'`]node:|WebAssembly|\bBuffer\b|\bprocess\./g),
    ).toBeNull();
    expect(inputs.filter((path) => /node_modules\/(ws|tiny-secp256k1)\//.test(path))).toEqual([]);
    expect(inputs.filter((path) => /@modelcontextprotocol/.test(path))).toEqual([]);
  });

  it('does not need eval', () => {
    expect(new TextDecoder().decode(script).match(/\beval\(|\bFunction\(/g)).toBeNull();
  });

  it(`is at most ${MAX_GZIP_BYTES} bytes, compressed`, () => {
    expect(gzipSync(script, { level: 9 }).byteLength).toBeLessThanOrEqual(MAX_GZIP_BYTES);
  });
});
