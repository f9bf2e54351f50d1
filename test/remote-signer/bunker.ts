import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { getPublicKey, parseSecretKey, randomHex } from '@mcp-nostr/core';

import { root } from '../helpers/cli.ts';
import { Recorder } from '../helpers/recorder.ts';
import type { BunkerCommand, BunkerMessage, BunkerSetup } from './bunker-process.ts';

/** The remote signer of another project (applesauce) in a process of its own, which is one bunker at a time. */
export class BunkerProcess {
  readonly child: ChildProcess;
  messages: Recorder<BunkerMessage> = new Recorder('a word of the bunker');

  constructor() {
    const file = new URL('bunker-process.ts', import.meta.url).pathname;
    const words = ['--import', 'tsx', '--conditions', '@mcp-nostr/source', file];
    this.child = spawn(process.execPath, words, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.child.on('message', (message) => this.messages.add(message as BunkerMessage));
  }

  async tell(command: BunkerCommand): Promise<void> {
    const done = this.messages.next(({ type }) => type === (command.type === 'open' ? 'opened' : 'closed'));
    this.child.send(command);
    await done;
  }

  async end(): Promise<void> {
    const ended = once(this.child, 'exit');
    if (this.child.exitCode !== null) return;
    this.child.kill('SIGKILL');
    await ended;
  }
}

/** A remote signer with keys of its own. */
export class Bunker {
  readonly #process: BunkerProcess;
  readonly #setup: BunkerSetup;
  readonly messages: Recorder<BunkerMessage> = new Recorder('a word of the bunker');

  constructor(process: BunkerProcess, relay: string) {
    this.#process = process;
    process.messages = this.messages;
    this.#setup = { relay, userKey: randomHex(32), signerKey: randomHex(32) };
  }

  /** The key that it signs with. */
  get pubkey(): string {
    return getPublicKey(parseSecretKey(this.#setup.userKey));
  }

  /** Kinds of what it was asked to sign. */
  get signedKinds(): number[] {
    return this.messages.items.flatMap((message) => (message.type === 'signed' ? [message.kind] : []));
  }

  get permissions(): string[] | undefined {
    const connected = this.messages.items.findLast((message) => message.type === 'connected');
    return connected?.type === 'connected' ? connected.permissions : undefined;
  }

  /** Waits for whoever has its address, which it returns. */
  async open(): Promise<string> {
    const secret = randomHex(8);
    await this.#process.tell({ type: 'open', setup: { ...this.#setup, secret } });
    const remote = getPublicKey(parseSecretKey(this.#setup.signerKey));
    return `bunker://${remote}?relay=${encodeURIComponent(this.#setup.relay)}&secret=${secret}`;
  }

  async takeUp(offer: string): Promise<void> {
    await this.#process.tell({ type: 'open', setup: { ...this.#setup, offer } });
  }

  async goAway(): Promise<void> {
    await this.#process.tell({ type: 'close' });
  }

  /** It knows the client that it knew. */
  async comeBack(): Promise<void> {
    const known = this.messages.items.findLast((message) => message.type === 'connected');
    const client = known?.type === 'connected' ? known.client : undefined;
    await this.#process.tell({ type: 'open', setup: { ...this.#setup, client } });
  }
}
