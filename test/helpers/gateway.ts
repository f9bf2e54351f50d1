import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { NostrClientTransport } from '@mcp-nostr/client';
import { generateSecretKey, secretKeySigner } from '@mcp-nostr/core';
import { type Relay, startRelay } from '@mcp-nostr/relay';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterAll, afterEach, beforeAll } from 'vitest';

import { CliRun } from './cli.ts';
import { HttpFront } from './http-front.ts';

/** `mcp-nostr serve URL` in a process of its own before an HTTP server in this one, which each test makes its own. */
export class Gateway {
  readonly front = new HttpFront();
  readonly #home = mkdtempSync(join(tmpdir(), 'mcp-nostr-'));
  readonly #closers: (() => Promise<void>)[] = [];
  #relay: Relay | undefined;
  #process: CliRun | undefined;
  address = '';

  async open(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}, url?: string): Promise<void> {
    const [relay] = await Promise.all([startRelay(), this.front.open()]);
    this.#relay = relay;
    const words = ['serve', url ?? this.front.url, '--public', '--json', '--relay', relay.url, ...args];
    this.#process = new CliRun(words, { MCP_NOSTR_HOME: this.#home, ...env });
    this.address = String((await this.#process.event('ready'))['address']);
  }

  /** Everything that it has written. */
  get output(): string {
    return `${this.#process?.stdout}${this.#process?.stderr}`;
  }

  transport(secretKey: Uint8Array = generateSecretKey()): NostrClientTransport {
    const transport = new NostrClientTransport({ server: this.address, signer: secretKeySigner(secretKey) });
    this.#closers.push(() => transport.close());
    return transport;
  }

  /** A client of SDK 1.x with its handshake done. */
  async connect(prepare: (client: Client) => void = () => {}, secretKey?: Uint8Array): Promise<Client> {
    const capabilities = { sampling: {}, elicitation: {} };
    const client = new Client({ name: 'test', version: '1' }, { capabilities });
    prepare(client);
    await client.connect(this.transport(secretKey));
    return client;
  }

  async disconnect(): Promise<void> {
    await Promise.all(this.#closers.splice(0).map((close) => close()));
  }

  async close(): Promise<void> {
    await this.#process?.stop();
    await this.front.close();
    await this.#relay?.close();
    rmSync(this.#home, { recursive: true });
  }
}

/** One for the tests of a file. */
export function sharedGateway(args?: readonly string[], env?: NodeJS.ProcessEnv): Gateway {
  const gateway = new Gateway();
  beforeAll(() => gateway.open(args, env));
  afterEach(async () => {
    await gateway.disconnect();
    gateway.front.requests.items.length = 0;
    gateway.front.aborts.items.length = 0;
  });
  afterAll(() => gateway.close());
  return gateway;
}
