import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Log } from '../../client-transport.ts';
import { errorText } from '../../failure-answer.ts';
import { ourFolder } from '../../folders.ts';
import { replaceFile } from '../../write-file.ts';
import { type Catalogue, formatCatalogue, parseCatalogue } from './catalogue.ts';
import { limits } from './limits.ts';

/** One file for each server and each key of ours: a server may offer different things to different callers. */
export function cataloguePath(server: string, caller: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(ourFolder('cache', env), 'catalogues', `${server}.${caller}.json`);
}

/** The last known catalogue of a server on the disk. Losing it loses nothing that is not asked for again. */
export class CatalogueFile {
  readonly #path: string;
  readonly #onlog: Log;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, onlog: Log) {
    this.#path = path;
    this.#onlog = onlog;
  }

  /** An empty one where there is no file, or none that can be read. */
  async read(): Promise<Catalogue> {
    try {
      const { size } = await stat(this.#path);
      if (size > limits.maxFileBytes) throw new RangeError(`it has ${size} bytes`);
      return parseCatalogue(JSON.parse(await readFile(this.#path, 'utf8')));
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!isMissing) this.#onlog(`${this.#path} is not used: ${errorText(error)}`);
      return parseCatalogue(undefined);
    }
  }

  /** Never rejects; writes are one after the other, so that the newest stays. */
  async write(catalogue: Catalogue): Promise<void> {
    const text = formatCatalogue(catalogue);
    this.#writing = this.#writing.then(() => this.#replace(text));
    return this.#writing;
  }

  async #replace(text: string): Promise<void> {
    try {
      const bytes = Buffer.byteLength(text);
      if (bytes > limits.maxFileBytes)
        throw new RangeError(`what the server offers is too large to be kept: ${bytes} bytes`);
      await replaceFile(this.#path, text);
    } catch (error) {
      this.#onlog(`${this.#path} was not written: ${errorText(error)}`);
    }
  }
}
