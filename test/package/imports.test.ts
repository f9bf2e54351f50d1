import { readdir, readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { root } from './run.ts';

/** These may know the platform: browsers get another file in their place. */
const nodeFiles = /(^|\/)(engine\/node|[\w-]+\.node)\.js$/;

interface Import {
  file: string;
  specifier: string;
}

describe.each(['core', 'transport', 'client', 'server'])('what is built of %s', (name) => {
  it('imports no MCP SDK at run time', async () => {
    const imports = await importsOf(name);
    expect(imports.filter(({ specifier }) => specifier.startsWith('@modelcontextprotocol/'))).toEqual([]);
  });

  it('imports modules of Node and ws only in the files for Node', async () => {
    const imports = await importsOf(name);
    const forNode = imports.filter(
      ({ specifier }) =>
        specifier.startsWith('node:') || builtinModules.includes(specifier) || specifier === 'ws',
    );
    expect(forNode.filter(({ file }) => !nodeFiles.test(file))).toEqual([]);
  });

  it('imports only what its package.json names', async () => {
    const text = await readFile(join(root, 'packages', name, 'package.json'), 'utf8');
    const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> };
    const outside = (await importsOf(name))
      .map(({ specifier }) => specifier)
      .filter((specifier) => !/^(\.|#|node:)/.test(specifier))
      .map((specifier) =>
        specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/'),
      );
    expect([...new Set(outside)].sort()).toEqual(Object.keys(dependencies).sort());
  });
});

/** Every import and re-export in the JavaScript that the package ships. */
async function importsOf(name: string): Promise<Import[]> {
  const folder = join(root, 'packages', name);
  const sources = await readdir(join(folder, 'src'), { recursive: true });
  // From the sources, because what was built of a file that is gone stays in dist.
  const files = sources
    .filter((file) => file.endsWith('.ts') && !file.includes('.test.'))
    .map((file) => file.replace(/\.ts$/, '.js'));
  expect(files).toContain('index.js');
  const found = files.map(async (file) => {
    const text = await readFile(join(folder, 'dist', file), 'utf8');
    // As the compiler writes them: what is imported from comes last on its line.
    const statements = text.matchAll(/\bfrom ['"]([^'"]+)['"];$|\bimport\(?\s?['"]([^'"]+)['"]/gm);
    return [...statements].map(([, named, bare]): Import => ({ file, specifier: named ?? bare ?? '' }));
  });
  return (await Promise.all(found)).flat();
}
