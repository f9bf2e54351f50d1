import type { NostrClientTransport } from '@mcp-nostr/client';
import { parseAddress, type Signer } from '@mcp-nostr/core';
import type { RelayState } from '@mcp-nostr/transport';

import type { Log, OpenTransport } from '../client-transport.ts';
import type { Say } from '../log/log-options.ts';
import { relayLines } from '../relay-lines.ts';
import { clientRelays } from '../relay-options.ts';
import { hostStack } from './host-stack.ts';
import type { UpstreamWord } from './joined/upstream-words.ts';

export interface OpenNostrOptions {
  /** Loaded late, because the first answer to a host does not wait for it. */
  Transport: typeof NostrClientTransport;
  signer: Signer;
  /** Our own key, hex. */
  caller: string;
  options: { relay?: string[]; encryption: 'required' | 'none' };
  say: Say;
}

/**
 * The way to each server of a command line. With `isHost` as a host on stdio has it, which is answered whether the
 * server can be reached or not; without it a connection as it is.
 */
export function openNostr({
  Transport,
  signer,
  caller,
  options,
  say,
}: OpenNostrOptions): (upstream: UpstreamWord, isHost: boolean) => OpenTransport {
  return ({ prefix, address: server }: UpstreamWord, isHost: boolean): OpenTransport => {
    const address = parseAddress(server);
    const named = (line: string): string => (prefix === undefined ? line : `${prefix}: ${line}`);
    const onlog: Log = (line) => say('info', named(line));
    const showRelay = relayLines(
      (line, level) => say(level, named(line)),
      (_style, text) => text,
    );
    const open = (onrelay?: (state: RelayState) => void): NostrClientTransport =>
      new Transport({
        server,
        signer,
        ...clientRelays(address, options.relay),
        encryption: options.encryption,
        onrelay: (state) => {
          showRelay(state);
          onrelay?.(state);
        },
      });
    if (!isHost) return () => open();
    return hostStack({ open, pubkey: address.pubkey, address: server, caller, onlog });
  };
}
