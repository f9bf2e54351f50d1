import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Manifest {
  name: string;
  version: string;
  license: string;
}

/** What the package.json of a folder says. @throws {Error} when it lacks one of the three */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = join(folder, 'package.json');
  const manifest: unknown = JSON.parse(await readFile(file, 'utf8'));
  const [name, version, license] = ['name', 'version', 'license'].map((field) => {
    const value: unknown =
      typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, field) : undefined;
    if (typeof value !== 'string') throw new Error(`${file} has no ${field}`);
    return value;
  });
  return { name: name ?? '', version: version ?? '', license: license ?? '' };
}
