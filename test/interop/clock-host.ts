import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { generateSecretKey, getPublicKey } from '@mcp-nostr/core';

import { Recorder } from '../helpers/recorder.ts';
import type { Cell } from './cells.ts';

export interface ServerOrder {
  readonly cell: Cell;
  readonly relays: readonly string[];
  /** In hex. */
  readonly secretKey: string;
}

/** Runs servers of theirs by another clock, which theirs can be told in no other way. */
export class ClockHost {
  readonly #child: ChildProcess;
  readonly #ready: Recorder<unknown> = new Recorder('a server by another clock');

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', this.#ready.add);
  }

  static async open(aheadMs: number): Promise<ClockHost> {
    const file = fileURLToPath(new URL('clock-process.ts', import.meta.url));
    const execArgv = ['--conditions', '@mcp-nostr/source', '--import', 'tsx'];
    const child = fork(file, [String(aheadMs)], { execArgv });
    await once(child, 'message'); // it has loaded, which takes a loaded machine its time
    return new ClockHost(child);
  }

  /** Starts a server; returns its key. */
  async serve(cell: Cell, relays: readonly string[]): Promise<string> {
    const secretKey = generateSecretKey();
    const pubkey = getPublicKey(secretKey);
    this.#child.send({
      cell,
      relays,
      secretKey: Buffer.from(secretKey).toString('hex'),
    } satisfies ServerOrder);
    await this.#ready.first((each) => each === pubkey);
    return pubkey;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill();
    await closed;
  }
}
