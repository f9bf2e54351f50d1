import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build, type Metafile } from 'esbuild';

import { inlineWasm } from './inline-wasm.ts';
import { readManifest } from './manifest.ts';
import { thirdPartyNotice } from './third-party.ts';

/** The folder of the package. */
export const cliFolder: string = fileURLToPath(new URL('..', import.meta.url));

export interface Bundle {
  /** The program: one file that needs nothing beside it. */
  script: Uint8Array;
  /** The licences of what others have written in it. */
  notice: string;
  metafile: Metafile;
}

/**
 * The command line with all that it uses, from the sources. What a command loads when it needs it stays unexecuted
 * in the file until then.
 */
export async function bundleCli(): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: cliFolder,
    entryPoints: ['src/main.ts'],
    outfile: 'dist/mcp-nostr.js',
    write: false,
    metafile: true,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    conditions: ['@mcp-nostr/source'],
    // ES modules where there are both: the other form of some cannot be bundled.
    mainFields: ['module', 'main'],
    define: { MCP_NOSTR_VERSION: JSON.stringify((await readManifest(cliFolder)).version) },
    // Speed for who has them installed; ws does without.
    external: ['bufferutil', 'utf-8-validate'],
    plugins: [inlineWasm],
    // Names stay, for stack traces; lines stay short enough for them to be read.
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 140,
    // In a file of their own. One character that is not ASCII would double what V8 has to read.
    legalComments: 'external',
    charset: 'ascii',
    // Some of it is CommonJS and requires modules of Node. Others import the function under its own name.
    banner: {
      js: `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`,
    },
    logLevel: 'warning',
  });
  const script = outputFiles.find(({ path }) => path.endsWith('.js'));
  const comments = outputFiles.find(({ path }) => path.endsWith('.LEGAL.txt'));
  if (script === undefined) throw new Error('esbuild made no script');
  const inside = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const notice = await thirdPartyNotice(
    inside.map((path) => join(cliFolder, path)),
    comments?.text ?? '',
  );
  return { script: script.contents, notice, metafile };
}
