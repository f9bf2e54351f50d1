import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { build, type Plugin } from 'esbuild';

const roles = ['relay-process', 'server-process', 'client-process'] as const;
export type Role = (typeof roles)[number];

/** Stays where it is installed: it reads a file from beside its own. */
const secp256k1InPlace: Plugin = {
  name: 'secp256k1-in-place',
  setup(bundler) {
    bundler.onResolve({ filter: /^tiny-secp256k1$/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData === 'asked') return undefined;
      const found = await bundler.resolve(path, { kind, resolveDir, pluginData: 'asked' });
      return { path: pathToFileURL(found.path).href, external: true, errors: found.errors };
    });
  },
};

/** Makes one plain file of each: nothing to translate and little to look up, and no build of the packages. */
export async function bundle(entryPoints: string[], folder: string): Promise<void> {
  await build({
    entryPoints,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: process.env['TEST_DIST'] ? [] : ['@mcp-nostr/source'],
    plugins: [secp256k1InPlace],
    // ws is CommonJS and requires Node's modules.
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
    },
    logLevel: 'warning',
  });
}

/** The processes of a run start in a fraction of a second. Returns where their files are. */
export async function bundleRoles(folder: string): Promise<Record<Role, string>> {
  const files = roles.map((role) => fileURLToPath(new URL(`./${role}.ts`, import.meta.url)));
  await bundle(files, folder);
  const at = (role: Role): string => join(folder, `${role}.mjs`);
  return {
    'relay-process': at('relay-process'),
    'server-process': at('server-process'),
    'client-process': at('client-process'),
  };
}
