import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { CliError, exitCodes } from '../errors.ts';
import { errorText } from '../failure-answer.ts';
import { ourFolder } from '../folders.ts';
import { updateFile } from '../locked-file.ts';
import { limits } from './limits.ts';
import { formatPins, noPins, parsePins, type ServerPins } from './pins.ts';

/** What is done to pins; done twice, the second time changes nothing. */
type Change = (pins: ServerPins) => unknown;

export function pinsFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(ourFolder('state', env), 'pins');
}

/** `pubkey`: of the server, hex. */
export function pinsPath(pubkey: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(pinsFolder(env), `${pubkey}.json`);
}

/** The pins of one server on the disk, which every process that uses the server shares. */
export class PinFile {
  readonly path: string;
  readonly #onproblem: (problem: string) => void;
  #pins: ServerPins = noPins();
  /** Which file that is. */
  #version = '';
  #pending = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, onproblem: (problem: string) => void) {
    this.path = path;
    this.#onproblem = onproblem;
  }

  /**
   * As they are now: another process may have accepted something. Read at once, because what a server has sent is not
   * put off; of a file that has not changed nothing is read.
   * @throws {CliError} `pin_mismatch` when the file cannot be read: nothing can be held against the server then
   */
  get current(): ServerPins {
    // What is being written is newer than the file.
    if (this.#pending > 0) return this.#pins;
    try {
      const stats = statSync(this.path, { throwIfNoEntry: false });
      const version = stats === undefined ? '' : `${stats.ino} ${stats.mtimeMs} ${stats.size}`;
      if (version === this.#version) return this.#pins;
      if (stats !== undefined && stats.size > limits.maxFileBytes)
        throw new RangeError(`it has ${stats.size} bytes`);
      this.#pins = parsePins(stats === undefined ? undefined : readFileSync(this.path, 'utf8'));
      this.#version = version;
      return this.#pins;
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  /** At once for who asks here, and soon on the disk. */
  change(change: Change): void {
    change(this.#pins);
    this.#pending++;
    this.#writing = this.#writing.then(() => this.#write(change));
  }

  /** Resolves when everything is on the disk, or cannot be. Never rejects. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #write(change: Change): Promise<void> {
    try {
      await updateFile(this.path, (text) => {
        const pins = parsePins(text);
        const before = formatPins(pins);
        change(pins);
        const after = formatPins(pins);
        return after === before ? undefined : after;
      });
    } catch (error) {
      this.#onproblem(`what was seen of the server is not kept: ${errorText(error)}`);
    }
    this.#pending--;
  }

  #unreadable(cause: unknown): CliError {
    return new CliError(
      'pin_mismatch',
      exitCodes.verificationFailed,
      `${this.path} cannot be read: ${errorText(cause)}`,
      { hint: 'it holds what was seen of the server; pins reset forgets it', cause },
    );
  }
}
