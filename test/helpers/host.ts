import { NostrClientTransport, type NostrClientTransportOptions } from '@mcp-nostr/client';
import { type JsonRpcMessage, parseAddress, parseJsonRpc, type Signer } from '@mcp-nostr/core';

import {
  type Catalogue,
  formatCatalogue,
  parseCatalogue,
} from '../../packages/cli/src/connect/catalogue/catalogue.ts';
import type { CatalogueTiming } from '../../packages/cli/src/connect/catalogue/limits.ts';
import { HostBridge } from '../../packages/cli/src/connect/host-bridge.ts';
import { hostStack } from '../../packages/cli/src/connect/host-stack.ts';
import { pinned, type PinMode } from '../../packages/cli/src/pins/pin-options.ts';
import { Recorder } from './recorder.ts';
import { newSigner, type World } from './world.ts';

/** A catalogue as a file would keep it: as text. */
export class MemoryStore {
  text = '{}';

  async read(): Promise<Catalogue> {
    return parseCatalogue(JSON.parse(this.text));
  }

  async write(catalogue: Catalogue): Promise<void> {
    this.text = formatCatalogue(catalogue);
  }
}

export interface HostOptions extends Partial<NostrClientTransportOptions> {
  store?: MemoryStore;
  signer?: Signer;
  timing?: Partial<CatalogueTiming>;
  /** @default 'off' */
  pins?: PinMode;
}

/** `connect` in process, as a transport for the client of either SDK: what stands between a host's pipe and the relays. */
export class HostEnd {
  onmessage?: ((message: JsonRpcMessage) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  readonly log = new Recorder<string>('a line of the log');
  readonly store: MemoryStore;
  readonly fromHost = new Recorder<JsonRpcMessage>('a message of the host');
  readonly toHost = new Recorder<JsonRpcMessage>('a message for the host');
  readonly #bridge: HostBridge;

  constructor(world: World, options: HostOptions = {}) {
    const {
      store = new MemoryStore(),
      signer = newSigner(),
      timing,
      server,
      pins = 'off',
      ...rest
    } = options;
    const address = server ?? world.server.address;
    const { pubkey } = parseAddress(address);
    this.store = store;
    this.#bridge = new HostBridge({
      open: hostStack({
        open: (onrelay) =>
          new NostrClientTransport({
            server: address,
            signer,
            encryption: world.leg.encryption,
            onrelay,
            ...rest,
          }),
        pubkey,
        words: address,
        caller: 'test',
        onlog: this.log.add,
        store,
        timing,
        pinned: (open) =>
          pinned(open, {
            mode: pins,
            pubkey,
            address,
            refusal: 'tool-result',
            hidesUnseen: true,
            onnews: (_level, line) => this.log.add(line),
          }),
      }),
      onmessage: (message) => {
        const copy = parseJsonRpc(JSON.parse(JSON.stringify(message)));
        // A pipe is not synchronous.
        setImmediate(() => {
          this.toHost.add(copy);
          this.onmessage?.(copy);
        });
      },
      onlog: this.log.add,
    });
    world.onclose(() => this.close());
  }

  async start(): Promise<void> {}

  async send(message: JsonRpcMessage): Promise<void> {
    const copy = parseJsonRpc(JSON.parse(JSON.stringify(message)));
    this.fromHost.add(copy);
    this.#bridge.receive(copy);
  }

  async close(): Promise<void> {
    await this.#bridge.close();
    this.onclose?.();
  }
}
