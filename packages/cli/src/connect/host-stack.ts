import type { RelayState } from '@mcp-nostr/transport';

import type { ClientTransport, Log, OpenTransport } from '../client-transport.ts';
import { CatalogueFile, cataloguePath } from './catalogue/catalogue-file.ts';
import { CataloguedTransport } from './catalogue/catalogued-transport.ts';
import type { CatalogueStore } from './catalogue/catalogue-keeper.ts';
import type { CatalogueTiming } from './catalogue/limits.ts';
import { PickupTransport } from './pickup.ts';
import { RelayBoard } from './relay-board.ts';

export interface HostStackOptions {
  /** A Nostr connection to the server that reports its relays here. */
  open: (onrelay: (state: RelayState) => void) => ClientTransport;
  /** The server's key, hex. */
  pubkey: string;
  /** Its address and the options that lead to it, as given: commands that are proposed carry them. */
  words: string;
  /** Who is shown what the catalogue keeps: our own key, hex, and in which way. */
  caller: string;
  onlog: Log;
  /** Where the catalogue is kept. @default a file in the cache folder */
  store?: CatalogueStore | undefined;
  timing?: Partial<CatalogueTiming> | undefined;
  /** Watches what the server shows: below the catalogue, which would hide that it has changed. */
  pinned?: ((open: OpenTransport) => OpenTransport) | undefined;
}

/** One server as a host has it, from the host's side down; each layer wraps the next. */
export function hostStack(options: HostStackOptions): OpenTransport {
  const { open, pubkey, words, caller, onlog, timing, pinned = (same: OpenTransport) => same } = options;
  const store = options.store ?? new CatalogueFile(cataloguePath(pubkey, caller), onlog);
  const catalogued: OpenTransport = () => {
    const relays = new RelayBoard();
    return new CataloguedTransport({
      open: pinned(() => open(relays.update)),
      relays,
      store,
      pubkey,
      words,
      onlog,
      timing,
    });
  };
  return () => new PickupTransport(catalogued);
}
