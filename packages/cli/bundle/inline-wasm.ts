import { readFile } from 'node:fs/promises';

import type { Plugin } from 'esbuild';

const reading = 'readFileSync(path("secp256k1.wasm"))';

/** tiny-secp256k1 reads its WebAssembly from beside its own file, where a bundle has none: it becomes part of it. */
export const inlineWasm: Plugin = {
  name: 'inline-wasm',
  setup(build) {
    build.initialOptions.loader = { ...build.initialOptions.loader, '.wasm': 'binary' };
    build.onLoad({ filter: /[/\\]tiny-secp256k1[/\\]lib[/\\]wasm_loader\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (!text.includes(reading)) throw new Error(`${path} reads its file in another way than expected`);
      return {
        contents: `import inlined from './secp256k1.wasm';\n${text.replace(reading, 'inlined')}`,
      };
    });
  },
};
